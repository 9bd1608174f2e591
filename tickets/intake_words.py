"""What is said while a request is taken down (texts/intake.zh.yml), for every engine alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tickets.citizen_words import beijing_words, citizen_words, office_words
from tickets.hearing import SELF
from tickets.intake import CANCEL, CONFIRMED, DETAIL, PLACE, Draft
from tickets.interview import Step
from tickets.model import Ticket
from tickets.service import Filing


@dataclass(frozen=True)
class Spoken:
    """One message to the citizen; `buttons` are (title, what it sends)."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()


@cache
def intake_words() -> Mapping[str, Any]:
    """The data file."""
    return yaml.safe_load((Path(__file__).parent / "texts" / "intake.zh.yml").read_text("utf-8"))


def question(step: Step) -> Spoken:
    """The step's notes and the open question of its draft, in one message."""
    say = intake_words()
    notes = [say["notes"][name].format(phone=step.draft.phone or "") for name in step.notes]
    if any(name in say["asks_by_itself"] for name in step.notes):
        return Spoken("\n".join(notes))
    asked = _question(step.draft)
    return Spoken("\n".join((*notes, asked.text)), asked.buttons)


def resumed(draft: Draft) -> str:
    """A sentence for someone who comes back to a request half taken down."""
    known = [text for text in (draft.matter, draft.place) if text]
    return intake_words()["resumed"].format(known="；".join(known)) if known else ""


def filed(draft: Draft, filings: Sequence[Filing]) -> Spoken:
    """Say what became of a confirmed request: its numbers, who has it and by when somebody calls."""
    say, first = intake_words(), filings[0].ticket
    if len(filings) > 1:
        numbers = "\n".join(
            say["filed_one"].format(number=f.ticket.number, category=f.ticket.category) for f in filings
        )
        due = max(f.ticket.due_at for f in filings)
        return Spoken(
            say["filed_several"].format(count=len(filings), numbers=numbers, due=beijing_words(due))
        )
    kind = "added" if filings[0].added else "filed" if draft.phone else "filed_no_phone"
    return Spoken(
        say[kind].format(number=first.number, office=office_words(first), due=beijing_words(first.due_at))
    )


def added_words_spoken(ticket: Ticket) -> str:
    """Say that words were added to a ticket."""
    return intake_words()["words_added"].format(number=ticket.number)


def read_back(draft: Draft) -> dict[str, str]:
    """Every field of the draft in words, for the citizen to confirm: matter, place, who, contact."""
    say, intake = citizen_words(), intake_words()
    for_herself = draft.relation in (None, SELF)
    about = [
        name for name in (draft.other_name or (draft.caller if for_herself else None), draft.age) if name
    ]
    who = say["self"] if for_herself else draft.relation or ""
    caller = "" if for_herself or not draft.caller else intake["caller"].format(name=draft.caller)
    hidden = say["anonymous"] if draft.anonymous else ""
    return {
        "matter": _matters(draft),
        "place": draft.place or "",
        "who": who + (f"（{'，'.join(about)}）" if about else "") + caller,
        "contact": (draft.phone or say["no_phone"]) + hidden,
    }


def _matters(draft: Draft) -> str:
    say, needs = intake_words(), draft.needs
    since = say["since"].format(since=draft.since) if draft.since else ""
    if len(needs) == 1:
        told = "；".join((draft.matter or "", *draft.extras))
        return told + ("" if draft.since and draft.since in told else since)
    listed = [
        say["one_of"].format(position=n, category=need.category, words=need.words)
        for n, need in enumerate(needs, start=1)
    ]
    return say["several"].format(count=len(needs)) + "".join(listed)


@dataclass(frozen=True)
class PlaceQuestion:
    """Which of several places is meant: `choices` as they are read out, `answers` to click."""

    choices: str
    answers: tuple[str, ...]


def place_question(draft: Draft) -> PlaceQuestion | None:
    """The choice to put to the citizen, or None where the place is asked for openly."""
    if not draft.place_choices:
        return None
    say = citizen_words()
    names = tuple(map(str, draft.place_choices))
    choices = say["place_and"].join(names[:-1]) + say["place_or"] + names[-1]
    return PlaceQuestion(choices, (*names, say["place_neither"]))


def _question(draft: Draft) -> Spoken:
    say, asked = intake_words(), draft.asked[-1]
    if asked in (CONFIRMED, CANCEL):
        text = say["ask"][asked].format(**read_back(draft))
        return Spoken(text, tuple((b["title"], b["sends"]) for b in say["buttons"][asked]))
    if asked == DETAIL:
        return Spoken(draft.detail_question() or say["ask"][CONFIRMED].format(**read_back(draft)))
    which = place_question(draft) if asked == PLACE else None
    if which is not None:
        text = say["ask"]["place_choice"].format(choices=which.choices)
        return Spoken(text, tuple((answer, answer) for answer in which.answers))
    again = asked in draft.asked[:-1] and f"{asked}_again" in say["ask"]
    return Spoken(say["ask"][f"{asked}_again" if again else asked])
