"""`hotline knowledge …` for what is in use: list, show, check, search, build, generations, rollback."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from api.commands import knowledge_base as shared
from api.commands.knowledge_base import AsJson, AsOf, DocId, Region, fail, print_json, table
from knowledge.errors import KnowledgeError, UnknownDocument
from knowledge.texts import say
from knowledge.wire import document_to_json, hit_to_json

knowledge_app = typer.Typer(help="Policy documents, hotline entries and their index.", no_args_is_help=True)


@knowledge_app.command()
def build(
    as_json: AsJson = False,
    if_stale: Annotated[
        bool, typer.Option("--if-stale", help="Only if documents or entries have changed.")
    ] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Compute unchanged rows again too.")] = False,
) -> None:
    """Build the index from all documents and entries; the old one stays in use until the new one is whole."""
    curator = shared.open_curator()
    try:
        if if_stale and curator.is_current():
            typer.echo(say("reports", "cli.current", generation=curator.generation))
            return
        report = shared.publish(curator, ["build"], anew=anew)
    except KnowledgeError as error:
        raise fail(error) from error
    if as_json:
        print_json(vars(report))
    else:
        Console().print(say("reports", "cli.built", **vars(report)), highlight=False)


@knowledge_app.command()
def generations(as_json: AsJson = False) -> None:
    """List the index generations that are kept, newest first, and which one is in use."""
    found = shared.open_curator().generations()
    if as_json:
        print_json([vars(report) for report in found])
        return
    rows = table("current", "generation", "built_at", "documents", "articles", "cause")
    for g in found:
        mark = say("reports", "cli.current_mark") if g.current else ""
        rows.add_row(mark, g.name, g.built_at, str(g.documents), str(g.articles), escape(g.cause))
    Console().print(rows)


@knowledge_app.command()
def rollback(
    generation: Annotated[str | None, typer.Argument(help="As shown by `generations`.")] = None,
) -> None:
    """Go back to the generation before the one in use, or to the one named, with its documents."""
    try:
        report = shared.open_curator().roll_back(generation)
    except KnowledgeError as error:
        raise fail(error) from error
    told = {"generation": report.name, "built_at": report.built_at, "documents": report.documents}
    Console().print(say("reports", "cli.rolled_back", **told), highlight=False)


@knowledge_app.command("list")
def list_documents(as_json: AsJson = False) -> None:
    """List the documents with status, dates, level and region."""
    try:
        documents = shared.open_curator().documents()
    except KnowledgeError as error:
        raise fail(error) from error
    if as_json:
        print_json([document_to_json(document) for document in documents])
        return
    rows = table(
        "doc_id", "document_no", "level", "region", "effective_from", "repealed_on", "status", "superseded_by"
    )
    for d in documents:
        days = [str(day or "") for day in (d.effective_from, d.repealed_on)]
        rows.add_row(d.doc_id, d.document_no, d.level, d.region, *days, d.status, d.superseded_by or "")
    Console().print(rows)


@knowledge_app.command()
def show(
    doc_id: DocId,
    article: Annotated[str | None, typer.Option(help="One article in full, such as 第十一条.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a document: what is known of it, what was corrected, and its articles."""
    curator = shared.open_curator()
    try:
        library = curator.library()
        document = next((d for d in library.documents if d.doc_id == doc_id), None)
        if document is None:
            raise UnknownDocument(f"no document {doc_id!r}")
        corrections = curator.corrections(doc_id)
    except KnowledgeError as error:
        raise fail(error) from error
    articles = [a for a in library.articles[doc_id] if article in (None, a.article)]
    if as_json:
        texts = [{"article": a.article, "path": a.path, "text": a.text} for a in articles]
        print_json(
            document_to_json(document)
            | {"corrections": [c.to_json() for c in corrections], "articles": texts}
        )
        return
    console = Console(highlight=False, soft_wrap=True)
    for field, value in document_to_json(document).items():
        console.print(f"{say('reports', f'columns.{field}')}：{escape(str(value or ''))}")
    for c in corrections:
        values = {"field": say("reports", f"columns.{c.field}"), "value": c.value, "by": c.by, "on": c.on}
        console.print(escape(say("reports", "cli.correction", reason=c.reason, **values)))
    for a in articles:
        text = a.text if article else a.text.replace("\n", "")[:60]
        console.print(escape(f"{' / '.join(a.path)} {text}".strip()))


@knowledge_app.command()
def check(as_json: AsJson = False) -> None:
    """List broken citations, expired entries and duplicates. Exits 1 if there are any."""
    try:
        findings = shared.open_curator().check()
    except KnowledgeError as error:
        raise fail(error) from error
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        rows = table("kind", "subject", "message")
        for finding in findings:
            rows.add_row(finding.kind, finding.subject, finding.message)
        Console().print(rows if findings else say("reports", "cli.nothing_found"))
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
        base = shared.open_base()
        hits = base.search(question, region=region, as_of=as_of.date() if as_of else None, k=k)
    except KnowledgeError as error:
        raise fail(error) from error
    if as_json:
        print_json([hit_to_json(hit) for hit in hits])
        return
    rows = table("score", "title", "article", "status", "text")
    for hit in hits:
        found = hit.citation
        article = found.article or "、".join(source.article for source in hit.sources)
        text = found.text.replace("\n", "")[:80]
        rows.add_row(f"{hit.score:.3f}", found.title, article, found.status, text)
    Console().print(rows)
