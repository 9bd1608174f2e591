"""`hotline knowledge train-embedder`: trains the small embedding model from scratch."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

import knowledge
from knowledge.errors import KnowledgeError

CORPUS = Path(knowledge.__file__).parent / "corpus"


def train_embedder(
    laws: Annotated[
        Path,
        typer.Option(exists=True, file_okay=False, help="Folder of Markdown laws to learn from; any field."),
    ] = CORPUS / "laws",
    domain: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Laws of the hotline's own field, weighted up.")
    ] = CORPUS / "laws",
    entries: Annotated[
        Path,
        typer.Option(exists=True, file_okay=False, help="Hotline entries whose questions are learnt from."),
    ] = CORPUS / "entries",
    asked: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Questions by article, learnt from as well.")
    ] = CORPUS / "asked",
    out: Annotated[Path, typer.Option(help="Folder for the packed model.")] = Path("var/models/static"),
    steps: Annotated[int, typer.Option(min=1, help="Training steps of 1,024 pairs.")] = 1000,
    dims: Annotated[int, typer.Option(min=8, help="Length of a vector.")] = 128,
    seed: Annotated[int, typer.Option(help="The same seed and texts give the same model.")] = 7,
) -> None:
    """Train the small embedding model on law texts, the lexicon and the entries' questions."""
    # Here, so that the other commands need not load torch.
    from knowledge.embedding.recipe import Sources, train_and_pack
    from knowledge.embedding.training import TrainingPlan

    columns = *Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn()
    try:
        with Progress(*columns) as bar:
            tasks = {phase: bar.add_task(phase, total=None) for phase in ("read", "train")}
            made = train_and_pack(
                Sources(laws, domain, entries, asked),
                out,
                TrainingPlan(dims=dims, steps=steps, seed=seed),
                lambda phase, done, total: bar.update(tasks[phase], completed=done, total=total),
            )
    except (KnowledgeError, ValueError) as error:
        typer.echo(f"hotline: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(
        f"{out}: {made.features:,} features x {dims}, from {made.articles:,} articles "
        f"({made.domain_articles:,} of the field), {made.expressions:,} expressions in {made.groups} groups, "
        f"{made.questions:,} questions; loss {made.last_loss:.3f}"
    )
