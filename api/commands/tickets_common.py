"""What the commands of `hotline tickets` share: the desk, who acts, options, and trouble in one sentence."""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from api.settings import Settings
from tickets import errors
from tickets.model import Actor, Role
from tickets.numbering import BEIJING
from tickets.service import Desk

STDIN = "-"

REMEDIES: dict[type[errors.TicketError], str] = {
    errors.BadNumber: "read it again digit by digit, or look it up with `hotline tickets list`",
    errors.NotFound: "look it up with `hotline tickets list`",
    errors.Conflict: "look at it with `hotline tickets show`, then try again",
    errors.Unavailable: "check the disk and that the database is up, then try again",
    errors.Unreadable: "put back the master key that belongs to this database",
}


def _moment(text: str) -> datetime:
    """Read a Beijing date or date and time."""
    try:
        if len(text) <= len("2026-01-01"):
            return datetime.combine(date.fromisoformat(text), time(), BEIJING)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a date; write 2026-01-31 or 2026-01-31T08:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)


AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Number = Annotated[str, typer.Argument(help="As it was read out, with or without hyphens.")]
Because = Annotated[str, typer.Option("--reason", help="Why; it stands in the history.")]
Since = Annotated[
    datetime | None,
    typer.Option(parser=_moment, metavar="DATE", help="Since this Beijing date or time."),
]
DueBefore = Annotated[
    datetime | None,
    typer.Option(parser=_moment, metavar="DATE", help="Open, and the present step is due by then."),
]
Reveal = Annotated[
    str | None,
    typer.Option("--reveal", metavar="REASON", help="Show personal data in full; who and why is recorded."),
]


def open_desk() -> Desk:
    """Give the desk of this installation."""
    from api.parts import open_desk_from  # here, so that --help does not load the whole service

    return open_desk_from(Settings())


def operator() -> Actor:
    """Say who runs the command: the account on this machine, which may do what a supervisor may."""
    return Actor(f"cli:{getpass.getuser()}", Role.SUPERVISOR)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn expected trouble into one sentence and exit code 1."""
    try:
        yield
    except errors.TicketError as error:
        remedy = next((text for kind, text in REMEDIES.items() if isinstance(error, kind)), None)
        fail(f"{error}; {remedy}" if remedy else str(error))
    except SQLAlchemyError as error:
        fail(f"the database cannot be used ({error}); check HOTLINE_DATABASE_URL and HOTLINE_DATA_DIR")
    except BrokenPipeError:
        raise typer.Exit(1) from None
    except OSError as error:
        fail(f"{error.strerror}: {error.filename}; check HOTLINE_DATA_DIR and its permissions")


def fail(sentence: str) -> NoReturn:
    """Say what went wrong on one line and end with code 1."""
    typer.echo(f"error: {' '.join(sentence.split())}", err=True)
    raise typer.Exit(1)


def told(value: str | None) -> str | None:
    """Give an option's value; - reads it from the standard input, so that no list of processes shows it."""
    return sys.stdin.read().strip() if value == STDIN else value


def console() -> Console:
    """Rich output; wide when it is not a terminal, so that nothing is cut in a pipe."""
    return Console() if sys.stdout.isatty() else Console(width=240)


def print_json(value: object) -> None:
    """Print a value as JSON, Chinese as it is."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
