"""Rasa's SQL tracker store with every event sealed, so that no citizen's words lie in the open on disk.

Runs in Rasa's environment (SQLAlchemy 1.4) and imports nothing of the rest of the project.
"""

import base64
import hmac
import os
from functools import lru_cache

import sqlalchemy as sa
from cryptography.fernet import Fernet, MultiFernet
from rasa.core.tracker_store import SQLTrackerStore
from sqlalchemy.ext.declarative import declarative_base

KEY_VARIABLE = "HOTLINE_TRACKER_KEY"  # Fernet keys, commas between
FILE_VARIABLE = "HOTLINE_KEY_FILE"  # master keys, one base64 line each: the tracker's keys are derived from them


class SealedText(sa.types.TypeDecorator):
    """Text that is encrypted (Fernet) on its way into the database and decrypted on its way out."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else _cipher().encrypt(value.encode()).decode()

    def process_result_value(self, value, dialect):
        return None if value is None else _cipher().decrypt(value.encode()).decode()


class SealedTrackerStore(SQLTrackerStore):
    """The events of each conversation, readable only with the hotline's keys: the first seals, all open."""

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
    path = os.environ.get(FILE_VARIABLE)
    if not path:
        return MultiFernet([Fernet(key) for key in os.environ[KEY_VARIABLE].split(",")])
    found = os.stat(path)
    return _cipher_of_file(path, found.st_ino, found.st_mtime_ns)


@lru_cache(maxsize=1)
def _cipher_of_file(path, _inode, _changed):
    """Keys of the file as it is now: another inode or time of change means that they were rotated."""
    with open(path, "rb") as file:
        masters = [base64.b64decode(line) for line in file.read().split()]
    derived = [hmac.new(master, b"hotline/rasa-tracker", "sha256").digest() for master in masters]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
