"""Request and trace ids: in the answer, and in every log line of the request."""

import random
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars, unbind_contextvars

from app.api.middleware.client import ClientAddress
from app.api.record import RECORD_KEY, RequestRecord, record_of
from app.domain.shared.ids import Id, UlidFactory, ulid_text

TRACE_HEADER: Final = b"x-trace-id"
_WELL_FORMED: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
# W3C Trace Context §3.2: version 00 has exactly these fields, later ones may append more.
_TRACEPARENT: Final = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)


class RequestContext:
    """Gives the request its ids and binds them to the log context until the answer is sent.

    A well-formed request id from the client is kept, otherwise a new ULID is used. The trace id is
    the caller's if ``traceparent`` is valid, otherwise the bytes of a new ULID.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        client_address: ClientAddress,
        header_name: str = "X-Request-ID",
        new_id: Callable[[], Id] | None = None,
    ) -> None:
        self._app = app
        self._client_address = client_address
        self._header = header_name.lower().encode("ascii")
        # A request id is not a secret, so it need not come from the system's slower random source.
        chance = random.Random()  # noqa: S311 # nosec B311
        self._new_id = new_id or UlidFactory(
            lambda: time.time_ns() // 1_000_000, partial(chance.getrandbits, 32)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = self._record(scope)
        scope[RECORD_KEY] = record
        record.headers += (
            (self._header, record.request_id.encode("ascii")),
            (TRACE_HEADER, record.trace_id.encode("ascii")),
        )

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *record.headers]
            await send(message)

        tokens = bind_contextvars(request_id=record.request_id, trace_id=record.trace_id)
        try:
            await self._app(scope, receive, send_named)
        finally:
            reset_contextvars(**tokens)
            if record.user_id is not None:
                unbind_contextvars("user_id", "company_id")

    def _record(self, scope: Scope) -> RequestRecord:
        request_id = trace_id = None
        forwarded: list[bytes] = []
        traces = 0
        for name, value in scope["headers"]:
            if name == self._header:
                request_id = value
            elif name == b"traceparent":
                traces += 1
                trace_id = value
            elif name == b"x-forwarded-for":
                forwarded.append(value)
        fresh: Id | None = None
        if request_id is None or _WELL_FORMED.fullmatch(request_id) is None:
            fresh = self._new_id()
        trace = _trace_id(trace_id) if trace_id is not None and traces == 1 else None
        return RequestRecord(
            request_id=ulid_text(fresh) if fresh is not None else (request_id or b"").decode(),
            trace_id=trace if trace is not None else (fresh or self._new_id()).hex(),
            client=self._client_address.of(scope.get("client"), forwarded),
        )


def bind_principal(scope: Scope, *, user_id: str, company_id: str) -> None:
    """Add the caller to the access log and to every later log line of this request.

    Called by the authentication when the caller is known.
    """
    record = record_of(scope)
    record.user_id = user_id
    record.company_id = company_id
    bind_contextvars(user_id=user_id, company_id=company_id)


def _trace_id(traceparent: bytes) -> str | None:
    match = _TRACEPARENT.fullmatch(traceparent)
    if match is None or (match[1] == b"00" and match[3] is not None):
        return None
    return str(match[2], "ascii")
