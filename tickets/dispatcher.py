"""The dispatcher: sends every event to every case system, each system in threads of its own.

A slow or dead system holds up no other. Several dispatchers, also in several processes, may work on one
database: an event is claimed by one of them at a time.
"""

import os
import secrets
import threading
import time
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import structlog
from sqlalchemy import Engine

from tickets.case_system_table import CaseSystemTable
from tickets.case_systems import CaseSystem, Push
from tickets.courier import Courier, TicketSource
from tickets.deliveries import Deliveries
from tickets.delivery_model import Claim
from tickets.delivery_ports import Sender
from tickets.errors import Unavailable
from tickets.ports import Clock
from tickets.privacy import Sealer
from tickets.retry import STANDARD, Pace, Timing
from tickets.service import utc_now
from tickets.store import SqlTicketStore

log = structlog.get_logger()

POLL = timedelta(seconds=1)
# Beyond the time-out of the exchange: for reading the ticket and noting the outcome on a busy database.
_LEASE_MARGIN = timedelta(minutes=1)


class Dispatcher:
    """Follows the operator's table of case systems and keeps one line of deliveries per system going."""

    def __init__(
        self,
        table: Path,
        deliveries: Deliveries,
        store: TicketSource,
        sender: Sender,
        clock: Clock = utc_now,
        *,
        timing: Timing = STANDARD,
        poll: timedelta = POLL,
    ) -> None:
        """Prepare it; nothing is read before start or run_once.

        Args:
            table: case_systems.yml; it is followed, and while it is wrong the last right one holds.
        """
        self._table = CaseSystemTable(table)
        self._deliveries = deliveries
        self._courier = Courier(deliveries, store, sender, clock)
        self._clock = clock
        self._timing = timing
        self._poll = poll.total_seconds()
        self._lines: dict[str, _Line] = {}
        self._leaving: list[_Line] = []
        self._stopping = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin; does nothing while it is running."""
        if self.running:
            return
        self._stopping.clear()
        self._thread = Thread(target=self._loop, name="dispatcher", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Claim nothing more and let what is under way end, waiting at most so many seconds.

        What does not end in time goes out again later; its receiver knows it by its id.
        """
        deadline = time.monotonic() + timeout
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout)
        lines = [*self._lines.values(), *self._leaving]
        for line in lines:
            line.stop_soon()
        for line in lines:
            line.wait(max(0.0, deadline - time.monotonic()))
        self._lines, self._leaving = {}, []

    @property
    def running(self) -> bool:
        """Say whether the dispatcher's own thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def wake(self) -> None:
        """Look for new events now instead of at the next poll; costs nothing."""
        for line in list(self._lines.values()):
            line.wake()

    def run_once(self) -> int:
        """Send here and now, one after the other, what is due for any system; give the number of attempts."""
        self._follow(start=False)
        return sum(line.run_once() for line in list(self._lines.values()))

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow(start=True)
            except Exception:
                log.exception("dispatcher_failed")
            self._stopping.wait(self._poll)

    def _follow(self, *, start: bool) -> None:
        """Have exactly one line for each system of the table that events are pushed to."""
        systems = {name: system for name, system in self._table.systems().items() if system.push}
        for name, line in list(self._lines.items()):
            if systems.get(name) != line.system:
                line.stop_soon()
                self._leaving.append(self._lines.pop(name))
        self._leaving = [line for line in self._leaving if line.busy]
        for name, system in systems.items():
            if name not in self._lines:
                self._lines[name] = _Line(
                    system, self._deliveries, self._courier, self._clock, self._timing, self._poll
                )
                if start:
                    self._lines[name].start()


class _Line:
    """The deliveries to one case system: one thread that claims, and one for each delivery under way."""

    def __init__(
        self,
        system: CaseSystem,
        deliveries: Deliveries,
        courier: Courier,
        clock: Clock,
        timing: Timing,
        poll: float,
    ) -> None:
        assert system.push
        self.system = system
        self._push: Push = system.push
        self._deliveries = deliveries
        self._courier = courier
        self._clock = clock
        self._pace = Pace(timing)
        self._poll = poll
        self._worker = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lease = timedelta(seconds=self._push.timeout) + _LEASE_MARGIN
        self._registered = False
        self._stopping = Event()
        self._signal = Event()
        self._changed = threading.Condition()
        self._under_way = 0
        self._thread: Thread | None = None

    def start(self) -> None:
        self._thread = Thread(target=self._loop, name=f"deliveries-{self.system.name}", daemon=True)
        self._thread.start()

    def stop_soon(self) -> None:
        self._stopping.set()
        self._signal.set()

    def wait(self, timeout: float) -> None:
        """Wait until nothing is under way any more."""
        deadline = time.monotonic() + timeout
        if self._thread:
            self._thread.join(timeout)
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, max(0.0, deadline - time.monotonic()))

    def wake(self) -> None:
        self._signal.set()

    @property
    def busy(self) -> bool:
        return self._under_way > 0 or (self._thread is not None and self._thread.is_alive())

    def run_once(self) -> int:
        """Send what is due, one after the other; give the number of attempts."""
        attempts = 0
        while self._hand_out():
            pass
        while claims := self._claim(1):
            self._carry(claims[0])
            attempts += 1
        return attempts

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._signal.clear()
            try:
                more = self._round()
            except Unavailable as error:
                more = False
                log.warning("deliveries_postponed", system=self.system.name, error=str(error))
            except Exception:
                more = False
                log.exception("deliveries_failed", system=self.system.name)
            if not more:
                self._signal.wait(self._poll)

    def _round(self) -> bool:
        """Hand out and begin what may begin; says whether there may be more to do at once."""
        handed_out = self._hand_out()
        claims = self._claim(self._push.at_once)
        for claim in claims:
            with self._changed:
                self._under_way += 1
            Thread(
                target=self._carry_beside, args=(claim,), name=f"delivery-{self.system.name}", daemon=True
            ).start()
        return bool(handed_out or claims)

    def _hand_out(self) -> int:
        if not self._registered:
            self._deliveries.register(self.system.name, self._push.start)
            self._registered = True
        return self._deliveries.hand_out(self.system.name)

    def _claim(self, at_once: int) -> list[Claim]:
        free = self._pace.allowance(at_once, self._clock()) - self._under_way
        if free <= 0 or self._stopping.is_set():
            return []
        return self._deliveries.claim(self.system.name, self._worker, self._lease, free)

    def _carry_beside(self, claim: Claim) -> None:
        try:
            self._carry(claim)
        except Exception:
            log.exception("delivery_broke", system=self.system.name)
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()
            self._signal.set()

    def _carry(self, claim: Claim) -> None:
        result = self._courier.carry(self.system, claim)
        if result is not None:
            self._pace.note(result, self._clock())


def open_dispatcher(
    table: Path, engine: Engine, sealer: Sealer, sender: Sender, clock: Clock = utc_now
) -> Dispatcher:
    """Join the real parts, on the same tables as `open_desk`."""
    return Dispatcher(table, Deliveries(engine, clock), SqlTicketStore(engine, sealer), sender, clock)
