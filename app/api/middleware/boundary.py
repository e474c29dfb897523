"""The error boundary: an exception that leaves the application becomes a problem document."""

from typing import Any, Final

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import Internal
from app.api.problems import Problems
from app.api.record import record_of
from app.domain.shared.errors import DomainError

LOGGER: Final = "app.errors"


class ProblemBoundary:
    """Renders refusals of the middleware inside of it, and unexpected exceptions as 500.

    An unexpected exception is logged here once, with its stack, and not sent to the client. If the
    answer has begun already, the server closes the connection, so that a client cannot take half a
    document for a whole one.
    """

    def __init__(self, app: ASGIApp, *, problems: Problems, logger: Any = None) -> None:
        self._app = app
        self._problems = problems
        self._logger = (logger or structlog.get_logger(LOGGER)).bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except ClientDisconnect:
            return
        except DomainError as refusal:
            error = refusal
            if begun:
                self._log(scope, refusal)
        except Exception as fault:
            error = Internal()
            self._log(scope, fault)
        else:
            return
        if not begun:
            await self._problems.response(error, scope)(scope, receive, send)

    def _log(self, scope: Scope, fault: Exception) -> None:
        route = record_of(scope).route
        self._logger.error("unexpected exception", resource=route, exc_info=fault)
