"""`hotline knowledge feedback`: which articles helped citizens and which did not, for those who edit them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from api.commands.knowledge import knowledge_app
from api.commands.knowledge_base import AsJson, print_json
from api.settings import Settings
from api.texts import texts

if TYPE_CHECKING:
    from api.chat.feedback import ArticleFeedback, Opinion

REASONS_SHOWN = 5


@knowledge_app.command()
def feedback(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Given on or after this Beijing day.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many articles.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Count what citizens say of answers by cited article, what helped least first; personal data masked."""
    from api.chat.feedback import by_article

    opinions = _opinions(since)
    articles = by_article(opinions)[:limit]
    helped = sum(opinion.helpful for opinion in opinions)
    if as_json:
        totals = {"opinions": len(opinions), "helpful": helped, "unhelpful": len(opinions) - helped}
        print_json({**totals, "articles": [asdict(article) for article in articles]})
        return
    say = texts("feedback")
    lines = [line for article in articles for line in _lines(article)]
    lines.append(say["total"].format(count=len(opinions), helpful=helped) if opinions else say["none"])
    Console(highlight=False, soft_wrap=True).print("\n".join(lines))


def _opinions(since: datetime | None) -> list[Opinion]:
    # Here, so that other commands of the group do not load what only this one needs.
    from sqlalchemy.exc import SQLAlchemyError

    from api.chat.feedback import FeedbackStore
    from api.database import open_database
    from api.parts import sealer_from
    from tickets.errors import TicketError
    from tickets.numbering import BEIJING
    from tickets.service import utc_now

    settings = Settings()
    try:
        store = FeedbackStore(open_database(settings.database_address), sealer_from(settings), utc_now)
        return store.opinions(since.replace(tzinfo=BEIJING) if since else None)
    except (TicketError, SQLAlchemyError) as error:
        Console(stderr=True).print(f"{texts('feedback')['unreadable']}\n[dim]{escape(str(error))}[/dim]")
        raise typer.Exit(1) from error


def _lines(article: ArticleFeedback) -> list[str]:
    say = texts("feedback")
    name = f"{article.title} {article.article}".strip() or say["without_article"]
    counts = say["counts"].format(helpful=article.helpful, unhelpful=article.unhelpful)
    lines = [f"[bold]{escape(_printable(name))}[/bold]  {counts}"]
    shown = article.reasons[:REASONS_SHOWN]
    return lines + [f"   {escape(say['reason'].format(reason=_printable(reason)))}" for reason in shown]


def _printable(words: str) -> str:
    """Characters that cannot drive the terminal."""
    return "".join(char for char in words if char.isprintable())
