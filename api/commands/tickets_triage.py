"""`hotline tickets train-triage`: learns triage again, with what agents have corrected."""

from pathlib import Path
from typing import Annotated

import typer

from api.settings import Settings
from tickets.errors import TicketError
from tickets.triage_model import SHIPPED_MODEL, UnreadableModel, load_model
from tickets.triage_model.checking import TriageFigures, is_not_worse, measure
from tickets.triage_model.training import CHECK_FILE, read_corrections, read_examples, train


def train_triage(
    corrections: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="JSON lines of text (masked), category and urgency."),
    ] = None,
) -> None:
    """Train triage from the shipped examples and the desk's corrections; takes about half a minute.

    The new model is used from the next start on, unless it judges the check sentences worse than the old one.
    """
    try:
        corrected = read_corrections(corrections) if corrections else []
    except TicketError as error:
        typer.echo(f"hotline: {error}. Mend that line and train again.", err=True)
        raise typer.Exit(1) from error
    own = Settings().triage_model_path
    check = read_examples(CHECK_FILE)
    new_model = train(read_examples(), corrected)
    try:
        present = load_model(own if own.exists() else SHIPPED_MODEL)
    except UnreadableModel:
        present = load_model(SHIPPED_MODEL)
    old, new = measure(check, present), measure(check, new_model)
    typer.echo(f"Corrections: {len(corrected)}")
    typer.echo(f"Now:         {_told(old)}")
    typer.echo(f"Trained:     {_told(new)}")
    if not is_not_worse(new, old):
        typer.echo(
            "hotline: the trained model is worse; the present one stays. Look the corrections over.", err=True
        )
        raise typer.Exit(1)
    new_model.save(own)
    typer.echo(f"Saved: {own}. Restart the hotline to use it.")


def _told(figures: TriageFigures) -> str:
    return (
        f"category {figures.right_categories}/{figures.messages}, "
        f"urgency {figures.right_urgencies}/{figures.messages}, urgent found {figures.urgent_found}"
    )
