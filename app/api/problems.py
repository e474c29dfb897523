"""Refusals as RFC 9457 problem documents, in the caller's language."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from app.api.errors import (
    EdgeError,
    Internal,
    MethodNotAllowed,
    RangeNotSatisfiable,
    from_status,
    status_of,
)
from app.api.locales import Catalogue
from app.api.locales.negotiation import Negotiator
from app.api.record import header, record_of
from app.api.refusals import tell_refusal
from app.api.validation import refusal
from app.domain.shared.errors import DomainError, Fault, Kind

PROBLEM_TYPE: Final = "application/problem+json"
_PATH_MAX: Final = 1_024
# A JSON pointer names a member of the body; these prefixes name the other places.
_PLACES: Final = {"?": "parameter", "@": "header"}
_RETRYABLE: Final = frozenset({Kind.LIMIT_REACHED, Kind.UNAVAILABLE})


class Problems:
    """Renders errors for one application."""

    def __init__(self, catalogue: Catalogue, *, docs_base: str = "") -> None:
        self.catalogue = catalogue
        self._negotiator = Negotiator(catalogue.locales)
        self._docs_base = docs_base.rstrip("/")

    def language(self, scope: Scope) -> str:
        """The language that the request asks for, else the one that a known caller prefers."""
        wanted = header(scope, b"accept-language")
        if wanted is None:
            preferred = record_of(scope).locale
            return preferred if preferred in self.catalogue.locales else self.catalogue.locales[0]
        return self._negotiator.pick(wanted.decode("latin-1"))

    def link(self, code: str) -> str:
        """The address of the page that explains ``code``."""
        return f"{self._docs_base}/errors/{code}"

    def document(self, error: DomainError, scope: Scope) -> dict[str, Any]:
        """The members of the problem document; also the body of a refused item of a batch."""
        locale = self.language(scope)
        record = record_of(scope)
        body: dict[str, Any] = {
            "type": self.link(error.code),
            "title": self.catalogue.title(locale, error.code),
            "status": status_of(error),
            "code": error.code,
            "detail": self.catalogue.detail(locale, error.code, error.params),
            "fix": self.catalogue.fix(locale, error.code),
            "instance": quote(scope["path"][:_PATH_MAX], errors="replace"),
            "request_id": record.request_id,
            "trace_id": record.trace_id,
        }
        if error.kind in _RETRYABLE:
            body["retry_after_seconds"] = _retry_after(error)
        if error.faults:
            body["errors"] = self._faults(error.faults, locale)
        return body

    def response(self, error: DomainError, scope: Scope) -> Response:
        """The answer to a refused request: its problem document and the headers of its kind."""
        record_of(scope).error_code = error.code
        headers = {"Content-Language": self.language(scope), "Vary": "Accept-Language"}
        if error.kind in _RETRYABLE:
            headers["Retry-After"] = str(_retry_after(error))
        if isinstance(error, MethodNotAllowed):
            headers["Allow"] = ", ".join(error.allow)
        if isinstance(error, RangeNotSatisfiable):
            headers["Content-Range"] = f"bytes */{error.size}"
        if error.kind is Kind.UNAUTHENTICATED:
            headers["WWW-Authenticate"] = _challenge(scope)
        if isinstance(error, EdgeError) and error.closes:
            headers["Connection"] = "close"
        content = orjson.dumps(self.document(error, scope))
        return Response(content, status_of(error), headers, media_type=PROBLEM_TYPE)

    def _faults(self, faults: Sequence[Fault], locale: str) -> list[dict[str, str]]:
        return [
            {
                **_place(fault.pointer),
                "code": fault.code,
                "message": self.catalogue.detail(locale, fault.code, fault.params),
                "fix": self.catalogue.fix(locale, fault.code),
            }
            for fault in faults
        ]


def _place(pointer: str) -> dict[str, str]:
    kind = _PLACES.get(pointer[:1])
    return {kind: pointer[1:]} if kind else {"pointer": pointer}


def _retry_after(error: DomainError) -> int:
    return int(getattr(error, "retry_after_seconds", 1))


def _challenge(scope: Scope) -> str:
    """RFC 6750 §3: if the caller sent a token, the header states that the token was refused."""
    token_sent = header(scope, b"authorization") is not None
    return 'Bearer realm="tradepost"' + (', error="invalid_token"' if token_sent else "")


def install_error_handlers(app: FastAPI, problems: Problems) -> None:
    """Answer every deliberate exception of a route with its problem document.

    Unexpected exceptions go on to ``middleware/boundary.py``, which logs them.
    """

    async def domain_error(request: Request, error: Any) -> Response:
        if error.kind is Kind.FORBIDDEN:
            tell_refusal(request, error)
        return problems.response(error, request.scope)

    async def invalid_request(request: Request, error: Any) -> Response:
        refused = refusal(error.errors(), error.body, problems.catalogue.codes)
        return problems.response(refused, request.scope)

    async def framework_error(request: Request, error: Any) -> Response:
        allow = (error.headers or {}).get("Allow", "")
        return problems.response(from_status(error.status_code, allow), request.scope)

    async def unexpected(request: Request, _error: Exception) -> Response:
        return problems.response(Internal(), request.scope)

    app.add_exception_handler(DomainError, domain_error)
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(HTTPException, framework_error)
    app.add_exception_handler(Exception, unexpected)
