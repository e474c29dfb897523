"""Compression of larger answers, never of those that carry secrets."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_compress import CompressMiddleware


class Compression:
    """zstd, brotli or gzip (level 1) from ``minimum_size`` bytes on.

    Answers under ``secret_prefixes`` go out as they are: the length of a compressed answer that
    holds both a secret and text of an attacker's choice gives the secret away (BREACH).
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
