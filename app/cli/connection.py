"""uvicorn's connection with a time limit for request heads, and problem documents as refusals.

uvicorn limits only the pause between two requests: a connection that sends nothing, or half a head,
would be kept for ever. It also answers invalid HTTP with plain text.
"""

import asyncio
import secrets
from http import HTTPStatus
from typing import Any, Final

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.api.errors import HeadTooSlow, MalformedRequest, status_of
from app.api.problems import PROBLEM_TYPE, Problems
from app.api.record import RECORD_KEY, RequestRecord
from app.domain.shared.errors import DomainError
from app.domain.shared.ids import ulid_text

HEAD_SECONDS_MAX: Final = 30.0


class Connection(HttpToolsProtocol):
    """A connection with a time limit for the head of each request."""

    def __init__(
        self, *args: Any, problems: Problems, head_seconds_max: float, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._problems = problems
        self._head_seconds_max = head_seconds_max
        self._head_begun = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The time limit of the first request starts."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Part of a request arrived; if its head is incomplete, the timer starts."""
        super().data_received(data)
        # Most heads arrive complete: only incomplete ones need a timer.
        if self._head_begun and self._patience is None and not self.transport.is_closing():
            self._wait()

    def on_message_begin(self) -> None:
        """A head starts."""
        self._head_begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._head_begun = False
        self._wait_no_more()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that the parser rejects."""
        del msg
        self._refuse(MalformedRequest())

    def _wait(self) -> None:
        self._patience = self.loop.call_later(self._head_seconds_max, self._give_up)

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self._head_begun:
            self._refuse(HeadTooSlow(seconds=int(self._head_seconds_max)))
        else:
            self.transport.close()

    def _refuse(self, error: DomainError) -> None:
        """Answer and close, but only after the answers to earlier requests."""
        self._wait_no_more()
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            if self._head_begun:
                cycle.keep_alive = False
                return
            if cycle.response_started:
                self.transport.close()
                return
        self.transport.write(self._answer(error))
        self.transport.close()

    def _answer(self, error: DomainError) -> bytes:
        id_ = ulid_text(secrets.token_bytes(16))
        record = RequestRecord(id_, trace_id=secrets.token_hex(16))
        scope = {"headers": [], "path": "", RECORD_KEY: record}
        body = orjson.dumps(self._problems.document(error, scope))
        status = HTTPStatus(status_of(error))
        headers = [
            *(each for each in self.server_state.default_headers if each[0] != b"connection"),
            (b"content-type", PROBLEM_TYPE.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", id_.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        head = b"".join(b"%s: %s\r\n" % header for header in headers)
        return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (status, status.phrase.encode(), head, body)
