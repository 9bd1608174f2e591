"""Which addresses a case system may be reached at, so that no URL leads into our own machines (SSRF).

A name is looked up once, every address it has must be allowed, and the connection goes to exactly those: a
name that answers something else a moment later (DNS rebinding) changes nothing. OWASP, Server-Side Request
Forgery Prevention; Standard Webhooks 1.0.0, "Server side request forgery".
"""

import queue
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int, float], Sequence[str]]
"""(host, port, seconds) → addresses as text; raises NoAddress."""

# Not for use across the internet: IANA IPv4 Special-Purpose Address Registry (RFC 6890), multicast, and the
# one public address behind which a cloud keeps its own services (168.63.129.16, Azure WireServer).
_RESERVED = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
            # Inside 2000::/3: protocol assignments with Teredo, documentation, 6to4.
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ),
    )
)  # fmt: skip
# Global unicast (RFC 4291, 2.4). Everything outside is loopback, link-local, unique local, multicast, or
# holds an IPv4 address: mapped (::ffff:0:0/96), compatible (::/96), NAT64 (64:ff9b::/96, 64:ff9b:1::/48).
_GLOBAL_IPV6 = ip_network("2000::/3")


class NoAddress(Exception):
    """The name has no address, or none was told in time."""


class RefusedAddress(Exception):
    """The URL leads where case systems must not be reached; the text names host and address."""


def is_public(address: Address) -> bool:
    """Say whether an address is one of the public internet."""
    if address.version == 6 and address not in _GLOBAL_IPV6:
        return False
    return not any(address in network for network in _RESERVED if network.version == address.version)


def look_up(host: str, port: int, seconds: float) -> list[str]:
    """Ask the system's resolver, for so many seconds at the most (it has no limit of its own).

    Raises:
        NoAddress: the name is unknown, or the answer did not come in time.
    """
    answer: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put(list(dict.fromkeys(str(each[4][0]) for each in found)))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        result = answer.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        raise NoAddress(f"the address of {host} was not found within {seconds:.0f} s") from None
    if isinstance(result, Exception):
        raise NoAddress(f"{host} has no address; check the name and this machine's DNS") from result
    return result


@dataclass(frozen=True)
class NetworkGuard:
    """Says where a connection may go.

    Attributes:
        networks: what the operator named; addresses in them are allowed whatever they are.
        public: whether public addresses are allowed as well; False for plain http, which nobody may overhear.
    """

    networks: tuple[Network, ...] = ()
    public: bool = True
    look_up: Resolver = look_up

    def addresses(self, host: str, port: int, seconds: float) -> tuple[Address, ...]:
        """Look a host up and give its addresses, all of them allowed, in the resolver's order.

        Raises:
            NoAddress: it has none.
            RefusedAddress: at least one of them is not allowed.
        """
        found = tuple(map(ip_address, self.look_up(host, port, seconds)))
        if not found:
            raise NoAddress(f"{host} has no address; check the name and this machine's DNS")
        for address in found:
            if not self.allows(address):
                raise RefusedAddress(self._refusal(host, address))
        return found

    def allows(self, address: Address) -> bool:
        """Say whether a connection to this address may be made."""
        named = any(address in each for each in self.networks if each.version == address.version)
        return named or (self.public and is_public(address))

    def _refusal(self, host: str, address: Address) -> str:
        where = host if host == str(address) else f"{host} leads to {address}, which"
        if not self.public and is_public(address):
            return f"{where} is outside the networks named for this case system, and plain http stays inside"
        return f"{where} is not a public address; if it is right, name its network under networks"
