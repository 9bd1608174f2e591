"""`hotline tickets file|move|correct|add-words|split|link|unlink`: what the desk does, from the terminal."""

from typing import Annotated

import typer

from api.commands.tickets_common import (
    AsJson,
    Because,
    Number,
    clear_errors,
    open_desk,
    operator,
    print_json,
    told,
)
from api.settings import Settings
from tickets.model import Area, Category, Person, Ticket, Urgency
from tickets.privacy import mask_ticket
from tickets.record import ticket_record
from tickets.requests import area_from, request_from
from tickets.service import Filing
from tickets.sheets import words_of
from tickets.texts import desk_texts

Place = Annotated[str | None, typer.Option(help="The place in the citizen's words.")]
Adcode = Annotated[str | None, typer.Option(help="The place by its 6-digit code instead.")]
TheCategory = Annotated[Category | None, typer.Option(help="What it is about.")]
TheUrgency = Annotated[Urgency | None, typer.Option(help="How soon somebody must act.")]
Version = Annotated[int | None, typer.Option(help="Refuse if the ticket has changed since this version.")]
Origin = Annotated[str | None, typer.Option(help="Names the message: given again it does nothing twice.")]


def file_ticket(
    description: Annotated[str, typer.Argument(help="The citizen's words; - reads them from stdin.")],
    category: TheCategory = None,
    urgency: TheUrgency = None,
    place: Place = None,
    adcode: Adcode = None,
    summary: Annotated[str | None, typer.Option(help="One line; else how the words begin.")] = None,
    name: Annotated[str | None, typer.Option(help="The applicant's.")] = None,
    phone: Annotated[str | None, typer.Option(help="The applicant's.")] = None,
    id_number: Annotated[str | None, typer.Option(help="The applicant's.")] = None,
    beneficiary: Annotated[str | None, typer.Option(help="Who needs help, if it is somebody else.")] = None,
    relation: Annotated[str | None, typer.Option(help="What the applicant is to that person.")] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="The name must not be known.")] = False,
    channel: Annotated[str, typer.Option(help="How it came in.")] = "phone",
    origin: Origin = None,
    separate: Annotated[
        bool,
        typer.Option("--separate", help="A ticket of its own, even if it looks like an earlier request."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a request down; what is left out is found by triage and in the place's words."""
    with clear_errors():
        new = request_from(
            told(description) or "",
            region=Settings().region,
            category=category,
            urgency=urgency,
            summary=summary,
            area=Area(adcode=adcode) if adcode else None,
            place=place,
            applicant=Person(name, phone, id_number),
            beneficiary=beneficiary,
            relation=relation,
            anonymous=anonymous,
            channel=channel,
            origin_message_id=origin,
        )
        desk = open_desk()
        filing = (
            Filing(desk.file(new, operator()), added=False) if separate else desk.take_down(new, operator())
        )
    if as_json:
        print_json(ticket_record(mask_ticket(filing.ticket)) | {"added": filing.added})
    else:
        typer.echo(desk_texts()["added" if filing.added else "filed"].format(number=filing.ticket.number))


def move(
    number: Number,
    transition: Annotated[str, typer.Argument(help="See `hotline tickets moves NUMBER`.")],
    reason: Annotated[str | None, typer.Option(help="Why; most moves need it.")] = None,
    office: Annotated[str | None, typer.Option(help="Who gets it (dispatch, reassign).")] = None,
    into: Annotated[str | None, typer.Option(metavar="NUMBER", help="The ticket that stays (merge).")] = None,
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """Move a ticket to another state; `hotline tickets moves NUMBER` lists what is open."""
    with clear_errors():
        moved = open_desk().move(
            number,
            transition,
            actor=operator(),
            reason=reason,
            office=office,
            into=into,
            version=version,
        )
    _say(moved, as_json)


def correct(
    number: Number,
    reason: Because,
    category: TheCategory = None,
    urgency: TheUrgency = None,
    place: Place = None,
    adcode: Adcode = None,
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """Put right what was misunderstood: category, urgency, place."""
    with clear_errors():
        area = area_from(Area(adcode=adcode) if adcode else None, place, Settings().region)
        corrected = open_desk().correct(
            number,
            actor=operator(),
            reason=reason,
            category=category,
            urgency=urgency,
            area=area,
            version=version,
        )
    _say(corrected, as_json)


def add_words(
    number: Number,
    words: Annotated[str, typer.Argument(help="What the citizen added; - reads it from stdin.")],
    urgency: TheUrgency = None,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Add the citizen's words to an open ticket."""
    with clear_errors():
        ticket = open_desk().supplement(
            number, told(words) or "", actor=operator(), origin_message_id=origin, urgency=urgency
        )
    _say(ticket, as_json)


def split(
    number: Number,
    position: Annotated[int, typer.Argument(help="Of the added words in the history (`show`).")],
    reason: Because,
    as_json: AsJson = False,
) -> None:
    """Give added words a ticket of their own."""
    with clear_errors():
        new = open_desk().split(number, position, actor=operator(), reason=reason)
    if as_json:
        print_json(ticket_record(mask_ticket(new)))
    else:
        typer.echo(desk_texts()["filed"].format(number=new.number))


def link(number: Number, related: Number, reason: Because, as_json: AsJson = False) -> None:
    """Link two tickets as likely repeats of one matter."""
    with clear_errors():
        ticket = open_desk().link(number, related, actor=operator(), reason=reason)
    _say(ticket, as_json)


def unlink(number: Number, related: Number, reason: Because, as_json: AsJson = False) -> None:
    """Take a link away again."""
    with clear_errors():
        ticket = open_desk().unlink(number, related, actor=operator(), reason=reason)
    _say(ticket, as_json)


def _say(ticket: Ticket, as_json: bool) -> None:
    """Say what was done last and where the ticket stands now."""
    if as_json:
        print_json(ticket_record(mask_ticket(ticket)))
        return
    texts = desk_texts()
    action = texts["action"][ticket.history[-1].action]
    typer.echo(texts["done"].format(number=ticket.number, action=action, status=words_of(ticket.status)))
