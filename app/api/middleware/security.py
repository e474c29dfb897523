"""Security headers for browsers."""

from collections.abc import Sequence
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

API_POLICY: Final = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
# The documentation page loads only our own files: no inline script, no other host.
DOCS_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HSTS: Final = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")
_COMMON: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NO_STORE: Final = (b"cache-control", b"no-store")


class SecurityHeaders:
    """Adds the headers to every answer, and ``Cache-Control: no-store`` unless it is set.

    ``hsts`` is for production: it binds browsers to HTTPS for two years. ``docs_prefixes`` are the
    paths of HTML pages, which may load this service's own scripts and styles.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hsts: bool = False,
        docs_prefixes: Sequence[str] = ("/docs", "/errors"),
    ) -> None:
        self._app = app
        self._docs_prefixes = tuple(docs_prefixes)
        common = (*_COMMON, _HSTS) if hsts else _COMMON
        self._api = (*common, (b"content-security-policy", API_POLICY))
        self._docs = (*common, (b"content-security-policy", DOCS_POLICY))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = self._docs if scope["path"].startswith(self._docs_prefixes) else self._api

        async def send_hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *added]
                for name, _ in headers:
                    if name == b"cache-control":
                        break
                else:
                    headers.append(_NO_STORE)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, send_hardened)
