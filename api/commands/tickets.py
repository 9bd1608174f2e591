"""`hotline tickets …`: looks at tickets and hands them out as files, masked unless a reason is given."""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from api.settings import Settings
from tickets import errors
from tickets.export import default_name, export_tickets, whole_file
from tickets.model import Actor, Category, Role, Status, Ticket
from tickets.numbering import BEIJING
from tickets.privacy import mask_ticket
from tickets.profiles import load_profile
from tickets.record import ticket_record
from tickets.service import Desk, utc_now
from tickets.sheets import FORMATS, words_of
from tickets.texts import desk_texts

tickets_app = typer.Typer(help="Tickets: list, show, export.", no_args_is_help=True)

REMEDIES: dict[type[errors.TicketError], str] = {
    errors.BadNumber: "read it again digit by digit, or look it up with `hotline tickets list`",
    errors.NotFound: "look it up with `hotline tickets list`",
    errors.Unavailable: "check the disk and that the database is up, then try again",
    errors.Unreadable: "put back the master key that belongs to this database",
}
_LISTED = ("number", "status", "category", "urgency", "area", "opened_at", "due_at", "office", "summary")
_STDOUT = "-"


def _since(text: str) -> datetime:
    """Read a Beijing date or date and time."""
    try:
        if len(text) <= len("2026-01-01"):
            return datetime.combine(date.fromisoformat(text), time(), BEIJING)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a date; write 2026-01-31 or 2026-01-31T08:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)


AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Reveal = Annotated[
    str | None,
    typer.Option("--reveal", metavar="REASON", help="Show personal data in full; who and why is recorded."),
]
Since = Annotated[
    datetime | None,
    typer.Option(parser=_since, metavar="DATE", help="Opened since this Beijing date or time."),
]


@tickets_app.command("list")
def list_tickets(
    status: Annotated[Status | None, typer.Option(help="Only this status.")] = None,
    category: Annotated[Category | None, typer.Option(help="Only this category.")] = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    before: Annotated[str | None, typer.Option(help="The last number of the page above.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tickets, newest first, personal data masked."""
    with _clear_errors():
        found = _desk().list(status=status, category=category, since=since, limit=limit, before=before)
    masked = [mask_ticket(ticket) for ticket in found]
    if as_json:
        _print_json([ticket_record(ticket) for ticket in masked])
    elif masked:
        _console().print(_list_table(masked))
    else:
        typer.echo(desk_texts()["none"])


@tickets_app.command("show")
def show_ticket(number: str, reveal: Reveal = None, as_json: AsJson = False) -> None:
    """One ticket with its history; NUMBER as it was read out, with or without hyphens."""
    with _clear_errors():
        desk = _desk()
        if reveal is None:
            ticket = mask_ticket(desk.find(number))
        else:
            ticket = desk.disclose(number, actor=_operator(), reason=reveal)
    if as_json:
        _print_json(ticket_record(ticket))
        return
    _console().print(_ticket_table(ticket), _history_table(ticket))
    if reveal is None:
        typer.echo(desk_texts()["masked_hint"])


@tickets_app.command("export")
def export(
    format_name: Annotated[
        str, typer.Option("--format", metavar="|".join(FORMATS), help="File format.")
    ] = "csv",
    since: Since = None,
    profile: Annotated[str, typer.Option(help="Name of a column profile, or a .yml file.")] = "generic",
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where to; - is the standard output.")
    ] = None,
    reveal: Reveal = None,
) -> None:
    """Every ticket, oldest first, as a file that appears only when it is complete."""
    with _clear_errors():
        columns = load_profile(profile)
        if format_name not in FORMATS:
            raise errors.BadRequest(f"no export format {format_name!r}; choose {', '.join(FORMATS)}")
        target = out or default_name(columns, format_name, utc_now())
        desk = _desk()
        if reveal is not None:
            scope = (
                f"export {columns.name} {format_name} since {since.isoformat() if since else 'the beginning'}"
            )
            desk.record_disclosure(actor=_operator(), reason=reveal, scope=scope)
        with _output(target) as file:
            count = export_tickets(desk.export(since), columns, format_name, file, reveal=reveal is not None)
    if target != _STDOUT:
        typer.echo(desk_texts()["exported"].format(count=count, path=target), err=True)


def _desk() -> Desk:
    from api.parts import open_desk_from  # here, so that --help does not load the whole service

    return open_desk_from(Settings())


def _operator() -> Actor:
    """Who runs the command: the account on this machine."""
    return Actor(f"cli:{getpass.getuser()}", Role.SUPERVISOR)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turn expected trouble into one sentence and exit code 1."""
    try:
        yield
    except errors.TicketError as error:
        remedy = next((text for kind, text in REMEDIES.items() if isinstance(error, kind)), None)
        _fail(f"{error}; {remedy}" if remedy else str(error))
    except SQLAlchemyError as error:
        _fail(f"the database cannot be used ({error}); check HOTLINE_DATABASE_URL and HOTLINE_DATA_DIR")
    except BrokenPipeError:
        raise typer.Exit(1) from None
    except OSError as error:
        _fail(f"{error.strerror}: {error.filename}; check HOTLINE_DATA_DIR and its permissions")


def _fail(sentence: str) -> NoReturn:
    typer.echo(f"error: {' '.join(sentence.split())}", err=True)
    raise typer.Exit(1)


@contextmanager
def _output(target: str) -> Iterator[BinaryIO]:
    if target == _STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with whole_file(Path(target)) as file:
            yield file


def _console() -> Console:
    """Rich output; wide when it is not a terminal, so that nothing is cut in a pipe."""
    return Console() if sys.stdout.isatty() else Console(width=240)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _cell(words: str) -> Text:
    """Show a citizen's words as they are: no markup, no control codes that would drive the terminal."""
    return Text("".join(char for char in words if char.isprintable() or char == "\n"))


def _list_table(found: list[Ticket]) -> Table:
    texts = desk_texts()
    table = Table(*(texts["heading"][name] for name in _LISTED))
    now = utc_now()
    for ticket in found:
        row = {name: words_of(getattr(ticket, name)) for name in _LISTED}
        row["due_at"] += texts["overdue"] if ticket.is_overdue(now) else ""
        table.add_row(*map(_cell, row.values()))
    return table


def _ticket_table(ticket: Ticket) -> Table:
    """Headings and values of one ticket, empty ones left out."""
    person = {
        "applicant": ticket.applicant.name,
        "phone": ticket.applicant.phone,
        "id_number": ticket.applicant.id_number,
        "address": ticket.area.detail,
    }
    table = Table(show_header=False)
    for name, heading in desk_texts()["heading"].items():
        value = person[name] if name in person else getattr(ticket, name)
        if name != "history" and value not in (None, "", ()):
            table.add_row(heading, _cell(words_of(value)))
    return table


def _history_table(ticket: Ticket) -> Table:
    texts = desk_texts()
    table = Table(title=texts["heading"]["history"], title_justify="left", show_header=False)
    for event in ticket.history:
        action = texts["action"].get(event.action, event.action)
        table.add_row(*map(_cell, (words_of(event.at), event.actor, action, event.reason or "")))
    return table
