"""Cross-origin access for the listed origins only."""

from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.errors import OriginRefused
from app.api.problems import Problems

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_REQUEST_HEADERS: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Traceparent",
)
_ANSWER_HEADERS: Final = (
    "ETag",
    "Link",
    "Location",
    "Idempotent-Replayed",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Trace-Id",
)


class Cors(CORSMiddleware):
    """Starlette's middleware with an exact list, and problem documents as refusals.

    Tokens travel in a header, so credentials (cookies) are never allowed.
    """

    def __init__(
        self, app: ASGIApp, *, origins: Sequence[str], problems: Problems, id_header: str
    ) -> None:
        super().__init__(
            app,
            allow_origins=tuple(origins),
            allow_methods=_METHODS,
            allow_headers=(*_REQUEST_HEADERS, id_header),
            expose_headers=(*_ANSWER_HEADERS, id_header),
        )
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused preflight with a problem; leave the rest to Starlette."""
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            headers = Headers(scope=scope)
            if "origin" in headers and "access-control-request-method" in headers:
                answer = self.preflight_response(request_headers=headers)
                if answer.status_code >= 400:
                    answer = self._problem(scope, answer)
                await answer(scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    def _problem(self, scope: Scope, answer: Response) -> Response:
        """The refusal keeps ``Vary``, so that no cache serves it to another origin."""
        problem = self._problems.response(OriginRefused(), scope)
        problem.headers["Vary"] = f"{problem.headers['Vary']}, {answer.headers['Vary']}"
        return problem
