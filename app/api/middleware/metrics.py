"""Counts and times every request, by route template."""

import time
from collections.abc import Callable
from typing import Final, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.errors import CLIENT_CLOSED
from app.api.middleware.access_log import method_label
from app.api.record import record_of

UNMATCHED: Final = "unmatched"


class RequestObserver(Protocol):
    """Receives the figures; implemented in ``infrastructure.observability.metrics``."""

    def started(self) -> None:
        """A request arrived."""
        ...

    def finished(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered, or abandoned by its client (status 499)."""
        ...


class Metrics:
    """Reports each request to the observer exactly once."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        observer: RequestObserver,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._app = app
        self._observer = observer
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._clock()
        self._observer.started()
        try:
            await self._app(scope, receive, send)
        finally:
            record = record_of(scope)
            self._observer.finished(
                method_label(scope["method"]),
                record.route or UNMATCHED,
                record.status or CLIENT_CLOSED,
                self._clock() - started,
            )
