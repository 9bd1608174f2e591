"""All `hotline tickets …` commands together."""

import typer

from api.commands.tickets_changing import add_words, correct, file_ticket, link, move, split, unlink
from api.commands.tickets_drop import drop
from api.commands.tickets_reading import (
    corrections,
    due,
    export,
    list_disclosures,
    list_moves,
    list_tickets,
    show_ticket,
)
from api.commands.tickets_triage import train_triage

tickets_app = typer.Typer(help="Tickets: look at them, work on them, hand them out.", no_args_is_help=True)

for name, command in {
    "list": list_tickets,
    "due": due,
    "show": show_ticket,
    "file": file_ticket,
    "moves": list_moves,
    "move": move,
    "correct": correct,
    "add-words": add_words,
    "split": split,
    "link": link,
    "unlink": unlink,
    "disclosures": list_disclosures,
    "export": export,
    "drop": drop,
    "corrections": corrections,
    "train-triage": train_triage,
}.items():
    tickets_app.command(name)(command)
