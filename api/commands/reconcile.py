"""`hotline deliveries reconcile`: does a case system have every ticket, each in its newest version?"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table

from api.commands.tickets_common import AsJson, clear_errors, console, print_json
from api.settings import PROJECT_ROOT, Settings
from tickets.case_systems import OWN_CASE_SYSTEMS, CaseSystem, load_case_systems
from tickets.errors import BadRequest
from tickets.numbering import BEIJING
from tickets.reconciliation import Behind, Findings, TheirSide, reconciled
from tickets.service import utc_now

_DAYS_BACK = 30
_SHOWN = 20  # tickets of each kind; --json has them all
_WORDS = PROJECT_ROOT / "tickets" / "texts" / "reconciliation.zh.yml"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day; write 2026-01-31") from error


Name = Annotated[str, typer.Argument(metavar="NAME", help="The case system, as case_systems.yml names it.")]
Theirs = Annotated[
    Path | None,
    typer.Option(
        "--theirs",
        metavar="FILE",
        help="Their list, csv or jsonl with number and version; without it they are asked over HTTP.",
    ),
]
FirstDay = Annotated[
    date | None,
    typer.Option("--since", parser=_day, metavar="DAY", help="First Beijing day of filing; 30 days back."),
]
LastDay = Annotated[
    date | None, typer.Option("--until", parser=_day, metavar="DAY", help="Last day, included; today.")
]
Repair = Annotated[bool, typer.Option("--repair", help="Send again exactly what is missing or older there.")]


def reconcile(
    name: Name,
    theirs: Theirs = None,
    since: FirstDay = None,
    until: LastDay = None,
    repair: Repair = False,
    as_json: AsJson = False,
) -> None:
    """Compare our tickets with a case system's, day by day; exit code 1 when something is wrong there.

    What is still on its way is not missing but waiting.
    """
    from api.database import open_database  # here, so that --help loads no database
    from tickets.deliveries import Deliveries
    from tickets.our_side import OurTickets

    settings = Settings()
    last = until or datetime.now(BEIJING).date()
    first = since or last - timedelta(days=_DAYS_BACK)
    with clear_errors():
        if first > last:
            raise BadRequest(f"--since {first} is after --until {last}; swap them")
        systems = load_case_systems(settings.data_dir / OWN_CASE_SYSTEMS)
        if name not in systems:
            raise BadRequest(
                f"no case system {name!r} in {OWN_CASE_SYSTEMS}; there are: {', '.join(systems)}"
            )
        system = systems[name]
        if repair and not system.push:
            raise BadRequest(f"{name} has no push, nothing can be sent again: hand it an export instead")
        database = open_database(settings.database_address)
        ours = OurTickets(database, name if system.push else None)
        found = reconciled(ours, _their_side(system, theirs), first, last)
        events = _send_again(Deliveries(database), name, found.behind) if repair else 0
    if as_json:
        print_json(_as_json(name, first, last, found, events if repair else None))
    else:
        _print(console(), name, first, last, found, events if repair else None)
    left = not found.clean if not repair else bool(found.newer or found.extra or found.doubled)
    if left:
        raise typer.Exit(1)


def _their_side(system: CaseSystem, file: Path | None) -> TheirSide:
    from tickets.their_side import TheirAddress, read_their_file

    if file:
        return read_their_file(file)
    if system.reconcile is None:
        raise BadRequest(
            f"{system.name} has no `reconcile` in {OWN_CASE_SYSTEMS}; give its list with --theirs"
        )
    return TheirAddress(system.name, system.reconcile, utc_now)


def _send_again(deliveries: Any, system: str, behind: Sequence[Behind]) -> int:
    """Replay what they lack of each ticket, from the first event that they lack on; give how many events."""
    from tickets.delivery_model import DeliveryFilter

    wanted = [DeliveryFilter(system, number=each.number, first=each.send_from) for each in behind]
    return sum(deliveries.replay(one) for one in wanted)


def _as_json(name: str, since: date, until: date, found: Findings, events: int | None) -> dict[str, Any]:
    return {
        "system": name,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "clean": found.clean,
        "differing": [
            {"day": day.isoformat(), "ours": _figures(ours), "theirs": _figures(theirs)}
            for day, ours, theirs in found.differing
        ],
        "missing": [asdict(each) for each in found.missing],
        "older": [asdict(each) for each in found.older],
        "newer": [{"number": n, "theirs": theirs, "ours": ours} for n, theirs, ours in found.newer],
        "extra": found.extra,
        "doubled": found.doubled,
        "waiting": found.waiting,
        "replayed": events,
    }


def _figures(day: Any) -> dict[str, Any]:
    return {"count": day.count if day else 0, "digest": day.digest if day else None}


def _print(out: Console, name: str, since: date, until: date, found: Findings, events: int | None) -> None:
    say = _words()
    out.print(say["title"].format(system=name, since=since, until=until))
    if not found.differing:
        out.print(say["same"])
        return
    table = Table(*(say["days"][key] for key in ("day", "ours", "theirs")))
    for day, ours, theirs in found.differing:
        table.add_row(day.isoformat(), str(ours.count if ours else 0), str(theirs.count if theirs else 0))
    out.print(table)
    for kind, lines in _lines(found).items():
        if lines:
            out.print(say[kind].format(count=len(lines)))
            out.print("\n".join(f"  {line}" for line in lines[:_SHOWN]), highlight=False)
            if len(lines) > _SHOWN:
                out.print("  " + say["and_more"].format(count=len(lines) - _SHOWN))
    if events is not None:
        out.print(say["replayed"].format(events=events, tickets=len(found.behind)))
    elif found.behind:
        out.print(say["repairable"])


def _lines(found: Findings) -> dict[str, list[str]]:
    say = _words()

    def line(number: str, ours: int, theirs: int) -> str:
        return say["ticket"].format(number=number, ours=ours, theirs=theirs or say["none_there"])

    return {
        "missing": [line(each.number, each.ours, each.theirs) for each in found.missing],
        "older": [line(each.number, each.ours, each.theirs) for each in found.older],
        "newer": [line(number, ours, theirs) for number, theirs, ours in found.newer],
        "extra": found.extra,
        "doubled": found.doubled,
        "waiting": found.waiting,
    }


@cache
def _words() -> dict[str, Any]:
    return yaml.safe_load(_WORDS.read_text("utf-8"))
