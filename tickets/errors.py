"""Every expected failure is a TicketError with a code; anything else is a bug and crashes loudly.

TicketError
├── NotFound          no such ticket, or not this caller's
│   └── BadNumber     what was said is no ticket number: a digit is wrong, missing or too many
├── RuleBroken        the table of moves says no
├── Conflict          someone else changed the ticket first; read it again
├── Unreadable        sealed text that this key does not open, or a damaged key file
├── BadRequest        an argument outside what the desk understands
└── Unavailable       the database is busy or gone; worth trying again
"""


class TicketError(Exception):
    """Root of the tree. `code` names the sentence that the citizen or the desk reads."""

    code = "ticket_error"


class NotFound(TicketError):
    """No such ticket; also said when the phone tail is wrong, so that nobody can fish for numbers."""

    code = "ticket_not_found"


class BadNumber(NotFound):
    """The check digit or the date does not fit: the number was misheard or mistyped."""

    code = "ticket_number_mistyped"


class RuleBroken(TicketError):
    """A move that the table does not allow; `allowed` lists the transitions open from this state."""

    code = "ticket_rule_broken"

    def __init__(self, message: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.allowed = allowed


class Conflict(TicketError):
    """The ticket changed between reading and writing; nothing was written. `version`: now, if known."""

    code = "ticket_changed_meanwhile"

    def __init__(self, message: str, version: int | None = None) -> None:
        super().__init__(message)
        self.version = version


class Unreadable(TicketError):
    """Sealed text cannot be opened: another key, or the data was altered."""

    code = "ticket_unreadable"


class BadRequest(TicketError):
    """An argument that cannot be understood, such as an unknown profile or format.

    `why` names the reason where people at the desk meet it, so that a page can say it in their words.
    """

    code = "ticket_bad_request"

    def __init__(self, message: str, why: str | None = None) -> None:
        super().__init__(message)
        self.why = why


class Unavailable(TicketError):
    """The database did not take it; the same call may succeed in a moment."""

    code = "ticket_store_unavailable"
