"""The caller's address behind proxies: forwarded addresses count only from trusted proxies."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

UNKNOWN: Final = "unknown"
_HOPS_MAX: Final = 20


class ClientAddress:
    """Finds the caller's address. ``trusted`` lists proxies as addresses or networks (CIDR)."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._networks = tuple(ip_network(text, strict=False) for text in trusted)
        self._of = lru_cache(maxsize=4_096)(self._find)

    def of(self, peer: tuple[str, int] | None, forwarded: Sequence[bytes]) -> str:
        """The address of the caller.

        ``peer`` is the other end of the connection, ``forwarded`` the ``X-Forwarded-For`` headers.
        Read from the right, the first address that is not a trusted proxy is the caller. Everything
        left of it comes from the caller and is ignored. IPv6 addresses are cut to their /64,
        because one subscriber holds all of it.
        """
        if peer is None:
            return UNKNOWN
        return self._of(peer[0], b",".join(forwarded) if self._networks else b"")

    def _find(self, peer: str, forwarded: bytes) -> str:
        address = _parse(peer)
        if address is None:
            return UNKNOWN
        hops = forwarded.decode("latin-1").split(",")[-_HOPS_MAX:] if forwarded else []
        while hops and self._is_trusted(address):
            before = _parse(_without_port(hops.pop().strip()))
            if before is None:
                break
            address = before
        return _shown(address)

    def _is_trusted(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


def _without_port(hop: str) -> str:
    """A forwarded address without the port that some proxies add."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _shown(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)
