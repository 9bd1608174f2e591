"""Compares the tickets that were filed with those that were expected: field by field, best fit first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from api.evaluation.people import affected_right, name_contradicts, reporter_right
from api.evaluation.script import LEVELS, ExpectedTicket

# All of these must be right for a ticket to be right; who is affected and who reports is only reported.
DECISIVE = ("category", "urgency", "phone", *LEVELS, "anonymous")
FIELDS = (*DECISIVE, "affected", "reporter")
_FILED_LEVELS = dict(zip(LEVELS, ("province", "city", "county", "township"), strict=True))


@dataclass(frozen=True)
class TicketScore:
    """One expected ticket against the filed one that fits best; `number` is None where none was left.

    `right`: by FIELDS; None where the set says nothing to compare with.
    """

    expected: ExpectedTicket
    number: str | None
    right: Mapping[str, bool | None]
    wrong_name: bool
    filed: Mapping[str, Any]

    @property
    def whole(self) -> bool:
        """Whether everything decisive is right and no other person is named."""
        return all(self.right[name] for name in DECISIVE) and not self.wrong_name


def score_tickets(
    expected: Sequence[ExpectedTicket], filed: Sequence[Mapping[str, Any]]
) -> list[TicketScore]:
    """Match expected with filed tickets so that most fields are right, and compare each pair."""
    compared = [[_compare(one, ticket) for ticket in filed] for one in expected]
    fit = np.array([[sum(map(bool, right.values())) for right in row] for row in compared], dtype=float)
    pairs: dict[int, int] = {}
    if fit.size:
        rows, columns = linear_sum_assignment(fit, maximize=True)
        pairs = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    return [
        _score(one, filed[pairs[row]], compared[row][pairs[row]]) if row in pairs else _missing(one)
        for row, one in enumerate(expected)
    ]


def filed_values(ticket: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values of a filed ticket by FIELDS."""
    return {
        **{name: ticket[name] for name in ("category", "urgency", "anonymous")},
        "phone": ticket["applicant"]["phone"],
        **{level: ticket["area"][name] for level, name in _FILED_LEVELS.items()},
        "affected": " ".join(filter(None, (ticket["relation"], ticket["beneficiary"]))) or None,
        "reporter": ticket["applicant"]["name"],
    }


def expected_values(expected: ExpectedTicket) -> dict[str, Any]:
    """Give the values that were expected by FIELDS, several with "|" between."""
    return {
        "category": "|".join(expected.categories),
        "urgency": "|".join(expected.urgencies),
        "phone": expected.phone,
        **expected.area,
        "anonymous": expected.anonymous,
        "affected": expected.affected or None,
        "reporter": expected.reporter or None,
    }


def _score(expected: ExpectedTicket, ticket: Mapping[str, Any], right: dict[str, bool | None]) -> TicketScore:
    return TicketScore(
        expected, ticket["number"], right, name_contradicts(expected, ticket), filed_values(ticket)
    )


def _missing(expected: ExpectedTicket) -> TicketScore:
    said = {"affected": expected.affected, "reporter": expected.reporter}
    right = {name: None if said.get(name) == "" else False for name in FIELDS}
    return TicketScore(expected, None, right, False, {})


def _compare(expected: ExpectedTicket, ticket: Mapping[str, Any]) -> dict[str, bool | None]:
    filed = filed_values(ticket)
    return {
        "category": filed["category"] in expected.categories,
        "urgency": filed["urgency"] in expected.urgencies,
        "phone": filed["phone"] == expected.phone,
        **{level: _same_place(expected.area, filed, level) for level in LEVELS},
        "anonymous": filed["anonymous"] is expected.anonymous,
        "affected": affected_right(expected, ticket),
        "reporter": reporter_right(expected, ticket),
    }


def _same_place(expected: Mapping[str, str | None], filed: Mapping[str, Any], level: str) -> bool:
    """Whether both name the same place at a level; a municipality may be repeated as its own city or not."""
    wanted, found = expected[level], filed[level]
    if level == "city":
        wanted = None if wanted == expected["province"] else wanted
        found = None if found == filed["province"] else found
    if not wanted or not found:
        return not wanted and not found
    return wanted.startswith(found) or found.startswith(wanted)
