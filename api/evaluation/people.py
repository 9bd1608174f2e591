"""Who is meant, compared loosely: by family of relation and by name (data/people.zh.yml)."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from api.evaluation.script import ExpectedTicket
from api.evaluation.words import words

SELF, THIRD = "本人", "第三方"


def family_of(person: str) -> str | None:
    """Give the family of the relation that the words name: 本人, 亲属, 第三方; None where they name none.

    Whoever is no relative stays none, whatever else is said: 邻居孩子 is 第三方.
    """
    named = [family for word, family in _relations() if word in person]
    return THIRD if THIRD in named else next(iter(named), None)


def name_in(person: str) -> str | None:
    """Give the name among the words: the last of several, or what is left of one without relations."""
    parts = re.sub(r"[^一-鿿]", " ", person).split()
    for word in (*(word for word, _ in _relations()), *words("people")["not_names"]):
        if len(parts) == 1:
            parts = parts[0].replace(word, " ").split() or [""]
    last = parts[-1] if parts else ""
    known = any(last == word for word, _ in _relations()) or last in words("people")["not_names"]
    return None if known or not 2 <= len(last) <= 4 else last


def same_name(one: str, other: str) -> bool:
    """Whether two ways of naming may mean one person: 刘大爷 and 刘福生, 王秀英 and 秀英."""
    if one in other or other in one:
        return True
    titles = tuple(words("people")["titles"])
    return one[0] == other[0] and (one[1:].endswith(titles) or other[1:].endswith(titles))


def name_contradicts(expected: ExpectedTicket, ticket: Mapping[str, Any]) -> bool:
    """Whether the ticket names another person as the one who is affected."""
    filed, wanted = ticket.get("beneficiary"), name_in(expected.affected)
    if not filed or not wanted or filed in expected.affected:
        return False
    return not same_name(wanted, filed)


def affected_right(expected: ExpectedTicket, ticket: Mapping[str, Any]) -> bool | None:
    """Whether the ticket is for the right person; None where the set does not say who."""
    if not expected.affected:
        return None
    wanted, filed = family_of(expected.affected), family_of(ticket.get("relation") or "")
    named = bool(ticket.get("beneficiary")) and name_in(expected.affected) is not None
    same_family = wanted == filed or (named and not (wanted and filed))
    return same_family and not name_contradicts(expected, ticket)


def reporter_right(expected: ExpectedTicket, ticket: Mapping[str, Any]) -> bool | None:
    """Whether the ticket is from the right person; None where nothing can be compared."""
    if not expected.reporter:
        return None
    wanted, filed = name_in(expected.reporter), ticket["applicant"].get("name")
    if wanted and filed and not expected.anonymous:
        return same_name(wanted, filed)
    for_self = SELF in (expected.affected, expected.reporter) and expected.affected == expected.reporter
    return family_of(ticket.get("relation") or "") == SELF if for_self else None


@cache
def _relations() -> tuple[tuple[str, str], ...]:
    """Every relation word with its family, the longest first."""
    families = words("people")["families"].items()
    listed = [(word, family) for family, members in families for word in members]
    return tuple(sorted(listed, key=lambda found: -len(found[0])))
