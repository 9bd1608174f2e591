"""What a talk about one's own ticket is made of: the message, the answer, and what is known in between."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from actions.forms import OWN_TICKET_FORM, OpenForm, OpenForms
from actions.intake import Spot
from tickets.intake_words import Spoken
from tickets.own_ticket_words import Errand

SHORT = 14  # characters; a longer message is no mere yes or no

PATIENCE = 2  # messages that do not answer a question before it is dropped
# What may be asked: slots of own_ticket_form (bot/domain/forms.yml).
NUMBER, TAIL, ADDITION, DECISION = "ticket_number", "phone_tail", "addition", "decision"
# What an open DECISION is about.
WITHDRAW, REOPEN, NEED = "withdraw", "reopen", "need"


class Key(StrEnum):
    """What shows that the ticket is hers: this conversation or the phone tail (SHOWN).

    NUMBER: it was filed without a phone, so its number alone must do, for little.
    """

    SHOWN = "shown"
    NUMBER = "number"


@dataclass(frozen=True)
class Listened:
    """A message as its listener understood it: an intent classifier, or word lists.

    `leaves`: she drops it; `elsewhere`: it is about something else, which somebody else answers; `asks`: it
    puts a question.
    """

    text: str
    errand: Errand | None = None
    affirms: bool = False
    denies: bool = False
    leaves: bool = False
    elsewhere: bool = False
    asks: bool = False


@dataclass(frozen=True)
class Talked:
    """What is to be said. `ticket_number` is set only for a ticket shown to be hers: it opens that ticket.

    `asked` is the question that is open now; `goes_on`: the message is still somebody else's to answer.
    """

    spoken: tuple[Spoken, ...] = ()
    ticket_number: str | None = None
    asked: str | None = None
    goes_on: bool = False


NOT_OURS = Talked(goes_on=True)


@dataclass(frozen=True)
class Talk:
    """What is known so far. `words` are to be added once the ticket is known; `about` says what is asked.

    `about` is PHONE, PLACE or WORDS for an ADDITION, and WITHDRAW, REOPEN or NEED for a DECISION; `unclear`
    counts the answers to the open question that were none; `phone_piece` are the first digits of a phone.
    """

    errand: Errand
    asked: str = ""
    number: str | None = None
    key: Key | None = None
    words: tuple[str, ...] = ()
    about: str = ""
    unclear: int = 0
    phone_piece: str = ""

    @property
    def shown(self) -> bool:
        """Whether she has shown that the ticket is hers."""
        return self.key is Key.SHOWN

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Talk":
        """Read back what OpenForm.content kept."""
        key = stored.get("key")
        read = {"errand": Errand(stored["errand"]), "key": Key(key) if key else None}
        return cls(**{**stored, **read, "words": tuple(stored.get("words", ()))})


@dataclass(frozen=True)
class OpenTalk:
    """Where the talk of one conversation is kept. `keeps` is False in the middle of another form."""

    forms: OpenForms
    spot: Spot
    keeps: bool = True

    def get(self) -> Talk | None:
        """The talk that is open, or None."""
        form = self.forms.get(self.spot.conversation_id)
        return Talk.from_dict(form.content) if form and form.name == OWN_TICKET_FORM else None

    def ask(
        self, talk: Talk, text: str, *buttons: tuple[str, str], before: tuple[Spoken, ...] = ()
    ) -> Talked:
        """Put the question `talk.asked`, durably."""
        if self.keeps:
            kept = OpenForm(OWN_TICKET_FORM, talk.asked, asdict(talk), self.spot.message_id)
            self.forms.put(self.spot.conversation_id, kept)
        number = talk.number if talk.shown else None
        return Talked((*before, Spoken(text, buttons)), number, talk.asked)

    def end(self, *spoken: Spoken, number: str | None = None) -> Talked:
        """Say it and ask no more."""
        if self.keeps:
            self.forms.close(self.spot.conversation_id)
        return Talked(spoken, number)

    def pass_on(self) -> Talked:
        """Ask no more, and leave the message to somebody else."""
        return replace(self.end(), goes_on=True)

    def wait(self, talk: Talk) -> Talked:
        """Leave this one message to somebody else, and the question open, as long as patience lasts."""
        if talk.unclear >= PATIENCE:
            return self.pass_on()
        self.ask(replace(talk, unclear=talk.unclear + 1), "")
        return NOT_OURS
