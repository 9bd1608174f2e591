"""Reconciliation: are all tickets in a case system, in their newest version, and none that we do not have?

Both sides count the tickets filed on each Beijing day and take a digest of their numbers and versions; only
where these differ the tickets themselves are compared.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

Version = tuple[str, int]
"""A ticket's number and version."""


@dataclass(frozen=True)
class Day:
    """The tickets filed on one Beijing day: how many, and the digest of their numbers and versions."""

    day: date
    count: int
    digest: str


class TheirSide(Protocol):
    """What a case system has; both methods raise Unavailable when that cannot be found out."""

    def days(self, since: date, until: date) -> Sequence[Day]:
        """Give its days from `since` to `until`, both included; one without a ticket may be missing."""
        ...

    def day(self, day: date) -> Sequence[Version]:
        """Give every ticket of a day that it has, in any order."""
        ...


@dataclass(frozen=True)
class Standing:
    """A ticket of ours, and how far its events have come on the way to one case system.

    Attributes:
        given_from: the first event that the system is to get at all; None: none, it began later.
        reached: the last event that was delivered or settled. waiting_from: the first that still waits.
        dead: whether one of them is a dead letter.
    """

    number: str
    version: int
    given_from: int | None = 1
    reached: int | None = None
    waiting_from: int | None = None
    dead: bool = False


class OurSide(Protocol):
    """What we have, and what of it a case system should have by now."""

    def days(self, since: date, until: date) -> Sequence[Day]:
        """Give our days, both included; days without a ticket are left out."""
        ...

    def day(self, day: date) -> Sequence[Version]:
        """Give every ticket filed on a day."""
        ...

    def standings(self, since: date, until: date) -> Mapping[str, Standing]:
        """Give how far each ticket filed on these days has come on its way, by number."""
        ...


@dataclass(frozen=True)
class Behind:
    """A ticket that the case system lacks (`theirs` 0) or has in an older version, and what to send again."""

    number: str
    theirs: int
    ours: int
    send_from: int


@dataclass
class Findings:
    """What a reconciliation found.

    Attributes:
        differing: the days that were looked at closely: ours and theirs.
        newer: (number, theirs, ours): a version that we never made; they changed or mixed something up.
        extra: numbers that only they have. doubled: numbers that they have more than once.
        waiting: on the way to them, nothing to repair.
    """

    differing: list[tuple[date, Day | None, Day | None]] = field(default_factory=list)
    missing: list[Behind] = field(default_factory=list)
    older: list[Behind] = field(default_factory=list)
    newer: list[tuple[str, int, int]] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    @property
    def behind(self) -> list[Behind]:
        """What sending again mends."""
        return [*self.missing, *self.older]

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong; what is still waiting is not."""
        return not (self.behind or self.newer or self.extra or self.doubled)


def digest(versions: Iterable[Version]) -> str:
    """Give the SHA-256, in hex, over one ASCII line `number version` per ticket, each ended by one line feed
    (0x0A), the lines sorted as bytes; for no ticket that of the empty text."""
    lines = sorted(f"{number} {version}\n".encode() for number, version in versions)
    return hashlib.sha256(b"".join(lines)).hexdigest()


def of_day(day: date, versions: Sequence[Version]) -> Day:
    """Give the figures of a day."""
    return Day(day, len(versions), digest(versions))


def reconciled(ours: OurSide, theirs: TheirSide, since: date, until: date) -> Findings:
    """Compare both sides over some Beijing days of filing, both included.

    What was delivered before they were asked must be there; the rest may be on its way. So our side is read
    before theirs, and once more after it: a ticket that moved meanwhile is no difference.

    Raises:
        Unavailable: they do not say what they have.
    """
    findings = Findings()
    before = ours.standings(since, until)
    mine = {each.day: each for each in ours.days(since, until)}
    there = {each.day: each for each in theirs.days(since, until)}
    for day in sorted(mine.keys() | there.keys()):
        if _same(mine.get(day), there.get(day)):
            continue
        findings.differing.append((day, mine.get(day), there.get(day)))
        have = theirs.day(day)
        _compare(findings, before, dict(ours.day(day)), have)
    return findings


def _compare(
    findings: Findings, before: Mapping[str, Standing], now: Mapping[str, int], have: Sequence[Version]
) -> None:
    """Judge the tickets of one day: `before` and `now` are ours, read before and after theirs."""
    versions: dict[str, int] = {}
    for number, version in have:
        if number in versions:
            findings.doubled.append(number)
        versions[number] = max(version, versions.get(number, 0))
    for number in sorted(versions.keys() - now.keys()):
        findings.extra.append(number)
    for number, version in sorted(now.items()):
        there = versions.get(number, 0)
        if there > version:
            findings.newer.append((number, there, version))
        elif (standing := before.get(number)) and there < standing.version:
            _judge(findings, standing, there)


def _judge(findings: Findings, standing: Standing, there: int) -> None:
    """Judge a ticket that they have not, or not in its newest version."""
    if standing.given_from is None:
        return
    arrived_later = standing.reached is not None and standing.reached > there
    if standing.waiting_from is not None and not standing.dead and not arrived_later:
        findings.waiting.append(standing.number)
        return
    behind = Behind(standing.number, there, standing.version, max(there + 1, standing.given_from))
    (findings.older if there else findings.missing).append(behind)


def _same(mine: Day | None, there: Day | None) -> bool:
    if mine and there:
        return (mine.count, mine.digest) == (there.count, there.digest.lower())
    return not any(each.count for each in (mine, there) if each)
