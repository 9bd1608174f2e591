"""Ends the guessing of phone tails: four digits are tried out in an afternoon when nobody counts."""

from api.accounts.throttle import SignInThrottle

WINDOW = 900.0  # seconds


class Guesses:
    """Counts wrong tails by ticket number and by network address, on the page and in all talks together.

    `limit` of them within 15 minutes close the number, or the address, until the first is 15 minutes old;
    0 allows any number. One process remembers for itself.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._numbers = SignInThrottle(max(limit, 1), WINDOW)
        self._addresses = SignInThrottle(max(limit, 1), WINDOW)

    def wait(self, number: str, address: str | None = None) -> float:
        """Seconds until this number may be asked for from this address; 0 when it may be now."""
        if not self._limit:
            return 0.0
        by_address = self._addresses.wait(address) if address else 0.0
        return max(self._numbers.wait(number), by_address)

    def missed(self, number: str, address: str | None = None) -> None:
        """Count a wrong number or tail."""
        self._numbers.failed(number)
        if address:
            self._addresses.failed(address)
