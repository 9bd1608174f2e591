"""`hotline danger …`: trains the danger screen's classifier, measures the screen, and says why it alarms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.chat.danger import DangerScreen, danger_phrases
from api.chat.danger_model import SHIPPED_MODEL
from api.chat.danger_model.checking import Check, check, read_labelled
from api.chat.danger_model.explaining import explain
from api.chat.danger_model.reporting import report
from api.chat.danger_model.training import EXAMPLES, read_examples, train
from knowledge.normalisation import searchable

danger_app = typer.Typer(
    no_args_is_help=True, help="The danger screen: its classifier, its figures, its reasons."
)


@danger_app.command("train")
def train_classifier(
    examples: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Folder of YAML files of rows {kind, text}.")
    ] = EXAMPLES,
    out: Annotated[Path, typer.Option(help="Folder that the model and its manifest go to.")] = SHIPPED_MODEL,
) -> None:
    """Train the classifier from the labelled examples, in a few minutes; same examples, same model."""
    rules = DangerScreen(danger_phrases(), searchable, None)
    try:
        learned = read_examples(examples)
    except ValueError as error:
        typer.echo(f"hotline: {error}. Mend that row and train again.", err=True)
        raise typer.Exit(1) from error
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(f"{len(learned)} examples")
        model, judged, odds = train(learned, rules.rule_counts)
        manifest = report(learned, model, judged, odds, rules)
    model.save(out, manifest)
    typer.echo(json.dumps({key: manifest[key] for key in ("examples", "left_out")}, ensure_ascii=False))
    typer.echo(f"Saved: {out}. Restart the hotline to use it.")


@danger_app.command("check")
def check_screen(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="YAML rows {kind, text} or JSON lines.")
    ],
    misses: Annotated[
        bool, typer.Option("--misses", help="List what was missed and what alarmed wrongly.")
    ] = False,
    rules_alone: Annotated[bool, typer.Option("--rules-alone", help="Without the classifier.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Measure recall and false alarms of the whole screen on labelled messages."""
    screen = DangerScreen(danger_phrases(), searchable, None if rules_alone else SHIPPED_MODEL)
    try:
        examples = read_labelled(file)
    except ValueError as error:
        typer.echo(f"hotline: {error}. Mend that row and check again.", err=True)
        raise typer.Exit(1) from error
    checked = check(examples, lambda text: danger.kind if (danger := screen.look(text)) else None)
    listed = [{"text": e.text, "kind": e.kind, "taken_for": guess} for e, guess in checked.misses]
    if as_json:
        typer.echo(json.dumps({**checked.figures(), "misses": listed if misses else []}, ensure_ascii=False))
        return
    Console().print(_table(checked))
    for row in listed if misses else ():
        typer.echo(f"{row['kind'] or '-':24} → {row['taken_for'] or '-':24} {row['text']}")


@danger_app.command("explain")
def explain_message(
    text: Annotated[str, typer.Argument(help="A message of a citizen.")],
    before: Annotated[
        list[str] | None, typer.Option(help="What she said just before; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Say what the screen makes of a message: rules that fired, words that weighed, like examples."""
    explanation = explain(
        DangerScreen(danger_phrases(), searchable), text, tuple(before or ()), read_examples()
    )
    if as_json:
        typer.echo(json.dumps(explanation.as_dict(), ensure_ascii=False))
        return
    for name, value in explanation.as_dict().items():
        for line in value if isinstance(value, list) else [value]:
            typer.echo(f"{name.replace('_', ' '):14} {'-' if line is None else line}")


def _table(checked: Check) -> Table:
    figures = checked.figures()
    table = Table("kind", "seen", "of", title=f"{figures['messages']} messages")
    for kind, (seen, all_of) in figures["by_kind"].items():
        table.add_row(kind, str(seen), str(all_of))
    table.add_section()
    table.add_row("recall", f"{checked.recall:.3f}", "")
    table.add_row("kind right among seen", f"{figures['kind_right']:.3f}", "")
    table.add_row("false alarms", f"{checked.false_alarms:.3f}", "")
    return table
