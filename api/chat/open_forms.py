"""Open forms in the database, sealed: what conversations are in the middle of."""

import json
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    ForeignKey,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from actions.forms import OpenForm
from api.chat.tables import aware, metadata
from tickets.database import writing
from tickets.privacy import Sealer

open_forms = Table(
    "open_forms",
    metadata,
    Column("conversation_id", String(40), ForeignKey("conversations.id"), primary_key=True),
    Column("name", String(20), nullable=False),
    Column("asked", String(20), nullable=False),
    Column("content_sealed", Text, nullable=False),
    Column("heard", String(40), nullable=False),
    Column("act", String(20), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)


class SqlOpenForms:
    """An OpenForms on the conversations' database. `clock` gives timezone-aware instants."""

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock

    def get(self, conversation_id: str) -> OpenForm | None:
        query = select(open_forms).where(open_forms.c.conversation_id == conversation_id)
        with self._engine.connect() as db:
            row = db.execute(query).first()
        if row is None:
            return None
        content = json.loads(self._sealer.open(row.content_sealed))
        return OpenForm(row.name, row.asked, content, row.heard, row.act, aware(row.updated_at))

    def put(self, conversation_id: str, form: OpenForm) -> None:
        values = {
            "name": form.name,
            "asked": form.asked,
            "content_sealed": self._sealer.seal(json.dumps(form.content, ensure_ascii=False)),
            "heard": form.heard,
            "act": form.act,
            "updated_at": self._clock(),
        }
        here = open_forms.c.conversation_id == conversation_id
        with writing(self._engine) as db:
            if not db.execute(update(open_forms).where(here).values(values)).rowcount:
                db.execute(insert(open_forms).values(conversation_id=conversation_id, **values))

    def close(self, conversation_id: str) -> None:
        with writing(self._engine) as db:
            db.execute(delete(open_forms).where(open_forms.c.conversation_id == conversation_id))
