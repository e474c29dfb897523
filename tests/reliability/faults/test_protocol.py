"""PR-01, PR-03: requests that HTTP forbids, and requests that never end."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.faults_service import Service, serving

SECONDS_MAX = 30.0
SLACK_SECONDS = 3.0
CLOSED_SECONDS_MAX = 5.0
BAD_REQUEST = "HTTP/1.1 400 Bad Request"
LOGIN = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def connected(
    service: Service,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection to the service."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def answered(service: Service, sent: bytes, seconds_max: float) -> tuple[str, str, float]:
    """The status line, the body, and the seconds until the connection was closed."""
    async with connected(service) as (reader, writer):
        began = time.monotonic()
        writer.write(sent)
        async with asyncio.timeout(seconds_max):
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        seconds = time.monotonic() - began
    return head.split(b"\r\n")[0].decode(), body.decode(), seconds


@pytest.fixture
async def service(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Service]:
    """The edge is the same on either database."""
    async with serving(sqlite_database, tmp_path) as running:
        yield running


@pytest.mark.parametrize("first", ["Content-Length: 5", "Transfer-Encoding: chunked"])
async def test_two_lengths_are_refused_and_the_connection_is_closed(
    service: Service, first: str
) -> None:
    """PR-01: Content-Length beside Transfer-Encoding may hide a second request."""
    both = sorted(
        ["Content-Length: 5", "Transfer-Encoding: chunked"], key=lambda each: each != first
    )
    sent = LOGIN + "\r\n".join(both).encode() + b"\r\n\r\n0\r\n\r\n"
    status, body, _ = await answered(service, sent, CLOSED_SECONDS_MAX)
    assert (status, json.loads(body)["code"]) == (BAD_REQUEST, "common.malformed_request")


async def test_a_request_that_stalls_is_given_up(service: Service) -> None:
    """PR-03: head and body have 30 seconds each, then the connection is closed."""
    stalled = (
        (b"", "", ""),
        (LOGIN[:60], BAD_REQUEST, "common.head_too_slow"),
        (LOGIN + b'Content-Length: 100\r\n\r\n{"email": ', BAD_REQUEST, "common.body_too_slow"),
    )
    waited = SECONDS_MAX + SLACK_SECONDS
    all_answered = await asyncio.gather(
        *(answered(service, sent, waited) for sent, _, _ in stalled)
    )
    for (_, *expected), (status, body, seconds) in zip(stalled, all_answered, strict=True):
        code = json.loads(body)["code"] if body else ""
        assert [status, code] == expected
        assert SECONDS_MAX - 1 < seconds < waited
