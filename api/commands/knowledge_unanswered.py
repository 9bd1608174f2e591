"""`hotline knowledge unanswered`: what people asked in vain, for those who write the entries."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from api.commands import knowledge_base as shared
from api.commands.knowledge import knowledge_app
from api.commands.knowledge_base import AsJson, fail, print_json
from api.settings import Settings
from api.unanswered.model import UnansweredGroup, UnansweredReport
from knowledge.errors import KnowledgeError
from knowledge.texts import say

if TYPE_CHECKING:
    from knowledge.ports import Embedder
    from knowledge.service import KnowledgeBase

SHOWN_CHARS = 120  # of a wording; some people tell their whole life, `--json` gives it in full


@knowledge_app.command()
def unanswered(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Asked on or after this Beijing day.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many groups.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List questions that got no answer, grouped by likeness, the commonest first; personal data masked."""
    report = _report(shared.open_base(), since, limit)
    if as_json:
        print_json(_plain(asdict(report)))
    else:
        Console(highlight=False, soft_wrap=True).print("\n".join(_lines(report)))


def _report(base: KnowledgeBase, since: datetime | None, limit: int) -> UnansweredReport:
    # Here, so that `add`, which callers wait for, does not load what only this command needs (1.5 s).
    from sqlalchemy.exc import SQLAlchemyError

    from api.database import open_database
    from api.parts import sealer_from
    from api.unanswered.listing import list_unanswered
    from api.unanswered.store import UnansweredStore
    from tickets.errors import TicketError
    from tickets.numbering import BEIJING
    from tickets.service import utc_now

    settings = Settings()
    begin = since.replace(tzinfo=BEIJING) if since else None
    try:
        store = UnansweredStore(open_database(settings.database_address), sealer_from(settings), utc_now)
        return list_unanswered(store, base, _embedder_of(settings), since=begin, limit=limit)
    except KnowledgeError as error:
        raise fail(error) from error
    except (TicketError, SQLAlchemyError) as error:
        sentence = say("reports", "unanswered.unreadable")
        Console(stderr=True).print(f"{sentence}\n[dim]{escape(str(error))}[/dim]")
        raise typer.Exit(1) from error


def _embedder_of(settings: Settings) -> Embedder:
    from knowledge.embedders import SentenceEmbedder, ShippedEmbedder

    return SentenceEmbedder(settings.embedder_dir) if settings.embedder_dir else ShippedEmbedder()


def _plain(value: Any) -> Any:
    """The report with days as ISO text."""
    if isinstance(value, dict):
        return {key: _plain(held) for key, held in value.items()}
    if isinstance(value, tuple):
        return [_plain(held) for held in value]
    return value.isoformat() if isinstance(value, date) else value


def _lines(report: UnansweredReport) -> list[str]:
    if not report.groups:
        return [say("reports", "unanswered.none")]
    lines = [line for number, group in enumerate(report.groups, 1) for line in _group_lines(number, group)]
    shown = {"shown": len(report.groups), "found": report.found, "questions": report.questions}
    lines += [say("reports", "unanswered.total", left_out=report.left_out, **shown)]
    return [*lines, say("reports", "unanswered.cut_off")] if report.cut_off else lines


def _group_lines(number: int, group: UnansweredGroup) -> list[str]:
    """A heading, then indented: other wordings, what they got and when, what the library has."""
    said = {"number": number, "count": group.count, "wording": _cut(group.wording)}
    heading = say("reports", "unanswered.group", **said)
    got = "、".join(say("reports", f"unanswered.got.{kind}", count=n) for kind, n in group.got.items())
    days = str(group.first_on) if group.first_on == group.last_on else f"{group.first_on} — {group.last_on}"
    lines = [f"[bold]{escape(heading)}[/bold]"]
    lines += [f"   {escape(say('reports', 'unanswered.other', wording=_cut(w)))}" for w in group.others]
    lines.append(f"   {say('reports', 'unanswered.asked', days=days, got=got)}")
    if near := group.nearest:
        key = "article" if near.article else "entry"
        named = {"title": near.title, "article": near.article}
        how = {"score": f"{near.score:.3f}", "sure": f"{group.confidence:.2f}"}
        lines.append(f"   [dim]{escape(say('reports', f'unanswered.nearest_{key}', **named, **how))}[/dim]")
    if group.answered_now:
        lines.append(f"   [green]{say('reports', 'unanswered.answered_now')}[/green]")
    return [*lines, ""]


def _cut(words: str) -> str:
    """Printable characters only, which cannot drive the terminal, and not too many."""
    shown = "".join(char for char in words if char.isprintable())
    return shown if len(shown) <= SHOWN_CHARS else shown[:SHOWN_CHARS] + "…"
