"""`hotline tickets list|due|show|moves|disclosures|export|corrections`: masked unless a reason is given."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from api.commands.tickets_common import (
    AsJson,
    DueBefore,
    Number,
    Reveal,
    Since,
    clear_errors,
    console,
    open_desk,
    operator,
    print_json,
    told,
)
from api.commands.tickets_tables import (
    DUE,
    disclosures_table,
    history_table,
    list_table,
    moves_table,
    ticket_table,
)
from api.settings import Settings
from api.ticket_schemas import MoveOut
from tickets.amending import CORRECT
from tickets.export import default_name, export_tickets, need_format, whole_file
from tickets.model import Category, Status, Ticket, TicketFilter, Urgency
from tickets.privacy import mask_ticket
from tickets.profiles import OWN_PROFILES, load_profile
from tickets.record import disclosure_record, ticket_record
from tickets.service import MAX_LIST, Desk, utc_now
from tickets.sheets import FORMATS
from tickets.texts import desk_texts

_STDOUT = "-"

Office = Annotated[str | None, typer.Option(help="Only those of this office.")]


def list_tickets(
    status: Annotated[Status | None, typer.Option(help="Only this status.")] = None,
    category: Annotated[Category | None, typer.Option(help="Only this category.")] = None,
    urgency: Annotated[Urgency | None, typer.Option(help="Only this urgency.")] = None,
    office: Office = None,
    adcode: Annotated[str | None, typer.Option(help="Where: 43 is a province, 430524 a county.")] = None,
    since: Since = None,
    due_before: DueBefore = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose step is late.")] = False,
    phone: Annotated[str | None, typer.Option(help="Exactly this number; - reads it from stdin.")] = None,
    id_number: Annotated[str | None, typer.Option(help="Exactly this ID; - reads it from stdin.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LIST, help="At most so many.")] = 50,
    before: Annotated[str | None, typer.Option(help="The last number of the page above.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tickets, newest first, personal data masked."""
    now = utc_now()
    wanted = TicketFilter(
        status,
        category,
        urgency,
        office,
        adcode,
        since,
        now if overdue else due_before,
        told(phone),
        told(id_number),
    )
    with clear_errors():
        found = open_desk().list(wanted, limit=limit, before=before)
    masked = [mask_ticket(ticket) for ticket in found]
    if as_json:
        print_json([ticket_record(ticket) for ticket in masked])
    elif masked:
        console().print(list_table(masked, now))
    else:
        typer.echo(desk_texts()["none"])


def due(
    hours: Annotated[float, typer.Option(min=0, help="How far ahead; 0 for what is late already.")] = 24,
    office: Office = None,
    as_json: AsJson = False,
) -> None:
    """What must be done soon and what is late, the most pressing first."""
    now = utc_now()
    wanted = TicketFilter(office=office, due_before=now + timedelta(hours=hours))
    with clear_errors():
        found = sorted(_all_of(open_desk(), wanted), key=lambda ticket: ticket.stage_due_at or ticket.due_at)
    masked = [mask_ticket(ticket) for ticket in found]
    if as_json:
        print_json([ticket_record(ticket) for ticket in masked])
    elif masked:
        console().print(list_table(masked, now, DUE))
    else:
        typer.echo(desk_texts()["none"])


def show_ticket(number: Number, reveal: Reveal = None, as_json: AsJson = False) -> None:
    """One ticket with its history."""
    with clear_errors():
        desk = open_desk()
        if reveal is None:
            ticket = mask_ticket(desk.find(number))
        else:
            ticket = desk.disclose(number, actor=operator(), reason=reveal)
    if as_json:
        print_json(ticket_record(ticket))
        return
    console().print(ticket_table(ticket), history_table(ticket))
    if reveal is None:
        typer.echo(desk_texts()["masked_hint"])


def list_moves(number: Number, as_json: AsJson = False) -> None:
    """The moves that are open now, and what each needs."""
    with clear_errors():
        found = open_desk().moves(number, operator())
    if as_json:
        print_json([MoveOut.of(move).model_dump(mode="json") for move in found])
    else:
        console().print(moves_table(found))


def list_disclosures(
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LIST, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Who saw personal data in full, when and why; newest first."""
    with clear_errors():
        found = open_desk().disclosures(since, limit)
    if as_json:
        print_json([disclosure_record(disclosure) for disclosure in found])
    else:
        console().print(disclosures_table(found))


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
    with clear_errors():
        columns = load_profile(profile, Settings().data_dir / OWN_PROFILES)
        need_format(format_name)
        target = out or default_name(columns, format_name, utc_now())
        desk = open_desk()
        if reveal is not None:
            scope = (
                f"export {columns.name} {format_name} since {since.isoformat() if since else 'the beginning'}"
            )
            desk.record_disclosure(actor=operator(), reason=reveal, scope=scope)
        with _output(target) as file:
            count = export_tickets(desk.export(since), columns, format_name, file, reveal=reveal is not None)
    if target != _STDOUT:
        typer.echo(desk_texts()["exported"].format(count=count, path=target), err=True)


def corrections(since: Since = None) -> None:
    """What agents put right, as JSON lines of masked text, category and urgency: for `train-triage`."""
    with clear_errors():
        for ticket in open_desk().export(since):
            if ticket.erased_at is None and _was_corrected(ticket):
                said = mask_ticket(ticket).description
                line = {"text": said, "category": ticket.category, "urgency": ticket.urgency}
                typer.echo(json.dumps(line, ensure_ascii=False))


def _was_corrected(ticket: Ticket) -> bool:
    """Say whether a person set category or urgency right."""
    return any(
        event.action == CORRECT and {"category", "urgency"} & set(event.changes) for event in ticket.history
    )


def _all_of(desk: Desk, wanted: TicketFilter) -> Iterator[Ticket]:
    """Give every ticket that fits, a page at a time."""
    page = desk.list(wanted, limit=MAX_LIST)
    while page:
        yield from page
        page = desk.list(wanted, limit=MAX_LIST, before=page[-1].number) if len(page) == MAX_LIST else []


@contextmanager
def _output(target: str) -> Iterator[BinaryIO]:
    if target == _STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with whole_file(Path(target)) as file:
            yield file
