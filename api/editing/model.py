"""The words of editing: a draft, its states, who did what, and what is refused. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a draft would change."""

    ENTRY = "entry"  # an own entry, new or in place of one
    OFF = "off"  # an entry answers no more
    DROP = "drop"  # the office's own one, or its switching off, is taken back: the shipped one counts again


class State(StrEnum):
    """Where a draft stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"  # sent back with words
    APPROVED = "approved"
    PUBLISHED = "published"
    DISCARDED = "discarded"


OPEN = (State.DRAFT, State.SUBMITTED, State.RETURNED, State.APPROVED)


class Action(StrEnum):
    """What was done, in the history."""

    CREATED = "created"
    SAVED = "saved"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    PUBLISHING = "publishing"  # handed to the build
    PUBLISHED = "published"  # found in the generation in use
    DISCARDED = "discarded"
    CORRECTED = "corrected"
    TAKEN_OUT = "taken_out"
    BROUGHT_BACK = "brought_back"
    ADDED = "added"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True)
class Draft:
    """A change to one entry that is being written, looked through, or was published.

    `content` are the fields of the entry as files hold them (empty for OFF and DROP). `version` counts its
    texts. `digest` names, as the catalogue does, what was handed to the build. `hint` is the masked wording
    of a citizen that it was begun from.
    """

    id: str
    entry_id: str
    kind: Kind
    title: str
    content: Mapping[str, Any]
    state: State
    version: int
    author: str
    edited_by: str
    created_at: datetime
    edited_at: datetime
    approved_by: str | None = None
    digest: str | None = None
    generation: str | None = None
    hint: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True)
class Event:
    """One line of the history: who did what to what, when, and in what words."""

    subject: str
    action: Action
    who: str
    at: datetime
    note: str = ""


class EditingError(Exception):
    """Base of all that an editor may run into; `code` names the sentence that is shown."""

    code = "editing_error"


class UnknownDraft(EditingError):
    code = "unknown_draft"


class Changed(EditingError):
    """Somebody else was faster; `now` is the draft as it is."""

    code = "changed"

    def __init__(self, now: Draft) -> None:
        self.now = now
        super().__init__(f"draft {now.id} is at version {now.version}, {now.state}, by {now.edited_by}")


class WrongState(EditingError):
    """The draft is not in a state from which this can be done."""

    code = "wrong_state"

    def __init__(self, now: Draft) -> None:
        self.now = now
        super().__init__(f"draft {now.id} is {now.state}")


class SecondPersonNeeded(EditingError):
    """Who wrote a draft, or changed it last, asked to approve it."""

    code = "second_person"


class AlreadyDrafted(EditingError):
    """There is an open draft of this entry."""

    code = "already_drafted"

    def __init__(self, draft_id: str) -> None:
        self.draft_id = draft_id
        super().__init__(f"draft {draft_id} is open for this entry")


class ReasonNeeded(EditingError):
    code = "reason_needed"
