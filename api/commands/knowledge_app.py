"""All `hotline knowledge …` commands together."""

from api.commands.knowledge_calibrate import calibrate
from api.commands.knowledge_documents import knowledge_app
from api.commands.knowledge_entries import entries_app  # noqa: F401  joins knowledge_app
from api.commands.knowledge_feedback import feedback  # noqa: F401  joins knowledge_app
from api.commands.knowledge_unanswered import unanswered  # noqa: F401  joins knowledge_app
from api.commands.train_embedder import train_embedder

knowledge_app.command("train-embedder")(train_embedder)
knowledge_app.command()(calibrate)

__all__ = ["knowledge_app"]
