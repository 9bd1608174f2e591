"""SQLite files as files: whether somebody has one open, and copies of one that is in use."""

import sqlite3
from pathlib import Path

BUSY_SECONDS = 10.0


def is_in_use(path: Path) -> bool:
    """Say whether another process has the database open; a file that is missing is not in use.

    In WAL mode every connection holds a shared lock on the file for as long as it lives, so the exclusive
    one that this asks for and gives back at once is refused.
    """
    if not path.exists():
        return False
    connection = sqlite3.connect(path, timeout=0.2, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False  # no database at all: nobody can be using it
    finally:
        connection.close()
    return False


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it stands at one moment, while others write to it (SQLite's online backup).

    Raises:
        sqlite3.DatabaseError: the copy is not sound.
    """
    reading = sqlite3.connect(source, timeout=BUSY_SECONDS)
    writing = sqlite3.connect(target)
    try:
        reading.backup(writing)  # all pages in one step: writers go on in the WAL, the copy is of one moment
        writing.execute("PRAGMA journal_mode=DELETE")
        verdict = writing.execute("PRAGMA quick_check").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"the copy of {source} is not sound: {verdict}")
    finally:
        writing.close()
        reading.close()
