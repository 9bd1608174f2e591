"""Plays one scripted dialogue with a hotline, brings it to its end, and collects what became of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from api.evaluation import questions
from api.evaluation.people import SELF, family_of, name_in
from api.evaluation.script import (
    CANCELLED,
    CREATED,
    ESCALATED,
    NO_NEW_TICKET,
    STATUS_SHOWN,
    WITHDRAWN,
    Dialogue,
    ExpectedTicket,
)
from api.evaluation.talking import Exchange, Talk, TicketDesk
from api.evaluation.words import words

ANSWERS_AT_MOST = 2
AGREEMENTS_AT_MOST = 2

# What the citizen agrees to after the script, by the state the dialogue is to end in; elsewhere to nothing.
_AGREES_TO = {
    CREATED: ("filing",),
    ESCALATED: ("filing",),
    NO_NEW_TICKET: ("adding", "filing"),
    WITHDRAWN: ("withdrawing",),
    CANCELLED: ("cancelling",),
}
_CLOSING = ("ticket_filed", "withdrawn", "crisis")
_CLOCKS_APART = timedelta(minutes=10)


@dataclass(frozen=True)
class Run:
    """One dialogue as it went.

    `tickets`: those of its conversation, in full. `existing_before` and `existing`: the ticket of the setup
    before and after. `still_asked`: what the bot wanted to know beyond what the driver may answer.
    """

    dialogue: Dialogue
    exchanges: tuple[Exchange, ...]
    tickets: tuple[dict[str, Any], ...]
    existing_before: dict[str, Any] | None
    existing: dict[str, Any] | None
    answered: int
    still_asked: str | None

    @property
    def scripted(self) -> tuple[Exchange, ...]:
        """The exchanges that the script said, in its order."""
        return tuple(one for one in self.exchanges if one.scripted)

    @property
    def open_tickets(self) -> tuple[dict[str, Any], ...]:
        """The tickets of the conversation that count: not withdrawn, not merged into another."""
        return tuple(ticket for ticket in self.tickets if ticket["status"] not in ("withdrawn", "merged"))

    @property
    def form_open(self) -> bool:
        """Whether a request was begun and neither filed nor given up."""
        return form_open(self.exchanges)

    @property
    def owner(self) -> str:
        """Who has the conversation at the end."""
        return self.exchanges[-1].owner


def form_open(exchanges: tuple[Exchange, ...] | list[Exchange]) -> bool:
    """Whether a request was begun and neither filed nor given up; a question in between leaves it open."""
    is_open = False
    for one in exchanges:
        is_open = one.outcome == "intake" or (is_open and one.outcome not in _CLOSING)
    return is_open


def play(dialogue: Dialogue, http: httpx.Client, desk: TicketDesk) -> Run:
    """Play a dialogue in a conversation of its own, read its tickets, and withdraw them again.

    Raises:
        HotlineUnusable: the hotline refused something that has nothing to do with the dialogue.
    """
    began = datetime.now(UTC) - _CLOCKS_APART
    number = _set_up(dialogue, desk)
    before = desk.read(number) if number else None
    talk = Talk(http, dialogue.region)
    exchanges = [talk.say(turn.replace("{TICKET}", number or "")) for turn in dialogue.turns]
    answered, still_asked = _bring_to_its_end(dialogue, talk, exchanges, number)
    told = [one.ticket_number for one in exchanges if one.ticket_number and one.outcome in _CLOSING]
    tickets = desk.of_conversation(talk.id, began, told)
    run = Run(
        dialogue=dialogue,
        exchanges=tuple(exchanges),
        tickets=tuple(ticket for ticket in tickets if ticket["number"] != number),
        existing_before=before,
        existing=desk.read(number) if number else None,
        answered=answered,
        still_asked=still_asked,
    )
    for ticket in (*run.tickets, *([run.existing] if run.existing else [])):
        desk.withdraw_if_open(ticket["number"])
    return run


def _bring_to_its_end(
    dialogue: Dialogue, talk: Talk, exchanges: list[Exchange], number: str | None
) -> tuple[int, str | None]:
    """Answer what is still asked and agree where a citizen would; give the answers and what is left open."""
    answered = agreed = 0
    agrees_to = _AGREES_TO.get(dialogue.final_state, ())
    while True:
        last = exchanges[-1]
        offered = (questions.agreeing_payload(last, what) for what in agrees_to)
        payload = next(filter(None, offered), None)
        if payload is not None and agreed < AGREEMENTS_AT_MOST:
            agreed += 1
            exchanges.append(talk.say(payload, scripted=False))
            continue
        kind = _necessary(dialogue, exchanges)
        answer = _answer_to(kind, dialogue, exchanges, number) if kind else None
        if answer is None or answered == ANSWERS_AT_MOST:
            return answered, kind
        answered += 1
        exchanges.append(talk.say(answer, scripted=False))


def _necessary(dialogue: Dialogue, exchanges: list[Exchange]) -> str | None:
    kind = questions.asked(exchanges[-1])
    if kind in words("driver")["of_progress"]:
        return kind if dialogue.final_state in (STATUS_SHOWN, NO_NEW_TICKET, WITHDRAWN) else None
    filing = "filing" in _AGREES_TO.get(dialogue.final_state, ())
    return kind if filing and form_open(exchanges) else None


def _answer_to(kind: str, dialogue: Dialogue, exchanges: list[Exchange], number: str | None) -> str | None:
    """What the citizen would say, from the ticket that is to come of it; None when nothing tells it."""
    say = words("driver")["answers"]
    wanted = _wanted(dialogue, exchanges)
    if kind == "number":
        return say["number"].format(number=number) if number else None
    if kind == "phone_tail":
        phone = dialogue.setup.ticket.phone if dialogue.setup else None
        return phone[-4:] if phone else None
    if kind == "matter":
        return max(dialogue.turns, key=len)
    if wanted is None:
        return None
    if kind == "place":
        return wanted.place or None
    if kind == "contact":
        return wanted.phone or say["no_phone"]
    own = not wanted.affected or family_of(wanted.affected) == SELF
    return say["self"] if own else say["for_other"].format(affected=wanted.affected)


def _wanted(dialogue: Dialogue, exchanges: list[Exchange]) -> ExpectedTicket | None:
    """The ticket being taken down now: the next that is not filed yet, else the one that is there already."""
    filed = sum(one.outcome == "ticket_filed" for one in exchanges)
    if dialogue.tickets:
        return dialogue.tickets[min(filed, len(dialogue.tickets) - 1)]
    return dialogue.setup.ticket if dialogue.setup else None


def _set_up(dialogue: Dialogue, desk: TicketDesk) -> str | None:
    """File the ticket that is to be there before, bring it into its status, and give its number."""
    if dialogue.setup is None:
        return None
    there, told = dialogue.setup.ticket, words("driver")
    own = family_of(there.affected) == SELF
    request: dict[str, Any] = {
        "description": there.description
        or told["existing_description"].format(
            category=there.categories[0], affected=there.affected, place=there.place
        ),
        "category": there.categories[0],
        "urgency": there.urgencies[0],
        "applicant": {"phone": there.phone, "name": None if there.anonymous else name_in(there.reporter)},
        "beneficiary": name_in(there.affected),
        "relation": SELF if own else next(iter(there.affected.split()), None),
        "anonymous": there.anonymous,
        "place": there.place or None,
        "separate": True,
    }
    number = desk.file(request)
    for move in told["statuses"][dialogue.setup.status]:
        desk.move(number, move, **told["moving"])
    return number
