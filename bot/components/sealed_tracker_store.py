"""Rasa's SQL tracker store with every event sealed, so that no citizen's words lie in the open on disk.

Runs in Rasa's environment (SQLAlchemy 1.4) and imports nothing of the rest of the project.
"""

import os

import sqlalchemy as sa
from cryptography.fernet import Fernet
from rasa.core.tracker_store import SQLTrackerStore
from sqlalchemy.ext.declarative import declarative_base

KEY_VARIABLE = "HOTLINE_TRACKER_KEY"


class SealedText(sa.types.TypeDecorator):
    """Text that is encrypted (Fernet) on its way into the database and decrypted on its way out."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else _cipher().encrypt(value.encode()).decode()

    def process_result_value(self, value, dialect):
        return None if value is None else _cipher().decrypt(value.encode()).decode()


class SealedTrackerStore(SQLTrackerStore):
    """The events of each conversation, readable only with the key in HOTLINE_TRACKER_KEY."""

    Base = declarative_base()

    class SQLEvent(Base):
        __tablename__ = "events"

        id = sa.Column(sa.Integer, primary_key=True)
        sender_id = sa.Column(sa.String(255), nullable=False, index=True)
        type_name = sa.Column(sa.String(255), nullable=False)
        timestamp = sa.Column(sa.Float)
        intent_name = sa.Column(sa.String(255))
        action_name = sa.Column(sa.String(255))
        data = sa.Column(SealedText)


def _cipher():
    return Fernet(os.environ[KEY_VARIABLE])
