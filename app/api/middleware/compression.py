"""Compression of larger answers, except those that carry secrets."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_compress import CompressMiddleware


class Compression:
    """zstd, brotli or gzip (level 1) from ``minimum_size`` bytes on.

    Answers under ``secret_prefixes`` are not compressed: the length of a compressed answer that
    contains a secret and attacker-chosen text reveals the secret (BREACH).
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        minimum_size: int = 1_024,
        secret_prefixes: Sequence[str] = ("/api/v1/auth/",),
    ) -> None:
        self._app = app
        self._secret_prefixes = tuple(secret_prefixes)
        self._compressed = CompressMiddleware(app, minimum_size=minimum_size, gzip_level=1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._secret_prefixes):
            await self._app(scope, receive, send)
            return
        await self._compressed(scope, receive, send)
