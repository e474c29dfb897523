"""Connections: heads that never end, what is no HTTP, and whose answer is whose."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import uvicorn

from app.api.locales import Catalogue
from app.api.problems import Problems
from app.cli.connection import Connection

SECONDS = 0.3
HEAD = b"GET /quick HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = b"POST /body HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, takes its time at /slow, and answers with the path."""
    begun = {"type": "http.response.start", "status": 200, "headers": []}
    if scope["path"] == "/begun":
        await send(begun)
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.disconnect":
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(2 * SECONDS)
    body = scope["path"].encode()
    if scope["path"] != "/begun":
        begun["headers"] = [(b"content-length", b"%d" % len(body))]
        await send(begun)
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    connection: Any = partial(
        Connection, problems=Problems(Catalogue.load()), head_seconds_max=SECONDS
    )
    config = uvicorn.Config(application, http=connection, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield int(listener.getsockname()[1])
        server.should_exit = True
        await serving


async def answered(port: int, *parts: bytes, pause: float = 0.0) -> tuple[list[bytes], float]:
    """Everything that came until the connection was closed, cut before each status line; when."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    reading = asyncio.create_task(reader.read())
    for part in parts:
        if not reading.done():
            writer.write(part)
        await asyncio.sleep(pause)
    async with asyncio.timeout(5):
        came = await reading
    seconds = time.monotonic() - began
    writer.close()
    return [b"HTTP/1.1 " + each for each in came.split(b"HTTP/1.1 ")[1:]], seconds


def problem(answer: bytes) -> tuple[bytes, dict[str, Any]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert b"content-type: application/problem+json" in lines
    assert b"content-length: %d" % len(body) in lines
    assert b"connection: close" in lines
    document = json.loads(body)
    assert b"x-request-id: " + document["request_id"].encode() in lines
    return lines[0], document


async def test_a_connection_that_says_nothing_is_closed(port: int) -> None:
    came, seconds = await answered(port)
    assert came == []
    assert SECONDS <= seconds < SECONDS + 1


@pytest.mark.parametrize("sent", [HEAD, HEAD[:3], HEAD + b"X-Long: " + b"x" * 1000])
async def test_a_head_that_stalls_is_given_up(port: int, sent: bytes) -> None:
    [answer], seconds = await answered(port, sent)
    line, document = problem(answer)
    assert (line, document["code"]) == (b"HTTP/1.1 400 Bad Request", "common.head_too_slow")
    assert SECONDS <= seconds < SECONDS + 1


async def test_a_head_that_trickles_has_no_more_time(port: int) -> None:
    parts = [HEAD, *[b"X-%d: 1\r\n" % number for number in range(9)]]
    [answer], seconds = await answered(port, *parts, pause=SECONDS / 5)
    assert problem(answer)[1]["code"] == "common.head_too_slow"
    assert seconds < len(parts) * SECONDS / 5 + 1


async def test_the_second_head_of_a_connection_stalls(port: int) -> None:
    """It has its own time: the first answer was given and the connection was idle."""
    answers, _ = await answered(port, HEAD + b"\r\n", HEAD, pause=2 * SECONDS)
    assert answers[0].endswith(b"/quick")
    assert problem(answers[1])[1]["code"] == "common.head_too_slow"
    assert len(answers) == 2


@pytest.mark.parametrize("rest", [HEAD, b"no http\r\n\r\n"])
async def test_who_came_before_is_answered_and_nothing_else_is_said(port: int, rest: bytes) -> None:
    """An answer of ours would be taken for that of the first request."""
    slow = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
    [answer], _ = await answered(port, slow + rest)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"/slow")


@pytest.mark.parametrize(
    "sent",
    [
        b"no http\r\n\r\n",
        b"GET /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n",
        CHUNKED + b"no length\r\n",
    ],
)
async def test_what_is_no_http_is_a_problem(port: int, sent: bytes) -> None:
    [answer], seconds = await answered(port, sent)
    line, document = problem(answer)
    assert (line, document["code"]) == (b"HTTP/1.1 400 Bad Request", "common.malformed_request")
    assert document["status"] == 400
    assert seconds < SECONDS


async def test_an_answer_that_has_begun_is_cut_off(port: int) -> None:
    [answer], _ = await answered(port, CHUNKED.replace(b"/body", b"/begun"), b"x\r\n", pause=0.1)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"begun" in answer
    assert not answer.endswith(b"0\r\n\r\n")
