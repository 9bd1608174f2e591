"""Which characters a citizen reads may change in the middle of a talk."""

from sqlalchemy import Engine, update

from api.chat.tables import conversations


def read_in(engine: Engine, conversation_id: str, script: str) -> None:
    """From now on everything said in this conversation, what was said before too, is given in `script`."""
    with engine.begin() as db:
        db.execute(update(conversations).where(conversations.c.id == conversation_id).values(script=script))
