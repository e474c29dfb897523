"""Refuses requests that violate HTTP, before anything else handles them."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.errors import AmbiguousLength, HostRefused, PathNotFound


class ProtocolGuard:
    """Checks host and framing.

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
        hosts = []
        length = encoding = False
        for name, value in scope["headers"]:
            if name == b"host":
                hosts.append(value)
            elif name == b"content-length":
                length = True
            elif name == b"transfer-encoding":
                encoding = True
        if length and encoding:
            raise AmbiguousLength
        if not self._any_host and (len(hosts) != 1 or not self._is_allowed(hosts[0])):
            raise HostRefused
        if "\0" in scope["path"]:
            raise PathNotFound

    def _is_allowed(self, value: bytes) -> bool:
        name = value.decode("latin-1").lower()
        if not name.endswith("]"):  # a bare IPv6 address contains colons
            name = name.rpartition(":")[0] or name
        return name in self._exact or bool(self._endings and name.endswith(self._endings))
