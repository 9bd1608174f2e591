"""One turn of taking a request down: what a message means for the draft, and what is said next.

Pure rules over tickets.intake, the same for the Rasa form and for the stand-in. The listener brings what it
made of the message (`Said`: an intent classifier or word lists); the rules here decide. Nothing is filed
without a yes that follows the read-back, nothing is given up without being asked once.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from tickets.hearing import Heard, says_surely_off, tells_a_matter, words
from tickets.intake import CANCEL, CONFIRMED, CONTACT, MATTER, WHO, Draft

# Who says good-bye or waits for a person is not asked on; the draft is kept.
PARTING = frozenset({"goodbye", "want_person"})


class Act(StrEnum):
    """What the turn comes to."""

    ASK = "ask"  # the last of draft.asked
    ANSWER = "answer"  # a policy question in between, then the open question again
    ASIDE = "aside"  # something else in between, then the open question again
    FILE = "file"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Said:
    """A message as its listener understood it. `aside` names what else it is about, if it is no answer."""

    text: str
    affirms: bool = False
    denies: bool = False
    cancels: bool = False
    asks: bool = False
    aside: str | None = None
    refuses: bool = False


@dataclass(frozen=True)
class Step:
    """What follows. `notes` are sentences of texts/intake.zh.yml to be said before the question."""

    act: Act
    draft: Draft
    notes: tuple[str, ...] = ()
    aside: str | None = None


def next_step(draft: Draft, said: Said, told: Heard) -> Step:
    """Take one message in.

    Args:
        told: what tickets.hearing found in it, heard with the draft's open question.
    """
    asked = draft.asked[-1] if draft.asked else None
    if asked == CANCEL:
        if _means_it(said):
            return Step(Act.CANCELLED, draft)
        draft = replace(draft, asked=draft.asked[:-1])
        asked = draft.asked[-1] if draft.asked else None
        if asked and _goes_on(said, told):
            return Step(Act.ASK, draft, ("going_on",))
    if asked == CONTACT and said.refuses and told.phone is None:
        told = replace(told, refuses_phone=True)
    if says_surely_off(said.text) and told.phone is None and told.area is None and asked != CANCEL:
        return Step(Act.CANCELLED, draft)
    tells = told.anything if asked in (None, WHO) else told.more_than_a_mention
    if said.cancels and not tells:
        if draft.empty:
            return Step(Act.CANCELLED, draft)
        return Step(Act.ASK, draft.asking(CANCEL))
    heard = draft.hear(said.text, asked, told)
    if asked == CONFIRMED:
        if said.affirms and heard.fields == draft.fields:
            return Step(Act.FILE, heard)
        if said.denies and heard.fields == draft.fields:
            return Step(Act.ASK, draft, ("what_is_wrong",))
    if asked and not tells and (said.asks or said.aside):
        draft = draft.paused() if said.aside in PARTING else draft
        return Step(Act.ANSWER if said.asks else Act.ASIDE, draft, aside=said.aside)
    act = Act.ANSWER if asked and asked != MATTER and said.asks else Act.ASK
    return Step(act, heard.asking(heard.missing() or CONFIRMED), _notes(draft, heard, asked, told))


def with_story_before(draft: Draft, before: str, told: Heard) -> Draft:
    """The draft with the message before the opening one, when that told someone's plight."""
    about_someone = told.relation is not None and tells_a_matter(before, told)
    return draft.hear(before, None, told) if about_someone else draft


def _means_it(said: Said) -> bool:
    return said.cancels or (said.affirms and not _has(said.text, "goes_on"))


def _goes_on(said: Said, told: Heard) -> bool:
    return not told.anything and (said.denies or _has(said.text, "goes_on"))


def _notes(before: Draft, after: Draft, asked: str | None, told: Heard) -> tuple[str, ...]:
    notes = []
    if told.phone_piece and after.phone_piece:
        notes.append("phone_goes_on" if before.phone_piece is None else "phone_incomplete")
    if told.mistyped_id:
        notes.append("id_mistyped")
    if after.put_right != before.put_right:
        notes.append("phone_put_right")
    elif asked == CONFIRMED:
        notes.append("added")
    return tuple(notes)


def _has(text: str, name: str) -> bool:
    return any(word in text for word in words()[name])
