"""The `hotline` command. Each file beside this one holds one group of commands."""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from api.commands.priority import stand_back, take_all_cores

# Where each command or group stands. It is imported when it is asked for: a document must reach callers
# within seconds, and loading the libraries of all commands takes longer than publishing it.
COMMANDS = {
    "serve": "serve:serve",
    "train": "train:train",
    "doctor": "doctor:doctor",
    "ask": "ask:ask",
    "knowledge": "knowledge_app:knowledge_app",
    "evaluate": "evaluate:evaluate_app",
    "danger": "danger:danger_app",
    "tickets": "tickets:tickets_app",
    "deliveries": "deliveries:deliveries_app",
    "suggestions": "suggestions:suggestions_app",
    "figures": "figures:figures",
    "users": "accounts:users_app",
    "keys": "accounts:keys_app",
    "privacy": "privacy:privacy_app",
    "backup": "backup:backup",
    "restore": "backup:restore",
}


class _Commands(TyperGroup):
    """Finds commands in COMMANDS."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"api.commands.{module}"), name)
        if not isinstance(found, typer.Typer):
            single = typer.Typer()
            single.command()(found)
            found = single
        command = get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback(help="社会救助热线 · the relief hotline")
def _hotline() -> None:
    """Every command stands in a file of its own."""


def main() -> None:
    """What `hotline` runs."""
    if sys.argv[1:2] == ["knowledge"]:
        stand_back()  # before the libraries are loaded
        if sys.argv[2:3] in (["build"], ["train-embedder"]):
            take_all_cores()
    app()
