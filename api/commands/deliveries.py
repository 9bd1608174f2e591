"""`hotline deliveries …`: what was sent to which case system, what waits, what failed, what to do."""

import signal
import threading
from datetime import datetime, time, timedelta
from typing import Annotated

import typer

from api.commands.deliveries_tables import (
    deliveries_table,
    delivery_record,
    delivery_table,
    system_record,
    systems_table,
    words,
)
from api.commands.reconcile import reconcile as compare
from api.commands.tickets_common import AsJson, clear_errors, console, operator, print_json
from api.settings import Settings
from tickets.case_systems import OWN_CASE_SYSTEMS
from tickets.deliveries import Deliveries
from tickets.delivery_model import UNFINISHED, DeliveryFilter, DeliveryState, one_event
from tickets.errors import BadRequest
from tickets.numbering import BEIJING, parse_number
from tickets.signing import new_secret as random_secret

_STOP_SECONDS = 60.0  # the longest time-out of a delivery

deliveries_app = typer.Typer(
    help="Deliveries to case systems: what was sent, failed, is waiting.", no_args_is_help=True
)


def _day(text: str) -> datetime:
    try:
        return datetime.combine(datetime.strptime(text, "%Y-%m-%d"), time(), BEIJING)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day; write 2026-01-31") from error


System = Annotated[str, typer.Argument(metavar="SYSTEM", help="As case_systems.yml names it.")]
OneEvent = Annotated[str | None, typer.Argument(metavar="EVENT", help="Like evt_20261122-0001-9_3.")]
Ticket = Annotated[str | None, typer.Option("--number", metavar="NUMBER", help="Only of this ticket.")]
Since = Annotated[
    datetime | None, typer.Option(parser=_day, metavar="DAY", help="Events from this Beijing day on.")
]
Until = Annotated[
    datetime | None, typer.Option(parser=_day, metavar="DAY", help="Events up to this Beijing day, included.")
]
Why = Annotated[str, typer.Option("--reason", help="Why; kept with it. No personal data.")]
FirstSequence = Annotated[int | None, typer.Option("--from", metavar="SEQUENCE", help="From here on.")]
LastSequence = Annotated[int | None, typer.Option("--to", metavar="SEQUENCE", help="Up to here.")]


@deliveries_app.command("systems")
def list_systems(as_json: AsJson = False) -> None:
    """Where every case system stands: counts by state, what waits longest, the last error."""
    with clear_errors():
        found = _open().figures()
    if as_json:
        print_json([system_record(system) for system in found])
    elif found:
        console().print(systems_table(found))
    else:
        typer.echo(words()["no_systems"])


@deliveries_app.command("list")
def list_deliveries(
    system: Annotated[str | None, typer.Option(help="Only to this case system.")] = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Only these.")] = None,
    number: Ticket = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    before: Annotated[
        int | None, typer.Option(metavar="SEQUENCE", help="The last sequence of the page above.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Deliveries, the newest event first; --state dead shows the dead letters."""
    with clear_errors():
        wanted = _filter(system, number=number, since=since, until=until, state=state)
        found = _open().find(wanted, limit=limit, before=before)
    if as_json:
        print_json([delivery_record(delivery) for delivery in found])
    elif found:
        console().print(deliveries_table(found))
    else:
        typer.echo(words()["nothing"])


@deliveries_app.command("show")
def show_delivery(
    system: System, event: Annotated[str, typer.Argument(metavar="EVENT")], as_json: AsJson = False
) -> None:
    """Everything about one delivery, and what holds it back."""
    with clear_errors():
        wanted = one_event(system, event)
        found = _open().find(DeliveryFilter(system, number=wanted.number, last=wanted.last), limit=10_000)
        if not found or found[0].position != wanted.last:
            raise BadRequest(f"{event} is no delivery to {system}; see: hotline deliveries systems")
    this, earlier = found[0], found[1:]
    unfinished = [each.id for each in reversed(earlier) if each.state in UNFINISHED]
    held_back_by = unfinished[0] if unfinished and this.state is DeliveryState.WAITING else None
    if as_json:
        print_json(delivery_record(this) | {"held_back_by": held_back_by})
    else:
        console().print(delivery_table(this, held_back_by))


@deliveries_app.command("replay")
def replay(
    system: System,
    event: OneEvent = None,
    dead: Annotated[bool, typer.Option("--dead", help="All dead letters.")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="All that wait, now instead of later.")] = False,
    number: Ticket = None,
    since: Since = None,
    until: Until = None,
    first: FirstSequence = None,
    last: LastSequence = None,
    as_json: AsJson = False,
) -> None:
    """Send events again, in order; the receiver knows repeated ones by their id."""
    with clear_errors():
        if dead and waiting:
            raise BadRequest("choose --dead or --waiting, or run the command once for each")
        state = DeliveryState.DEAD if dead else DeliveryState.WAITING if waiting else None
        wanted = _filter(
            system, event, number=number, since=since, until=until, first=first, last=last, state=state
        )
        if wanted == DeliveryFilter(system):
            raise BadRequest("say which: EVENT, --dead, --waiting, --number, --since/--until or --from/--to")
        count = _open().replay(wanted)
    _say("replayed", as_json, count=count, system=system)


@deliveries_app.command("settle")
def settle(
    system: System,
    reason: Why,
    event: OneEvent = None,
    number: Ticket = None,
    as_json: AsJson = False,
) -> None:
    """Note that you handed an event, or all that is left of a ticket, over by other means."""
    with clear_errors():
        wanted = _filter(system, event, number=number)
        if wanted == DeliveryFilter(system):
            raise BadRequest("say which: EVENT or --number")
        count = _open().settle(wanted, operator().name, reason)
        if not count:
            raise BadRequest("nothing of that waits or is dead; see: hotline deliveries list")
    _say("settled", as_json, count=count, system=system)


@deliveries_app.command("pause")
def pause(system: System, reason: Why, as_json: AsJson = False) -> None:
    """Send nothing more for now; nothing is lost."""
    with clear_errors():
        _open().pause(system, operator().name, reason)
    _say("paused", as_json, system=system)


@deliveries_app.command("resume")
def resume(system: System, reason: Why, as_json: AsJson = False) -> None:
    """Send again to a system that was paused, or that was disabled because it answered 410."""
    with clear_errors():
        _open().resume(system, operator().name, reason)
    _say("resumed", as_json, system=system)


@deliveries_app.command("run")
def run() -> None:
    """Be the dispatcher until Ctrl-C; set HOTLINE_DISPATCHER=off so that the api is none."""
    from api.database import open_database
    from api.logs import configure_logs
    from api.parts import sealer_from
    from tickets.case_http import HttpSender
    from tickets.dispatcher import open_dispatcher
    from tickets.profiles import OWN_PROFILES
    from tickets.service import utc_now

    settings = Settings()
    configure_logs(settings.log_level)
    with clear_errors():
        dispatcher = open_dispatcher(
            settings.data_dir / OWN_CASE_SYSTEMS,
            open_database(settings.database_address),
            sealer_from(settings),
            HttpSender(utc_now, settings.data_dir / OWN_PROFILES),
        )
    stopping = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopping.set())
    dispatcher.start()
    stopping.wait()
    dispatcher.stop(_STOP_SECONDS)


@deliveries_app.command("new-secret")
def new_secret() -> None:
    """Make a signing secret for case_systems.yml and for the case system; it is shown once, kept nowhere."""
    typer.echo(random_secret())


deliveries_app.command("reconcile")(compare)


def _open() -> Deliveries:
    from api.database import open_database  # here, so that --help does not load migrations

    return Deliveries(open_database(Settings().database_address))


def _filter(
    system: str | None,
    event: str | None = None,
    *,
    number: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    first: int | None = None,
    last: int | None = None,
    state: DeliveryState | None = None,
) -> DeliveryFilter:
    if event:
        if number or since or until or first is not None or last is not None or state:
            raise BadRequest("an EVENT stands alone; leave the other options out")
        return one_event(system, event)
    return DeliveryFilter(
        system,
        state,
        parse_number(number) if number else None,
        first_sequence=first,
        last_sequence=last,
        since=since,
        until=until + timedelta(days=1) if until else None,
    )


def _say(key: str, as_json: bool, **fields: object) -> None:
    if as_json:
        print_json(fields)
    else:
        typer.echo(words()[key].format(**fields))
