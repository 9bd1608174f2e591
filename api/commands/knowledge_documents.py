"""`hotline knowledge add|edit|remove`: what a knowledge editor changes; callers see it within seconds."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from api.commands import knowledge_base as shared
from api.commands.knowledge import knowledge_app
from api.commands.knowledge_base import AsJson, DocId, NoBuild, fail, print_json, progress_bars
from api.commands.priority import take_all_cores
from knowledge.corrections import FIELDS
from knowledge.curation import Curator
from knowledge.errors import KnowledgeError
from knowledge.ingestion import split_note
from knowledge.model import IngestionReport, PolicyDocument
from knowledge.region import name_of
from knowledge.texts import say
from knowledge.wire import document_to_json

MANY = 100  # documents; indexing them one after the other would take minutes


@knowledge_app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders or zip archives.")],
    no_build: NoBuild = False,
    as_json: AsJson = False,
) -> None:
    """Take files in and publish them: callers see them within seconds. Exits 1 if any was refused."""
    curator = shared.open_curator()
    console = Console(highlight=False, soft_wrap=True)
    with progress_bars() as bars:
        task = bars.add_task(say("reports", "stages.reading"), total=None)
        reports = curator.add(paths, lambda report: bars.advance(task))
    taken = [report for report in reports if not report.refused]
    failure: KnowledgeError | None = None
    try:
        if taken and not no_build:
            _publish_added(curator, taken)
        reports = curator.settled(reports)
    except KnowledgeError as error:
        failure = error
    if not as_json:
        for report in reports:
            console.print("\n".join(_report_lines(report)))
    if failure:
        raise fail(failure) from failure
    refused = len(reports) - len(taken)
    if as_json:
        print_json([_report_to_json(report) for report in reports])
    else:
        articles = sum(report.articles for report in reports)
        key = "cli.added_only" if no_build else "cli.added"
        console.print(say("reports", key, taken=len(taken), articles=articles, refused=refused))
    if refused or not reports:
        raise typer.Exit(1)


def _publish_added(curator: Curator, taken: list[IngestionReport]) -> None:
    if len(taken) > MANY:
        take_all_cores()
    more = [f"+{len(taken) - 1}"] if len(taken) > 1 else []
    shared.publish(curator, ["add", *(r.document.doc_id for r in taken[:1] if r.document), *more])


@knowledge_app.command()
def edit(
    doc_id: DocId,
    title: Annotated[str | None, typer.Option(help="Title without date.")] = None,
    document_no: Annotated[str | None, typer.Option(help="文号, such as 湘民发〔2023〕12号.")] = None,
    issuer: Annotated[str | None, typer.Option(help="发布机关.")] = None,
    level: Annotated[str | None, typer.Option(help="国家, 省, 市 or 县.")] = None,
    region: Annotated[str | None, typer.Option(help="6-digit adcode, 000000 for the whole country.")] = None,
    promulgated_on: Annotated[str | None, typer.Option(help="公布 YYYY-MM-DD.")] = None,
    version_date: Annotated[str | None, typer.Option(help="版本 YYYY-MM-DD.")] = None,
    effective_from: Annotated[str | None, typer.Option(help="施行 YYYY-MM-DD.")] = None,
    repealed_on: Annotated[str | None, typer.Option(help="First day not in force, YYYY-MM-DD.")] = None,
    url: Annotated[str | None, typer.Option(help="Where it is published.")] = None,
    reset: Annotated[list[str] | None, typer.Option(help="Field to take from the text again.")] = None,
    by: Annotated[str, typer.Option(help="Who corrects it.")] = "",
    reason: Annotated[str, typer.Option(help="Why, or from what source.")] = "",
    no_build: NoBuild = False,
    as_json: AsJson = False,
) -> None:
    """Correct what was understood of a document; an empty value says that it is not known.

    Corrections are kept when the file is taken in again.
    """
    given = locals()
    values: dict[str, str] = {field: given[field] for field in FIELDS if given[field] is not None}
    if not values and not reset:
        raise typer.BadParameter(say("reports", "cli.nothing_to_correct", fields=", ".join(FIELDS)))
    curator = shared.open_curator()
    try:
        document: PolicyDocument | None = None
        if reset:
            document = curator.drop_corrections(doc_id, reset)
        if values:
            at = document.doc_id if document else doc_id
            document = curator.correct(at, values, by=by or getpass.getuser(), reason=reason)
        assert document is not None
        if not no_build:
            shared.publish(curator, ["edit", document.doc_id])
    except KnowledgeError as error:
        raise fail(error) from error
    if as_json:
        print_json(document_to_json(document))
    else:
        Console(highlight=False, soft_wrap=True).print("\n".join(_document_lines(document)))


@knowledge_app.command()
def remove(doc_id: DocId, no_build: NoBuild = False) -> None:
    """Take a document out; it stops answering at once."""
    curator = shared.open_curator()
    try:
        curator.remove(doc_id)
        if not no_build:
            shared.publish(curator, ["remove", doc_id])
    except KnowledgeError as error:
        raise fail(error) from error
    Console().print(say("reports", "cli.removed", doc_id=escape(doc_id)))


def _notes(report: IngestionReport) -> list[str]:
    return [say("reports", f"notes.{code}", detail=detail) for code, detail in map(split_note, report.notes)]


def _report_lines(report: IngestionReport) -> list[str]:
    if report.document is None:
        reason = say("reports", f"refused.{report.refused}")
        doubts = "".join(f"（{escape(note)}）" for note in _notes(report))
        return [f"[red]✗[/red] {escape(report.source_file)}：{reason}{doubts}"]
    lines = [f"[green]✓[/green] {escape(report.source_file)}"]
    lines += _document_lines(report.document, report.articles)
    if notes := _notes(report):
        lines.append(f"  [yellow]{escape(say('reports', 'cli.notes', notes='；'.join(notes)))}[/yellow]")
    if report.corrected:
        names = "、".join(say("reports", f"columns.{field}") for field in report.corrected)
        lines.append(f"  [dim]{say('reports', 'cli.corrected', fields=names)}[/dim]")
    return lines


def _document_lines(document: PolicyDocument, articles: int | None = None) -> list[str]:
    """Two indented lines: id and origin, then place and days; what is not known is left open."""
    unknown = say("reports", "cli.unknown")
    shown: dict[str, Any] = {k: v or unknown for k, v in document_to_json(document).items()}
    shown["place"] = name_of(document.region)
    first = escape(say("reports", "cli.document", **shown))
    days = escape(say("reports", "cli.document_days", **shown))
    count = say("reports", "cli.document_articles", articles=articles) if articles is not None else ""
    return [f"  {first}", f"  {days}{count}"]


def _report_to_json(report: IngestionReport) -> dict[str, Any]:
    return {
        "source_file": report.source_file,
        "document": document_to_json(report.document) if report.document else None,
        "articles": report.articles,
        "notes": _notes(report),
        "corrected": list(report.corrected),
        "refused": say("reports", f"refused.{report.refused}") if report.refused else None,
    }
