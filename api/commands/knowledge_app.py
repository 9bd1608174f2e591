"""All `hotline knowledge …` commands together."""

import os
from contextlib import suppress

from api.commands.knowledge_documents import knowledge_app
from api.commands.train_embedder import train_embedder

BEHIND_CALLERS = 10  # nice value: while documents are indexed, whoever asks goes first

knowledge_app.command("train-embedder")(train_embedder)


@knowledge_app.callback()
def _stand_back() -> None:
    """Policy documents, hotline entries and their index."""
    with suppress(OSError):  # already further back, or the system does not allow it
        os.setpriority(os.PRIO_PROCESS, 0, BEHIND_CALLERS)
