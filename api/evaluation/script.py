"""Scripted dialogues: what a citizen says, and what must have become of it at the end."""

from dataclasses import dataclass
from typing import Any

from api.evaluation.words import words

CREATED, ESCALATED = "created", "created_and_escalated"
CANCELLED, WITHDRAWN = "cancelled", "withdrawn"
STATUS_SHOWN, NO_NEW_TICKET, INFO_ONLY = "status_shown", "no_new_ticket", "info_only"
FINAL_STATES = (CREATED, ESCALATED, CANCELLED, STATUS_SHOWN, NO_NEW_TICKET, INFO_ONLY, WITHDRAWN)

LEVELS = ("province", "city", "county", "town")


@dataclass(frozen=True)
class ExpectedTicket:
    """A ticket as a careful clerk would have written it.

    `categories` and `urgencies`: every value that is right, the best one first. `area`: by LEVELS, None where
    nothing was said. `affected` and `reporter` are free words: relation, name, or both.
    """

    categories: tuple[str, ...]
    urgencies: tuple[str, ...]
    phone: str | None
    area: dict[str, str | None]
    affected: str
    reporter: str
    anonymous: bool
    description: str = ""

    @property
    def place(self) -> str:
        """The place as one would say it, a municipality named once."""
        return "".join(dict.fromkeys(name for level in LEVELS if (name := self.area.get(level))))


@dataclass(frozen=True)
class PolicyAnswer:
    """What the answer to a turn (from 1) must say: facts with "|" between wordings, articles to cite."""

    after_turn: int
    key_facts: tuple[str, ...]
    gold: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class CrisisTurn:
    """The turn (counted from 1) at which danger must be noticed, and the numbers that are right."""

    after_turn: int
    acceptable_numbers: tuple[str, ...]


@dataclass(frozen=True)
class Setup:
    """A ticket that is there before the dialogue begins, and its status in Chinese."""

    ticket: ExpectedTicket
    status: str


@dataclass(frozen=True)
class Dialogue:
    """One scripted dialogue. `{TICKET}` in a turn stands for the number of the ticket of the setup."""

    id: str
    title: str
    tags: tuple[str, ...]
    turns: tuple[str, ...]
    final_state: str
    tickets: tuple[ExpectedTicket, ...]
    policy_answers: tuple[PolicyAnswer, ...]
    crisis: CrisisTurn | None
    must_not: tuple[str, ...]
    setup: Setup | None
    region: str | None = None


def dialogue(row: dict[str, Any]) -> Dialogue:
    """Read one row."""
    expected = row["expected"]
    if expected["final_state"] not in FINAL_STATES:
        raise ValueError(
            f"final_state {expected['final_state']}: it must be one of {', '.join(FINAL_STATES)}"
        )
    turns = tuple(row["turns"])
    if not turns or not all(isinstance(turn, str) for turn in turns):
        raise ValueError("turns must be a list of the citizen's messages")
    told = Dialogue(
        id=row["id"],
        title=row.get("title", ""),
        tags=tuple(row.get("tags", ())),
        turns=turns,
        final_state=expected["final_state"],
        tickets=tuple(map(_ticket, expected.get("tickets") or ())),
        policy_answers=tuple(map(_policy_answer, expected.get("policy_answers") or ())),
        crisis=_crisis(expected.get("crisis")),
        must_not=tuple(row.get("must_not") or ()),
        setup=_setup(row.get("setup")),
        region=row.get("region"),
    )
    _check_turns(told)
    return told


def _ticket(row: dict[str, Any]) -> ExpectedTicket:
    area = row.get("area") or {}
    return ExpectedTicket(
        categories=_with_best_first(row["category"], row.get("category_accept")),
        urgencies=_with_best_first(row["urgency"], row.get("urgency_accept")),
        phone=str(row["phone"]) if row.get("phone") else None,
        area={level: area.get(level) or None for level in LEVELS},
        affected=_words_of(row.get("affected")),
        reporter=_words_of(row.get("reporter")),
        anonymous=bool(row.get("anonymous", False)),
        description=row.get("description") or "",
    )


def _with_best_first(best: str, accepted: list[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((best, *(accepted or ()))))


def _words_of(person: Any) -> str:
    """The words about a person, given as one text or as fields such as relation and name."""
    if isinstance(person, dict):
        return " ".join(str(value) for value in person.values() if value)
    return str(person or "")


def _policy_answer(row: dict[str, Any]) -> PolicyAnswer:
    gold = tuple((g["doc"], g["article"]) for g in row.get("gold") or ())
    return PolicyAnswer(int(row["after_turn"]), tuple(row.get("key_facts") or ()), gold)


def _crisis(row: dict[str, Any] | None) -> CrisisTurn | None:
    if not row:
        return None
    return CrisisTurn(int(row["after_turn"]), tuple(map(str, row["acceptable_numbers"])))


def _setup(row: dict[str, Any] | None) -> Setup | None:
    if not row or not row.get("existing_ticket"):
        return None
    statuses = words("driver")["statuses"]
    status = row.get("status") or next(iter(statuses))
    if status not in statuses:
        raise ValueError(f"setup.status {status}: it must be one of {', '.join(statuses)}")
    return Setup(_ticket(row["existing_ticket"]), status)


def _check_turns(told: Dialogue) -> None:
    named = [answer.after_turn for answer in told.policy_answers]
    named += [told.crisis.after_turn] if told.crisis else []
    if any(not 1 <= turn <= len(told.turns) for turn in named):
        raise ValueError(f"after_turn must lie between 1 and {len(told.turns)}")
    if told.setup is None and any("{TICKET}" in turn for turn in told.turns):
        raise ValueError("a turn names {TICKET}, but setup has no existing_ticket")
