"""What is done with a request that was made before: the rule in data/repeats.yml.

The words of the same person about the same matter go to the ticket that is still open, so that nobody waits
with two numbers (国办函〔2025〕66号: 并单). What is less certain is only linked. Both can be undone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from tickets.lifecycle import UNANSWERED
from tickets.likeness import likeness
from tickets.model import NewTicket, Ticket
from tickets.ports import Candidate, Judgement

REPEATS_FILE = Path(__file__).parent / "data" / "repeats.yml"


@dataclass(frozen=True)
class RepeatRule:
    """Same category, and same person or place, within a time.

    `alike` is the likeness from which two descriptions are about one matter (0 to 1; tickets.likeness), once
    the `empty` words are left out; `alike_when_recalling` is enough where the later one comes back to
    something said before; none is needed where she `asks_to_add` it to the ticket she has. The reasons are
    what the history says, {number} in them.
    """

    within: timedelta
    at_most: int
    alike: float
    alike_when_recalling: float
    recalling: re.Pattern[str]
    asks_to_add: re.Pattern[str]
    empty: re.Pattern[str]
    same_person: str
    same_place: str
    added: str

    def since(self, now: datetime) -> datetime:
        """Give the oldest instant at which a repeat may have been filed."""
        return now - self.within

    def judge(self, new: NewTicket, earlier: Sequence[Candidate]) -> Judgement:
        """Say which earlier tickets the request repeats.

        Added to: the open ticket of the same person that is most alike, if it is enough so, for the same
        beneficiary, in a place that does not contradict; of equals the newest. Linked: the others of the same
        person, and alike ones of the place.
        Only the same category is looked at, unless the words recall an earlier request: “nobody came yet”
        sounds like a complaint and is about that one.
        An anonymous request is tied to no named one: the link would say who it is.
        """
        words = _matter(new)
        enough = 0.0 if self.asks_to_add.search(new.description) else self.needed_likeness(words)
        recalls = self.recalling.search(words) is not None
        fitting = [
            (candidate, self.likeness(words, _matter(candidate.ticket)))
            for candidate in earlier
            if new.anonymous is candidate.ticket.anonymous
            and (new.category is candidate.ticket.category or (recalls and candidate.same_person))
            and not _for_another(new, candidate.ticket)
            and not (candidate.same_person and _elsewhere(new, candidate.ticket))
        ]
        open_and_alike = [
            (candidate.ticket.number, degree)
            for candidate, degree in fitting
            if candidate.same_person and degree >= enough and candidate.ticket.status in UNANSWERED
        ]
        if open_and_alike and not new.anonymous:
            number, _ = max(open_and_alike, key=lambda found: found[1])
            return Judgement(number, self.added.format(number=number), {})
        links = {
            candidate.ticket.number: (self.same_person if candidate.same_person else self.same_place).format(
                number=candidate.ticket.number
            )
            for candidate, degree in fitting
            if degree >= enough or (candidate.same_person and new.category is candidate.ticket.category)
        }
        return Judgement(None, "", dict(list(links.items())[: self.at_most]))

    def likeness(self, one: str, other: str) -> float:
        """Give how alike two descriptions are (0 to 1), the empty words left out."""
        return likeness(self.empty.sub(" ", one), self.empty.sub(" ", other))

    def needed_likeness(self, words: str) -> float:
        """Give how alike these words must be to an earlier request to be about the same matter."""
        return self.alike_when_recalling if self.recalling.search(words) else self.alike


def load_repeat_rule(path: Path = REPEATS_FILE) -> RepeatRule:
    """Read the rule."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    reasons = data["reasons"]
    return RepeatRule(
        timedelta(days=data["within_days"]),
        data["at_most"],
        data["alike"],
        data["alike_when_recalling"],
        _any_of(data["recalling"]),
        _any_of(data["asks_to_add"]),
        _any_of([*data["recalling"], *data["empty"]]),
        reasons["same_person"],
        reasons["same_place"],
        reasons["added"],
    )


def _matter(request: NewTicket | Ticket) -> str:
    """Give the words about the matter itself.

    What the intake asked for beside it (place, phone, yes) is alike in all requests of a person.
    """
    told = request.summary in request.description
    return request.summary if request.summary and told else request.description


def _for_another(new: NewTicket, ticket: Ticket) -> bool:
    """Say whether a ticket is known to be for somebody else than the new one (代办)."""
    return bool(
        new.beneficiary and ticket.beneficiary and new.beneficiary.strip() != ticket.beneficiary.strip()
    )


def _elsewhere(new: NewTicket, ticket: Ticket) -> bool:
    """Say whether both counties are known and differ."""
    return bool(new.area.county and ticket.area.county and new.area.county != ticket.area.county)


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
