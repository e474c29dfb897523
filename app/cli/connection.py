"""uvicorn's connection, which waits for a request no longer than it has to, and refuses politely.

uvicorn bounds the pause between two requests only: a connection that sends nothing, or half a head,
would be kept for ever. And what is no HTTP it answers with plain text.
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
    """A connection whose requests each have so many seconds for their head."""

    def __init__(
        self, *args: Any, problems: Problems, head_seconds_max: float, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._problems = problems
        self._head_seconds_max = head_seconds_max
        self._head_begun = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request has its time from now on."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Part of a request; what it leaves open has its time from now on."""
        super().data_received(data)
        # Most heads come whole: only what is left open costs a timer.
        if self._head_begun and self._patience is None and not self.transport.is_closing():
            self._wait()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._head_begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_begun = False
        self._wait_no_more()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser refuses."""
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
        """Answer and close. Requests that came before are answered first, or it would be theirs."""
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
