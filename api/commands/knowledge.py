"""`hotline knowledge …`: take documents in, build the index, list, remove, check, search."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.logs import configure_logs
from api.settings import Settings
from knowledge import open_knowledge
from knowledge.errors import KnowledgeError
from knowledge.ingestion import split_note
from knowledge.model import IngestionReport
from knowledge.service import KnowledgeBase
from knowledge.texts import say
from knowledge.wire import document_to_json, hit_to_json

knowledge_app = typer.Typer(help="Policy documents, hotline entries and their index.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Region = Annotated[str | None, typer.Option(help="Caller's place, a 6-digit adcode such as 430000.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Answer by the law of that day.")
]


def open_base() -> KnowledgeBase:
    """The knowledge base of the settings."""
    settings = Settings()
    configure_logs("WARNING")
    return open_knowledge(
        settings.data_dir, embedder_dir=settings.embedder_dir, default_region=settings.region
    )


def print_json(data: Any) -> None:
    """Write JSON to standard output, Chinese as it is."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def fail(error: KnowledgeError) -> typer.Exit:
    """Say what went wrong in one sentence; gives the exit to raise."""
    Console(stderr=True).print(f"{say('reports', f'errors.{error.code}')}\n[dim]{escape(str(error))}[/dim]")
    return typer.Exit(1)


@knowledge_app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")], as_json: AsJson = False
) -> None:
    """Take files in; they are found once `build` has run. Exits 1 if any was refused."""
    reports = open_base().add(paths)
    refused = [report for report in reports if report.refused]
    if as_json:
        print_json([_report_to_json(report) for report in reports])
    else:
        console = Console()
        for report in reports:
            console.print(_report_line(report), highlight=False, soft_wrap=True)
        articles = sum(report.articles for report in reports)
        taken = len(reports) - len(refused)
        console.print(say("reports", "cli.added", taken=taken, articles=articles, refused=len(refused)))
    if refused or not reports:
        raise typer.Exit(1)


@knowledge_app.command()
def build(
    as_json: AsJson = False,
    if_stale: Annotated[
        bool, typer.Option("--if-stale", help="Only if documents or entries have changed.")
    ] = False,
) -> None:
    """Build the index from all documents and entries; the old one stays in use until the new one is whole."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    base = open_base()
    try:
        if if_stale and base.is_current():
            typer.echo(say("reports", "cli.current", generation=base.generation))
            return
        with Progress(*columns, console=Console(stderr=True)) as bars:
            tasks = {
                name: bars.add_task(say("reports", f"stages.{name}"), total=None)
                for name in ("words", "vectors")
            }
            report = base.build(
                lambda stage, done, total: bars.update(tasks[stage], completed=done, total=total)
            )
    except KnowledgeError as error:
        raise fail(error) from error
    if as_json:
        print_json(vars(report))
    else:
        Console().print(say("reports", "cli.built", **vars(report)), highlight=False)


@knowledge_app.command("list")
def list_documents(as_json: AsJson = False) -> None:
    """List the documents with status, dates, level and region."""
    documents = open_base().documents()
    if as_json:
        print_json([document_to_json(document) for document in documents])
        return
    table = _table("doc_id", "document_no", "level", "region", "effective_from", "status", "superseded_by")
    for d in documents:
        day = str(d.effective_from or "")
        table.add_row(d.doc_id, d.document_no, d.level, d.region, day, d.status, d.superseded_by or "")
    Console().print(table)


@knowledge_app.command()
def remove(doc_id: Annotated[str, typer.Argument(help="As shown by `list`.")]) -> None:
    """Take a document out; it is gone from answers once `build` has run."""
    try:
        open_base().remove(doc_id)
    except KnowledgeError as error:
        raise fail(error) from error
    Console().print(say("reports", "cli.removed", doc_id=escape(doc_id)))


@knowledge_app.command()
def check(as_json: AsJson = False) -> None:
    """List broken citations, expired entries and duplicates. Exits 1 if there are any."""
    try:
        findings = open_base().check()
    except KnowledgeError as error:
        raise fail(error) from error
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        table = _table("kind", "subject", "message")
        for finding in findings:
            table.add_row(finding.kind, finding.subject, finding.message)
        Console().print(table if findings else say("reports", "cli.nothing_found"))
    if findings:
        raise typer.Exit(1)


@knowledge_app.command()
def search(
    question: str,
    region: Region = None,
    as_of: AsOf = None,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many hits.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show the ranked hits of a question: document, article, score, text."""
    try:
        hits = open_base().search(question, region=region, as_of=as_of.date() if as_of else None, k=k)
    except KnowledgeError as error:
        raise fail(error) from error
    if as_json:
        print_json([hit_to_json(hit) for hit in hits])
        return
    table = _table("score", "title", "article", "text")
    for hit in hits:
        article = hit.citation.article or "、".join(source.article for source in hit.sources)
        table.add_row(
            f"{hit.score:.3f}", hit.citation.title, article, hit.citation.text.replace("\n", "")[:80]
        )
    Console().print(table)


def _table(*columns: str) -> Table:
    table = Table()
    for column in columns:
        table.add_column(say("reports", f"columns.{column}"), overflow="fold")
    return table


def _notes(report: IngestionReport) -> list[str]:
    return [say("reports", f"notes.{code}", detail=detail) for code, detail in map(split_note, report.notes)]


def _report_line(report: IngestionReport) -> str:
    if report.refused:
        return f"[red]✗[/red] {escape(report.source_file)}: {say('reports', f'refused.{report.refused}')}"
    notes = "；".join(_notes(report))
    known = escape(f"{report.document.doc_id if report.document else ''}, {report.articles}")
    remark = f" [dim]({escape(notes)})[/dim]" if notes else ""
    return f"[green]✓[/green] {escape(report.source_file)}: {known}{remark}"


def _report_to_json(report: IngestionReport) -> dict[str, Any]:
    return {
        "source_file": report.source_file,
        "document": document_to_json(report.document) if report.document else None,
        "articles": report.articles,
        "notes": _notes(report),
        "refused": say("reports", f"refused.{report.refused}") if report.refused else None,
    }
