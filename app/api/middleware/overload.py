"""Sheds load early: a request that would only queue is refused at once with Retry-After."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.errors import Overloaded


class OverloadGuard:
    """Lets at most ``max_in_flight`` requests run.

    Probes always pass, or the orchestrator would kill a busy process.
    """

    def __init__(
        self, app: ASGIApp, *, max_in_flight: int, exempt_prefixes: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._max_in_flight = max_in_flight
        self._exempt_prefixes = tuple(exempt_prefixes)
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._exempt_prefixes):
            await self._app(scope, receive, send)
            return
        if self._in_flight >= self._max_in_flight:
            raise Overloaded
        self._in_flight += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_flight -= 1
