"""The `hotline` command. Each file beside this one holds one group of commands."""

import typer

from api.commands import accounts, doctor, serve, train
from api.commands.ask import ask
from api.commands.evaluate import evaluate_app
from api.commands.knowledge import knowledge_app
from api.commands.tickets import tickets_app
from api.commands.train_embedder import train_embedder

app = typer.Typer(
    help="社会救助热线 · the relief hotline", no_args_is_help=True, pretty_exceptions_enable=False
)
app.command()(serve.serve)
app.command()(train.train)
app.command()(doctor.doctor)
app.command()(ask)
knowledge_app.command("train-embedder")(train_embedder)
app.add_typer(knowledge_app, name="knowledge")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(tickets_app, name="tickets")
app.add_typer(accounts.users_app, name="users")
app.add_typer(accounts.keys_app, name="keys")
