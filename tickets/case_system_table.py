"""The table of case systems as a running process sees it."""

import time
from pathlib import Path

import structlog

from tickets.case_systems import CaseSystem, load_case_systems
from tickets.errors import TicketError

log = structlog.get_logger()

# Secrets may lie in files of their own, whose change the table's file does not show.
_READ_AGAIN_SECONDS = 60.0


class CaseSystemTable:
    """The operator's case_systems.yml, followed while it changes: as it was when it was last right."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._systems: dict[str, CaseSystem] = {}
        self._seen: object = ()
        self._trouble: str | None = None
        self._read_at = 0.0

    def systems(self) -> dict[str, CaseSystem]:
        """Give the case systems, read again when the file has changed, and once a minute."""
        now = time.monotonic()
        stamp = self._stamp()
        if stamp == self._seen and now - self._read_at < _READ_AGAIN_SECONDS:
            return self._systems
        self._seen, self._read_at = stamp, now
        try:
            read, trouble = load_case_systems(self._path), None
        except (TicketError, OSError) as error:
            read, trouble = self._systems, str(error)
        if trouble and trouble != self._trouble:
            log.error("case_systems_wrong", error=trouble)
        elif read != self._systems:
            log.info("case_systems_read", systems=sorted(read))
        self._systems, self._trouble = read, trouble
        return self._systems

    def get(self, name: str) -> CaseSystem | None:
        """Give one case system by its name, or None."""
        return self.systems().get(name)

    def _stamp(self) -> object:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
