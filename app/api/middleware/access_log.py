"""One log line per request: caller, route and result. No query, no path, no body."""

import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.errors import CLIENT_CLOSED
from app.api.record import RequestRecord, record_of

LOGGER: Final = "app.access"


class AccessLog:
    """Logs every request when its answer is complete; slow ones as a warning.

    ``resource`` is the template of the route, so ids stay out of the log. ``quiet`` are templates
    (probes) whose successful answers are not logged.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        slow_seconds: float = 1.0,
        quiet: frozenset[str] = frozenset(),
        logger: Any = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._app = app
        self._slow_seconds = slow_seconds
        self._quiet = quiet
        self._logger = (logger or structlog.get_logger(LOGGER)).bind()
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._clock()
        try:
            await self._app(scope, receive, send)
        finally:
            record = record_of(scope)
            if record.route not in self._quiet or record.status >= 400:
                self._log(scope, record, self._clock() - started)

    def _log(self, scope: Scope, record: RequestRecord, seconds: float) -> None:
        slow = seconds >= self._slow_seconds
        status = record.status or CLIENT_CLOSED
        write = self._logger.warning if slow else self._logger.info
        write(
            "slow request" if slow else "request",
            module=__name__,
            function="AccessLog._log",
            line=_LINE,
            request_id=record.request_id,
            trace_id=record.trace_id,
            user_id=record.user_id,
            company_id=record.company_id,
            method=method_label(scope["method"]),
            resource=record.route,
            status=status,
            code=record.error_code,
            duration_ms=round(seconds * 1_000, 3),
        )


# The call site never changes; finding it by stack frame would cost more than the line.
_LINE: Final = AccessLog._log.__code__.co_firstlineno

_METHODS: Final = frozenset(
    {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"}
)


def method_label(method: str) -> str:
    """``method``, or ``OTHER`` for an unknown one, so that labels and log fields stay few."""
    return method if method in _METHODS else "OTHER"
