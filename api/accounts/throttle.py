"""Slows down who tries passwords out (OWASP ASVS 5.0, 6.3.1)."""

import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable

from api.accounts.names import name_key

NAME_TRIES = 5
# A whole office may share one address, and each of its people mistypes now and then.
ADDRESS_TRIES = 30
WINDOW = 300.0  # seconds


class SignIns:
    """Counts sign-ins that failed, by account name and by network address: neither one password tried on many
    names nor many passwords on one name goes far.

    A try counts before its password is looked at, so that many at once are not more than the limit. One
    process remembers for itself; a restart forgets.
    """

    def __init__(
        self,
        name_tries: int = NAME_TRIES,
        address_tries: int = ADDRESS_TRIES,
        window: float = WINDOW,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._names = SignInThrottle(name_tries, window, clock)
        self._addresses = SignInThrottle(address_tries, window, clock)

    def attempt(self, name: str, address: str) -> float:
        """Count a try and give 0; or give the seconds to wait, and the password must not be looked at."""
        network = _network(address)
        if wait := self._addresses.attempt(network):
            return wait
        if wait := self._names.attempt(name):
            self._addresses.take_back(network)
            return wait
        return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """The password was right: the name starts afresh; the address has all its other tries still counted,
        for whoever attacks may have an account too."""
        self._names.succeeded(name)
        self._addresses.take_back(_network(address))


def _network(address: str) -> str:
    """One line of IPv6 has 2^64 addresses to itself: its /64 is what is counted."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


class SignInThrottle:
    """Counts wrong passwords per account name: `limit` of them within `window` seconds close it for a while.

    One process remembers for itself; a restart forgets. Names that do not exist are counted the same way, so
    nobody learns from it which ones do.
    """

    def __init__(
        self,
        limit: int = 5,
        window: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
        names: int = 10_000,
    ) -> None:
        self._limit = limit
        self._window = window
        self._clock = clock
        self._names = names
        self._failures: dict[str, deque[float]] = {}
        self._guard = threading.Lock()

    def wait(self, name: str) -> float:
        """Seconds until this name may be tried again; 0 when it may now."""
        with self._guard:
            failures = self._recent(name)
            return failures[0] + self._window - self._clock() if len(failures) >= self._limit else 0.0

    def failed(self, name: str) -> None:
        """Count a wrong password."""
        with self._guard:
            self._count(name, self._recent(name))

    def attempt(self, name: str) -> float:
        """Count a try and give 0; or, counting nothing, give the seconds to wait."""
        with self._guard:
            failures = self._recent(name)
            if len(failures) >= self._limit:
                return failures[0] + self._window - self._clock()
            self._count(name, failures)
            return 0.0

    def take_back(self, name: str) -> None:
        """Uncount the newest try."""
        with self._guard:
            failures = self._recent(name)
            if failures:
                failures.pop()

    def succeeded(self, name: str) -> None:
        """Forget the wrong passwords of a name."""
        with self._guard:
            self._failures.pop(name_key(name), None)

    def _count(self, name: str, failures: deque[float]) -> None:
        failures.append(self._clock())
        self._failures.pop(name_key(name), None)
        self._failures[name_key(name)] = failures
        if len(self._failures) > self._names:
            # Made-up names must not fill the memory: the one that failed longest ago goes.
            del self._failures[next(iter(self._failures))]

    def _recent(self, name: str) -> deque[float]:
        failures = self._failures.get(name_key(name), deque())
        while failures and failures[0] <= self._clock() - self._window:
            failures.popleft()
        return failures
