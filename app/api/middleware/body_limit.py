"""Limits the size of bodies, counted while they arrive, and the time they may take."""

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import BodyTooLarge, BodyTooSlow

BODY_BYTES_MAX: Final = 2 * 1_024 * 1_024
BODY_SECONDS_MAX: Final = 30.0


class BodyLimit:
    """Refuses a body that is too large or too slow, with or without Content-Length.

    ``larger`` sets other limits, in bytes, for path prefixes such as uploads.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int = BODY_BYTES_MAX,
        max_seconds: float = BODY_SECONDS_MAX,
        larger: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds
        self._larger = tuple((larger or {}).items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            length = _announced(scope)
            if length is not None:
                limit = self._limit(scope["path"])
                if length > limit:
                    raise BodyTooLarge(limit=limit)
                receive = self._bounded(receive, limit)
        await self._app(scope, receive, send)

    def _limit(self, path: str) -> int:
        for prefix, limit in self._larger:
            if path.startswith(prefix):
                return limit
        return self._max_bytes

    def _bounded(self, receive: Receive, limit: int) -> Receive:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._max_seconds
        received = 0
        complete = False

        async def receive_bounded() -> Message:
            nonlocal received, complete
            if complete:  # from here on the application only waits for the disconnect
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise BodyTooSlow(seconds=int(self._max_seconds)) from None
            received += len(message.get("body", b""))
            if received > limit:
                raise BodyTooLarge(limit=limit)
            complete = not message.get("more_body", False)
            return message

        return receive_bounded


def _announced(scope: Scope) -> int | None:
    """The length stated by the headers, 0 for a chunked body, None without a body."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
        if name == b"transfer-encoding":
            return 0
    return None
