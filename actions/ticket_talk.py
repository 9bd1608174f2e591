"""The talk about one's own ticket, turn by turn, durably: behind the Rasa actions and the stand-in alike.

This file finds out which ticket it is, and that it is hers; actions/ticket_errands.py does what she wants.
What a talk is in the middle of lies in the open form; nothing is kept here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from actions.forms import OpenForms
from actions.intake import Intake, Spot
from actions.ticket_errands import act, decide, take_addition
from actions.ticket_state import (
    ADDITION,
    NOT_OURS,
    NUMBER,
    PATIENCE,
    TAIL,
    Key,
    Listened,
    OpenTalk,
    Talk,
    Talked,
)
from tickets.digits import phones_in
from tickets.errors import TicketError
from tickets.hearing import words as intake_lists
from tickets.intake_words import Spoken
from tickets.lifecycle import UNANSWERED
from tickets.model import Ticket
from tickets.naming import Named, named_in
from tickets.own_ticket_words import (
    Errand,
    button,
    has_substance,
    has_word,
    own_ticket_words,
    say,
)
from tickets.service import Desk
from tickets.triage import triage

# Wrong phone tails in one conversation, after which it is told nothing more: four digits can be guessed.
MOST_TRIES = 5


class Guesses(Protocol):
    """Counts wrong phone tails of a ticket over all talks; each conversation counts its own besides."""

    def wait(self, number: str) -> float:
        """Seconds until this number may be asked for again; 0 when it may be now."""
        ...

    def missed(self, number: str) -> None:
        """Count a wrong tail."""


@dataclass(frozen=True)
class TicketTalk:
    """Says and does what a citizen may about her own ticket.

    Args:
        own_tickets: gives the numbers that a conversation was shown to own, oldest first.
        times_said: gives how often a conversation was told a sentence; five refusals end the guessing.
    """

    desk: Desk
    forms: OpenForms
    intake: Intake
    own_tickets: Callable[[str], Sequence[str]]
    times_said: Callable[[str, str], int]
    guesses: Guesses | None = None

    def hear(self, message: Listened, spot: Spot) -> Talked:
        """Take a message in: the next of a talk that is open, or the first of one about its errand."""
        kept = OpenTalk(self.forms, spot)
        talk = kept.get()
        if talk is None:
            return self._begin(message, kept) if message.errand else NOT_OURS
        if talk.asked in (NUMBER, TAIL):
            return self._take_name(talk, message, kept)
        ticket = self.desk.find(talk.number or "")
        goes_on = take_addition if talk.asked == ADDITION else decide
        talked = goes_on(self.desk, self.intake, talk, ticket, message, kept)
        return talked or self._begin(message, kept)

    def aside(self, message: Listened, spot: Spot) -> Talked | None:
        """Answer in the middle of a request; None when this message alone is not enough for it."""
        answered = self._begin(message, OpenTalk(self.forms, spot, keeps=False))
        return None if answered.asked in (NUMBER, TAIL, ADDITION) else replace(answered, asked=None)

    def _begin(self, message: Listened, kept: OpenTalk) -> Talked:
        if message.errand is None:
            return kept.pass_on()
        if message.errand is Errand.URGE and has_word(message.text, "about_staff"):
            complaint = button("complaint", words=message.text)
            return kept.end(Spoken(say("about_staff"), (complaint, button("person"))))
        words = (message.text,) if message.errand in (Errand.ADD, Errand.URGE) else ()
        talk = Talk(message.errand, words=words)
        return self._identify(talk, _named(talk, message), message, kept)

    def _identify(self, talk: Talk, named: Named, message: Listened, kept: OpenTalk) -> Talked:
        own = self.own_tickets(kept.spot.conversation_id)
        if named.mistyped:
            return kept.ask(replace(talk, asked=NUMBER), say("number_unclear"))
        if named.number is None:
            return self._choose(talk, own, message, kept)
        talk = replace(talk, number=named.number)
        if named.number not in own:
            return self._unlock(talk, named, message, kept)
        ticket = self.desk.find(named.number)
        return act(self.desk, self.intake, replace(talk, key=Key.SHOWN), ticket, message, kept)

    def _choose(self, talk: Talk, own: Sequence[str], message: Listened, kept: OpenTalk) -> Talked:
        """Take the ticket of this conversation, if there is one; the newest that can still be acted on."""
        if not own:
            asks = own_ticket_words()["ask_number"][talk.errand]
            return kept.ask(replace(talk, asked=NUMBER), asks)
        tickets = [self.desk.find(number) for number in own]
        ongoing = [ticket for ticket in tickets if ticket.status in UNANSWERED]
        if talk.errand is Errand.WITHDRAW and len(ongoing) > 1:
            choices = [button("which_button", ticket) for ticket in ongoing]
            return kept.ask(replace(talk, asked=NUMBER), say("which_one"), *choices)
        ticket = tickets[-1] if talk.errand is Errand.PROGRESS else (ongoing or tickets)[-1]
        if talk.errand is Errand.ADD and len(ongoing) > 1:
            alike = [one for one in ongoing if one.category is triage(message.text).category]
            ticket = alike[0] if len(alike) == 1 else ticket
        talk = replace(talk, number=ticket.number, key=Key.SHOWN)
        return act(self.desk, self.intake, talk, ticket, message, kept)

    def _unlock(self, talk: Talk, named: Named, message: Listened, kept: OpenTalk) -> Talked:
        """Show it by phone tail; never saying which of the two was wrong, and only so many times."""
        number = named.number or ""
        by_number = self.desk.progress_by_number(number)
        if by_number is not None:
            return act(self.desk, self.intake, replace(talk, key=Key.NUMBER), by_number, message, kept)
        tried = self.times_said(kept.spot.conversation_id, say("unknown"))
        if tried >= MOST_TRIES or (self.guesses and self.guesses.wait(number)):
            return kept.end(Spoken(say("too_many_tries"), (button("person"),)))
        if not named.tails:
            return kept.ask(replace(talk, asked=TAIL), say("ask_tail"))
        ticket = self._shown_by(number, named.tails)
        if ticket is None:
            if self.guesses:
                self.guesses.missed(number)
            return kept.ask(replace(talk, asked=TAIL), say("unknown"))
        return act(self.desk, self.intake, replace(talk, key=Key.SHOWN), ticket, message, kept)

    def _shown_by(self, number: str, tails: Sequence[str]) -> Ticket | None:
        """The ticket that one of these phone tails shows to be hers; who changes her phone says both."""
        for tail in tails:
            try:
                return self.desk.progress(number, tail)
            except TicketError:
                continue
        return None

    def _take_name(self, talk: Talk, message: Listened, kept: OpenTalk) -> Talked:
        """Take the answer to the question for the number or the phone tail."""
        talk = replace(talk, errand=_errand_now(talk, message))
        named = _named(talk, message)
        if named.mistyped or named.tails or (named.number and named.number != talk.number):
            talk = replace(talk, unclear=0)
            if talk.errand is Errand.ADD and has_substance(message.text):
                talk = replace(talk, words=(*talk.words, message.text))
            return self._identify(talk, named, message, kept)
        if message.leaves or message.denies or has_word(message.text, "stops"):
            return kept.end(Spoken(say("left")))
        adds = talk.errand is Errand.ADD and has_word(message.text, "adds")
        if message.elsewhere and not adds:
            return kept.wait(talk)
        lost = "number" if talk.asked == NUMBER else "tail"
        refuses = any(word in message.text for word in intake_lists()["refuses_phone"])
        if has_word(message.text, f"no_{lost}") or (lost == "tail" and refuses):
            return kept.end(Spoken(say(f"{lost}_forgotten"), (button("person"),)))
        if talk.unclear >= PATIENCE:
            return self._begin(message, kept)
        if adds or (message.errand in (Errand.ADD, Errand.URGE) and message.errand is talk.errand):
            talk = replace(talk, words=(*talk.words, message.text))
        return kept.ask(replace(talk, unclear=talk.unclear + 1), say(f"{lost}_needed"))


def _errand_now(talk: Talk, message: Listened) -> Errand:
    """What she wants with the ticket that is being looked for: she may say it only now."""
    if message.errand is Errand.WITHDRAW:
        return Errand.WITHDRAW
    corrects = any(word in message.text for word in intake_lists()["corrections"])
    puts_right = corrects and len(phones_in(message.text)) > 0
    return Errand.ADD if puts_right or has_word(message.text, "adds") else talk.errand


def _named(talk: Talk, message: Listened) -> Named:
    """Which ticket the message names; a whole phone among words to be added may be a new one, no proof.

    Asked for the old one, she gives it, alone or together with the new one.
    """
    phones = phones_in(message.text)
    corrects = any(word in message.text for word in intake_lists()["corrections"])
    gives_proof = talk.asked == TAIL and (len(phones) > 1 or not corrects)
    return named_in(
        message.text,
        known=talk.number,
        asked_for_tail=talk.asked == TAIL,
        whole_phones=talk.errand is not Errand.ADD or gives_proof,
    )
