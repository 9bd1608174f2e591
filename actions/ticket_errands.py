"""What a citizen may do with a ticket that is known: hear of it, add words, urge, withdraw, reopen."""

from collections.abc import Callable
from dataclasses import replace

import structlog

from actions.intake import Intake
from actions.ticket_state import (
    ADDITION,
    DECISION,
    NEED,
    REOPEN,
    SHORT,
    WITHDRAW,
    Listened,
    OpenTalk,
    Talk,
    Talked,
)
from tickets.digits import joined_phone
from tickets.errors import TicketError
from tickets.hearing import Heard
from tickets.intake import CONTACT, Draft
from tickets.intake import PLACE as PLACE_ASKED
from tickets.intake_words import Spoken
from tickets.later_words import Added, add_words, another_need, urge
from tickets.lifecycle import CLOSED, UNANSWERED
from tickets.model import Status, Ticket
from tickets.own_ticket import (
    CITIZEN,
    Wish,
    done_words,
    fulfilled,
    own_buttons,
    question_words,
    refusal_words,
)
from tickets.own_ticket_words import (
    PHONE,
    PLACE,
    Errand,
    button,
    has_substance,
    has_word,
    own_ticket_words,
    say,
    status_by_number_words,
    status_words,
    what_about,
)
from tickets.service import Desk

log = structlog.get_logger()


def act(desk: Desk, intake: Intake, talk: Talk, ticket: Ticket, message: Listened, kept: OpenTalk) -> Talked:
    """Do what the talk is for; a merged ticket is acted on where it went on."""
    if ticket.status is Status.MERGED and ticket.merged_into and talk.errand is not Errand.PROGRESS:
        ticket = desk.find(ticket.merged_into)
        talk = replace(talk, number=ticket.number)
    if talk.errand is Errand.ADD:
        return _add(desk, intake, talk, ticket, kept)
    if talk.errand is Errand.URGE:
        return _urge(desk, talk, ticket, kept)
    if talk.errand is Errand.WITHDRAW:
        return _withdraw(desk, talk, ticket, kept)
    if has_word(message.text, "unsolved") and _reopens(desk, talk, ticket):
        return _ask_whether(REOPEN, talk, ticket, kept, Spoken(status_words(ticket, False)))
    return _tell(desk, talk, ticket, kept)


def take_addition(
    desk: Desk, intake: Intake, talk: Talk, ticket: Ticket, message: Listened, kept: OpenTalk
) -> Talked | None:
    """Take what is to be added; None when the message begins another errand."""
    if message.errand is Errand.WITHDRAW:
        return None
    if len(message.text) <= SHORT and (message.leaves or message.denies or has_word(message.text, "stops")):
        return kept.end(Spoken(say("left")))
    heard = _hearer(intake, talk, ticket, kept)(message.text)
    if message.elsewhere and (message.asks or not has_substance(message.text)) and not heard.anything:
        return kept.pass_on()
    talk = replace(talk, words=(*talk.words, message.text))
    whole = heard.phone or joined_phone(talk.phone_piece, heard.phone_piece or "")
    if talk.about == PHONE and not whole:
        if heard.phone_piece:
            return kept.ask(replace(talk, phone_piece=heard.phone_piece), say("phone_piece"))
        if not talk.unclear:
            return kept.ask(replace(talk, unclear=1), say("phone_unclear"))
    if talk.about == PHONE and whole and not heard.phone:
        talk = replace(talk, words=(whole,))
    return _write(desk, intake, talk, ticket, kept)


def decide(
    desk: Desk, intake: Intake, talk: Talk, ticket: Ticket, message: Listened, kept: OpenTalk
) -> Talked | None:
    """Take a yes or no; None when the message begins another errand."""
    if talk.about == NEED:
        return _decide_need(desk, intake, talk, ticket, message, kept)
    wish = Wish(talk.about, ticket.number, True)
    done = {WITHDRAW: Status.WITHDRAWN, REOPEN: Status.REOPENED}[talk.about]
    yes, no = _answer(message, talk.about)
    if no:
        left = "kept" if talk.about == WITHDRAW else "left_ended"
        return kept.end(Spoken(say(left, ticket)), number=ticket.number)
    if not yes:
        return None if message.errand and message.errand is not Errand.WITHDRAW else kept.pass_on()
    try:
        moved = ticket if ticket.status is done else fulfilled(desk, wish)
    except TicketError as error:
        log.warning("own_ticket_not_moved", code=error.code)
        return kept.end(Spoken(refusal_words(desk.find(wish.number))), number=wish.number)
    told = Spoken(done_words(wish, moved))
    if talk.words:
        return _write(desk, intake, replace(talk, about=""), moved, kept, told)
    return kept.end(told, number=wish.number)


def _decide_need(
    desk: Desk, intake: Intake, talk: Talk, ticket: Ticket, message: Listened, kept: OpenTalk
) -> Talked:
    """Her words go into the ticket unless she wants a new one or drops them: nothing told is lost."""
    new_request = own_ticket_words()["another_need_new"]["sends"].split("{")[0]
    if message.text.startswith(new_request) or has_word(message.text, "wants_new"):
        return kept.pass_on()
    if len(message.text) <= SHORT and (message.leaves or has_word(message.text, "stops")):
        return kept.end(Spoken(say("left")))
    added = _write(desk, intake, replace(talk, about=""), ticket, kept)
    answers = message.affirms or has_word(message.text, "adds_to_it")
    return replace(added, goes_on=not answers)


def _tell(desk: Desk, talk: Talk, ticket: Ticket, kept: OpenTalk, *more: Spoken) -> Talked:
    """Say where it stands, then the rest; by the number alone only status and time, and no buttons."""
    late = desk.is_late(ticket)
    if not talk.shown:
        return kept.end(Spoken(status_by_number_words(ticket, late)), *more)
    buttons = tuple((one["title"], one["payload"]) for one in own_buttons(desk, ticket))
    return kept.end(Spoken(status_words(ticket, late), buttons), *more, number=ticket.number)


def _add(desk: Desk, intake: Intake, talk: Talk, ticket: Ticket, kept: OpenTalk) -> Talked:
    text = "\n".join(talk.words)
    told = _hearer(intake, talk, ticket, kept)(text)
    if not (has_substance(text) or told.phone or told.area):
        about = what_about(text)
        asks = own_ticket_words()["ask_addition"][about].format(number=ticket.number)
        return kept.ask(replace(talk, asked=ADDITION, about=about, words=()), asks)
    category = another_need(ticket, text)
    if category and kept.keeps and not told.corrects and ticket.status in UNANSWERED:
        asks = say("another_need_ask", ticket, other=category)
        new, add = button("another_need_new", words=text), button("another_need_add")
        return kept.ask(replace(talk, asked=DECISION, about=NEED), asks, new, add)
    return _write(desk, intake, talk, ticket, kept)


def _write(desk: Desk, intake: Intake, talk: Talk, ticket: Ticket, kept: OpenTalk, *before: Spoken) -> Talked:
    """Add the words and read back what they changed; what has ended is offered to be taken up again."""
    number = ticket.number if talk.shown else None
    if ticket.status in CLOSED:
        if _reopens(desk, talk, ticket):
            return _ask_whether(REOPEN, talk, ticket, kept, *before)
        return kept.end(*before, Spoken(say("cannot_add", ticket), (button("person"),)), number=number)
    about = talk.about if talk.about in (PHONE, PLACE) else None
    hear = _hearer(intake, talk, ticket, kept)
    try:
        added = add_words(
            desk, ticket, talk.words, hear, message_id=kept.spot.message_id, about=about, proven=talk.shown
        )
    except TicketError as error:
        log.warning("words_not_added", code=error.code)
        return kept.end(*before, Spoken(say("not_added"), (button("person"),)), number=number)
    told = Spoken(_read_back(added))
    if _reopens(desk, talk, added.ticket):
        return _ask_whether(REOPEN, replace(talk, words=()), added.ticket, kept, *before, told)
    return kept.end(*before, told, number=number)


def _urge(desk: Desk, talk: Talk, ticket: Ticket, kept: OpenTalk) -> Talked:
    if _reopens(desk, talk, ticket):
        told = Spoken(status_words(ticket, False))
        return _ask_whether(REOPEN, replace(talk, words=()), ticket, kept, told)
    if ticket.status not in UNANSWERED:
        return _tell(desk, talk, ticket, kept)
    late = desk.is_late(ticket)
    try:
        urging = urge(desk, ticket, "\n".join(talk.words), message_id=kept.spot.message_id)
        after = desk.find(ticket.number)
        done = say(urging, after, urgency=after.urgency)
    except TicketError as error:
        log.warning("urging_not_recorded", code=error.code)
        after, done = desk.find(ticket.number), say("not_urged")
    delay = say("complaint_of_delay", ticket)
    more = Spoken(say("urge_more"), (button("person"), button("complaint", words=delay)))
    return _tell(desk, talk, after, kept, Spoken(done), *((more,) if late else ()))


def _withdraw(desk: Desk, talk: Talk, ticket: Ticket, kept: OpenTalk) -> Talked:
    if not talk.shown:
        return kept.end(Spoken(say("not_by_number"), (button("person"),)))
    if not _is_open(desk, ticket, WITHDRAW):
        return kept.end(Spoken(refusal_words(ticket)), number=ticket.number)
    return _ask_whether(WITHDRAW, talk, ticket, kept)


def _ask_whether(transition: str, talk: Talk, ticket: Ticket, kept: OpenTalk, *before: Spoken) -> Talked:
    text, buttons = question_words(Wish(transition, ticket.number, False))
    yes, no = ((one["title"], one["payload"]) for one in buttons)
    if talk.words and kept.keeps:
        yes = (yes[0], yes[0])  # without the number it is answered here, and her words go with it
    talk = replace(talk, asked=DECISION, about=transition)
    return kept.ask(talk, text, yes, no, before=before)


def _is_open(desk: Desk, ticket: Ticket, transition: str) -> bool:
    return transition in {move.transition for move in desk.moves(ticket.number, CITIZEN)}


def _reopens(desk: Desk, talk: Talk, ticket: Ticket) -> bool:
    return talk.shown and ticket.status not in UNANSWERED and _is_open(desk, ticket, REOPEN)


def _answer(message: Listened, about: str) -> tuple[bool, bool]:
    """Whether a message says yes or no to the question; neither, when it tells a story."""
    if len(message.text) > SHORT:
        return False, False
    no = has_word(message.text, "says_no", about)
    yes = not no and (has_word(message.text, "says_yes", about) or message.affirms)
    return yes, not yes and (no or message.denies or message.leaves or has_word(message.text, "stops"))


def _hearer(intake: Intake, talk: Talk, ticket: Ticket, kept: OpenTalk) -> Callable[[str], Heard]:
    """Listens with what was asked, and prefers places of the ticket's province."""
    asked = {PHONE: (CONTACT,), PLACE: (PLACE_ASKED,)}.get(talk.about, ())
    region = ticket.area.adcode or kept.spot.region
    return lambda text: intake.understood(text, Draft(asked=asked), region)


def _read_back(added: Added) -> str:
    told = [say("added", added.ticket)]
    if added.phone:
        told.append(say("added_phone", phone=added.phone))
    if added.place:
        told.append(say("added_place", place=added.place))
    if added.place_unsure:
        told.append(say("added_place_unsure"))
    if added.unproven:
        told.append(say("added_unproven"))
    if added.urgency:
        told.append(say("added_urgency", added.ticket, urgency=added.urgency))
    if added.ticket.status not in UNANSWERED:
        told.append(say("added_ended", added.ticket))
    return "\n".join(told)
