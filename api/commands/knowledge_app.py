"""All `hotline knowledge …` commands together."""

from api.commands.knowledge_documents import knowledge_app
from api.commands.train_embedder import train_embedder

knowledge_app.command("train-embedder")(train_embedder)

__all__ = ["knowledge_app"]
