"""A light HTTP client: it must use little CPU, because it shares two cores with the service."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(slots=True)
class Answers:
    """The result of a round of requests: counts by status, seconds of each, the wall time."""

    statuses: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0

    def check(self, *expected: int) -> None:
        """Check that all requests had the expected status.

        Raises:
            RuntimeError: another status occurred.
        """
        if not set(self.statuses) <= set(expected):
            raise RuntimeError(f"statuses {self.statuses}, expected {expected}")


def request(method: str, path: str, token: str = "", body: bytes = b"", key: str = "") -> bytes:
    """The bytes of one HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", "host: bench"]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if key:
        lines.append(f"idempotency-key: {key}")
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + _END + body


async def offer(port: int, requests: Iterable[bytes], clients: int) -> Answers:
    """Send ``requests`` over ``clients`` connections, one at a time on each."""
    answers = Answers()
    source = iter(requests)
    started = time.perf_counter()
    await asyncio.gather(*(_client(port, source, answers) for _ in range(clients)))
    answers.wall = time.perf_counter() - started
    return answers


async def _client(port: int, requests: Iterator[bytes], answers: Answers) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for each in requests:
            started = time.perf_counter()
            writer.write(each)
            status, _ = await read_answer(reader)
            answers.seconds.append(time.perf_counter() - started)
            answers.statuses[status] = answers.statuses.get(status, 0) + 1
    finally:
        writer.close()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and body of the next answer on a connection."""
    head = (await reader.readuntil(_END)).lower()
    at = head.find(_LENGTH)
    length = int(head[at + len(_LENGTH) : head.index(b"\r", at)]) if at >= 0 else 0
    return int(head[9:12]), await reader.readexactly(length)


async def ask(port: int, sent: bytes) -> tuple[int, bytes]:
    """One request on a new connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        return await read_answer(reader)
    finally:
        writer.close()
