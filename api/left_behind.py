"""Files of older versions that hold citizens' words and that nothing reads any more."""

from pathlib import Path

import structlog

log = structlog.get_logger()

# Rasa's dialogues, from the time when Rasa kept some (docs/adr/0015), with SQLite's files beside them.
LEFT_BEHIND = ("rasa.db-wal", "rasa.db-shm", "rasa.db-journal", "rasa.db")


def delete_left_behind(folder: Path) -> None:
    """Delete them from the data folder; one log line names what is gone, another what could not be deleted.

    Never raises: a file that resists keeps nobody from calling the hotline.
    """
    deleted, resisting = [], {}
    for name in LEFT_BEHIND:
        try:
            (folder / name).unlink()
            deleted.append(name)
        except FileNotFoundError:
            continue
        except OSError as error:
            resisting[name] = error.strerror
    if deleted:
        log.info("left_behind_deleted", files=deleted)
    if resisting:
        log.error("left_behind_not_deleted", files=resisting, remedy=f"delete them from {folder} by hand")
