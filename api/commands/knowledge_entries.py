"""`hotline knowledge entries list|show|add|remove|off`: the office's own entries, without the console.

Whoever can run commands on this machine answers for what they add: nobody else is asked to approve it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.markup import escape

from api.commands import knowledge_base as shared
from api.commands.knowledge import knowledge_app
from api.commands.knowledge_base import AsJson, NoBuild, fail, print_json, table
from knowledge.curation import Curator
from knowledge.derived import NOTHING_KEPT
from knowledge.entry_curation import EntryStanding
from knowledge.errors import BadEntry, KnowledgeError
from knowledge.model import HotlineEntry
from knowledge.own_entries import entry_to_plain, own_entry
from knowledge.texts import say
from knowledge.yaml_files import data_of

entries_app = typer.Typer(
    help="Hotline entries: those that ship, and the office's own.", no_args_is_help=True
)
knowledge_app.add_typer(entries_app, name="entries")

EntryId = Annotated[str, typer.Argument(metavar="ID", help="As shown by `entries list`.")]


@entries_app.command("list")
def list_entries(
    own: Annotated[bool, typer.Option("--own", help="Only the office's own and those switched off.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the entries with their place, day of review and origin."""
    found = [one for one in _all() if not own or one.own or one.switched_off]
    if as_json:
        print_json([_to_json(one) for one in found])
        return
    rows = table("entry_id", "title", "region", "reviewed_on", "origin")
    for one in found:
        where = say("reports", f"entries.origins.{_origin(one)}")
        entry = one.entry
        rows.add_row(one.id, escape(entry.title), entry.region, str(entry.reviewed_on), where)
    Console().print(rows)


@entries_app.command()
def show(entry_id: EntryId) -> None:
    """Print one entry as a file holds it: to be changed and added again."""
    try:
        entry = shared.open_curator().entries.find(entry_id).entry
    except KnowledgeError as error:
        raise fail(error) from error
    plain = entry_to_plain(entry) | {"reviewed_on": entry.reviewed_on}
    typer.echo(yaml.safe_dump({"entries": [plain]}, allow_unicode=True, sort_keys=False), nl=False)


@entries_app.command()
def add(
    file: Annotated[Path, typer.Argument(help="YAML with a list under `entries`.")], no_build: NoBuild = False
) -> None:
    """Put the entries of a file in use, each in place of what has its id."""
    curator = shared.open_curator()
    try:
        entries = read_entries(file)
        curator.entries.apply(put=entries)
        _publish(curator, no_build, ["entries", *(entry.id for entry in entries)])
    except KnowledgeError as error:
        raise fail(error) from error
    Console().print(say("reports", "entries.added", count=len(entries)))


@entries_app.command()
def remove(entry_id: EntryId, no_build: NoBuild = False) -> None:
    """Take the office's own entry, or its switching off, back; a shipped one of that id counts again."""
    _change({"drop": [entry_id]}, no_build, entry_id, "removed")


@entries_app.command()
def off(entry_id: EntryId, no_build: NoBuild = False) -> None:
    """Let an entry answer no more."""
    _change({"off": [entry_id]}, no_build, entry_id, "switched_off")


def _change(how: dict[str, list[str]], no_build: bool, entry_id: str, told: str) -> None:
    curator = shared.open_curator()
    try:
        curator.entries.apply(**how)  # pyright: ignore[reportArgumentType]
        _publish(curator, no_build, ["entries", entry_id])
    except KnowledgeError as error:
        raise fail(error) from error
    Console().print(say("reports", f"entries.{told}", entry_id=escape(entry_id)))


def _publish(curator: Curator, no_build: bool, cause: list[str]) -> None:
    if not no_build:
        shared.publish(curator, cause)


def read_entries(file: Path) -> list[HotlineEntry]:
    """The entries of a YAML file.

    Raises:
        BadEntry: it cannot be read, is not YAML, or an entry breaks the form or stands twice.
    """
    try:
        data = data_of({file.name: file.read_text("utf-8")}, NOTHING_KEPT, "entries")[file.name]
    except (OSError, ValueError) as error:
        raise BadEntry(f"{file}: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("entries"), list) or not data["entries"]:
        raise BadEntry(f"{file}: expected a list under the key 'entries'")
    entries = [own_entry(raw, f"{file.name}, entry {n}") for n, raw in enumerate(data["entries"], start=1)]
    if len({entry.id for entry in entries}) < len(entries):
        raise BadEntry(f"{file}: an id stands twice")
    return entries


def _all() -> list[EntryStanding]:
    try:
        return shared.open_curator().entries.all()
    except KnowledgeError as error:
        raise fail(error) from error


def _origin(one: EntryStanding) -> str:
    if one.switched_off:
        return "switched_off"
    return "shipped" if one.own is None else "instead" if one.shipped else "own"


def _to_json(one: EntryStanding) -> dict[str, Any]:
    return entry_to_plain(one.entry) | {"origin": _origin(one)}
