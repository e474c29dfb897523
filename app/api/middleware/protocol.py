"""Refuses requests that violate HTTP, before anything else handles them."""

from collections.abc import Sequence
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.errors import AmbiguousLength, HeaderRepeated, HostRefused, PathNotFound

# Two lines of such a header contradict each other, and each reader may take another one.
_SINGLE: Final = frozenset(
    {b"host", b"authorization", b"content-type", b"idempotency-key", b"if-match", b"range"}
)
_READ: Final = _SINGLE | {b"content-length", b"transfer-encoding"}


class ProtocolGuard:
    """Checks host, framing and headers that may stand only once.

    ``allowed_hosts`` are exact names, or ``*.example.com`` for every name below; ``*`` alone
    allows all (development).
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Sequence[str] = ("*",)) -> None:
        self._app = app
        self._any_host = "*" in allowed_hosts
        names = [host.lower() for host in allowed_hosts]
        self._exact = frozenset(name for name in names if not name.startswith("*"))
        self._endings = tuple(name[1:] for name in names if name.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._check(scope)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        seen: dict[bytes, bytes] = {}
        repeated = None
        for name, value in scope["headers"]:
            if name in _READ:
                if name in seen and name in _SINGLE:
                    repeated = name
                seen[name] = value
        if b"content-length" in seen and b"transfer-encoding" in seen:
            raise AmbiguousLength
        if repeated is not None:
            raise HeaderRepeated(header=repeated.decode("ascii").title())
        if not (self._any_host or self._is_allowed(seen.get(b"host", b""))):
            raise HostRefused
        if "\0" in scope["path"]:
            raise PathNotFound

    def _is_allowed(self, value: bytes) -> bool:
        name = value.decode("latin-1").lower()
        if not name.endswith("]"):  # a bare IPv6 address contains colons
            name = name.rpartition(":")[0] or name
        return name in self._exact or bool(self._endings and name.endswith(self._endings))
