"""Filing from the console: fill the form from a talk, file it exactly once, tell the citizen of a chat."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from api.accounts.model import Caller, Scope
from api.agent_schemas import TICKET_OUTCOMES
from api.chat.danger import Danger, DangerScreen
from api.chat.hand_over_model import Held
from api.chat.model import Outcome, Role
from api.console.filing.sheet import (
    CALM,
    SEPARATE,
    Sent,
    further_requests,
    origin_of,
    request_of,
    too_long,
)
from api.filling.calls import Call
from api.filling.form import filled_form
from api.filling.listening import utterances
from api.filling.model import FilledForm
from api.routes.access import desk_actor
from api.service import Service
from api.texts import texts
from tickets.citizen_words import beijing_words
from tickets.errors import TicketError
from tickets.intake_words import intake_words
from tickets.model import NewTicket, Ticket

LOOKED_AT = 40  # utterances of a call, the newest
BEFORE = 2  # utterances that the danger screen reads along
_CHAT, _PHONE = "web", "phone"


class NotFiled(Exception):
    """It was not filed; the text is what the agent reads."""

    def __init__(self, told: str, status: int = 409) -> None:
        self.told = told
        self.status = status
        super().__init__(told)


@dataclass(frozen=True)
class Filed:
    """What was filed: the ticket, whether it is an earlier one that the words were added to, the others."""

    ticket: Ticket
    added: bool
    others: tuple[Ticket, ...] = ()


def form_of_conversation(service: Service, held: Held) -> FilledForm:
    """The form filled from a conversation, with what the bot had taken down in it."""
    said = service.conversations.transcript(held.id)
    told = [message.text for message in said if message.role is Role.CITIZEN]
    in_danger = bool(service.conversations.tickets_of(held.id, Outcome.CRISIS))
    draft = service.intake.draft(held.id)
    return filled_form(told, held.region, draft=draft, in_danger=in_danger)


def form_of_call(service: Service, call: Call) -> tuple[FilledForm, Danger | None]:
    """The form filled from a call, and the danger that its words show."""
    told = utterances(call.words)
    danger = danger_in(service.danger, told)
    if danger and danger.kind == call.by_hand.get(CALM):
        danger = None
    return filled_form(told, service.settings.region, in_danger=danger is not None), danger


def danger_in(screen: DangerScreen, told: Sequence[str]) -> Danger | None:
    """The danger seen last in what was said, each utterance read with those before it."""
    newest = told[-LOOKED_AT:]
    seen = [
        danger
        for at, text in enumerate(newest)
        if (danger := _looked(screen, text, tuple(newest[max(0, at - BEFORE) : at])))
    ]
    return seen[-1] if seen else None


def file_for_conversation(service: Service, agent: Caller, held: Held, sent: Sent) -> Filed:
    """File the form of a conversation and tell the citizen; the same form again does nothing twice.

    Raises:
        NotFiled: with the reason.
    """
    origin = origin_of_talk(held, sent.client)
    filed = _file(service, agent, sent, origin, _CHAT, held.id)
    service.intake.leave(held.id)
    say = texts("console_filing")
    told = say["tell_added" if filed.added else "tell_filed"]
    told = told.format(number=filed.ticket.number, due=beijing_words(filed.ticket.due_at))
    service.filed_by_agent.tell(held.id, filed.ticket.number, told, origin=origin)
    for at, other in enumerate(filed.others, start=2):
        told = say["tell_filed"].format(number=other.number, due=beijing_words(other.due_at))
        service.filed_by_agent.tell(held.id, other.number, told, origin=f"{origin}#{at}")
    return filed


def client_of(service: Service, held: Held) -> str:
    """What names the form of a conversation as far as it has come: what the citizen said last."""
    said = service.conversations.lately(held.id, LOOKED_AT)
    return next((one.id for one in reversed(said) if one.role is Role.CITIZEN), held.id)


def origin_of_talk(held: Held, client: str) -> str:
    """The origin of the filing that a form of this conversation asks for."""
    return origin_of("chat", f"{held.id}\0{client}")


def file_for_call(service: Service, agent: Caller, call: Call, sent: Sent) -> Filed:
    """File the form of a call and end the call; the same call again does nothing twice.

    Raises:
        NotFiled: with the reason.
    """
    filed = _file(service, agent, sent, origin_of("call", call.id), _PHONE, None)
    service.calls.end(call.id, agent.name, filed.ticket.number, added=filed.added)
    return filed


def may_dispatch(service: Service, agent: Caller, number: str) -> bool:
    """Whether the agent may hand this ticket to an office now (派单)."""
    if Scope.TICKETS_MOVE not in agent.permissions:
        return False
    return "dispatch" in {move.transition for move in service.desk.moves(number, desk_actor(agent))}


def filed_in(service: Service, conversation_id: str) -> list[str]:
    """Numbers of the tickets that came of a conversation, each once."""
    store = service.conversations
    numbers = [n for outcome in TICKET_OUTCOMES for n in store.tickets_of(conversation_id, outcome)]
    return list(dict.fromkeys(numbers))


def _file(
    service: Service, agent: Caller, sent: Sent, origin: str, channel: str, conversation_id: str | None
) -> Filed:
    say = texts("console_filing")
    problems: dict[str, str] = say["problems"]  # type: ignore[assignment]
    if Scope.TICKETS_FILE not in agent.permissions:
        raise NotFiled(problems["no_scope"], 403)
    long = too_long(sent.values)
    if long:
        name, most = long
        raise NotFiled(problems["too_long"].format(field=say["fields"][name], most=most))  # type: ignore[index]
    if not sent.values["description"]:
        raise NotFiled(problems["no_words"])
    new = request_of(service, sent.values, channel=channel, conversation_id=conversation_id, origin=origin)
    try:
        return _taken_down(service, agent, new, sent)
    except TicketError as error:
        why = texts("errors").get(error.code, error.code)
        busy = error.code == "ticket_store_unavailable"
        raise NotFiled(problems["busy"] if busy else problems["other"].format(why=why)) from error


def _taken_down(service: Service, agent: Caller, new: NewTicket, sent: Sent) -> Filed:
    actor = desk_actor(agent)
    if sent.repeat == SEPARATE:
        service.desk.file(new, actor)
    needs = (new, *further_requests(new, sent.further))
    first, *others = service.desk.take_down_together(
        needs, because=intake_words()["told_together"], actor=actor
    )
    return Filed(first.ticket, first.added, tuple(one.ticket for one in others))


@lru_cache(maxsize=512)
def _looked(screen: DangerScreen, text: str, before: tuple[str, ...]) -> Danger | None:
    return screen.look(text, before)
