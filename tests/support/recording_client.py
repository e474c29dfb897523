"""A client that records every request and its outcome."""

import ssl
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

ANSWER_SECONDS_MAX = 40.0
PROBLEM_TYPE = "application/problem+json"
# Never used: every server is on loopback, and to load the usual certificates takes 30 ms a client.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True)
class Recorded:
    """A request and its outcome.

    ``status`` is None where the outcome is unknown: the connection ended, or nothing came in time.
    ``error`` then names what the client met. ``began`` is on the monotonic clock, in seconds.
    """

    method: str
    path: str
    began: float
    seconds: float
    key: str = ""
    body: Any = None
    status: int | None = None
    answer: Any = None
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> float:
        """When the outcome was there."""
        return self.began + self.seconds

    @property
    def succeeded(self) -> bool:
        """Whether it did what was asked."""
        return self.status in {200, 201}

    @property
    def refused_for_now(self) -> bool:
        """Whether it was refused with 503 or 429 in the documented form."""
        return (
            self.status in {429, 503}
            and self.headers.get("content-type") == PROBLEM_TYPE
            and int(self.headers.get("retry-after", "0")) >= 1
        )

    @property
    def never_accepted(self) -> bool:
        """Whether no server was there to take the connection."""
        return self.error == httpx.ConnectError.__name__

    def __str__(self) -> str:
        outcome = self.error or f"{self.status} {self.answer if not self.succeeded else ''}"
        return f"{self.method} {self.path} after {self.seconds:.3f} s: {outcome}"


class RecordingClient:
    """One connection to the API that adds a ``Recorded`` to ``records`` for each request."""

    def __init__(self, url: str, token: str, records: list[Recorded]) -> None:
        self._records = records
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=ANSWER_SECONDS_MAX,
            verify=_NO_TLS,
            limits=httpx.Limits(max_connections=1),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def get(self, path: str) -> Recorded:
        """GET."""
        return await self._send("GET", path)

    async def post(self, path: str, body: Any, key: str) -> Recorded:
        """POST under an idempotency key."""
        return await self._send("POST", path, body, key)

    async def _send(self, method: str, path: str, body: Any = None, key: str = "") -> Recorded:
        began = time.monotonic()
        request = self._client.build_request(
            method, path, json=body, headers={"Idempotency-Key": key} if key else {}
        )
        outcome: dict[str, Any] = {}
        try:
            response = await self._client.send(request)
            outcome["status"], outcome["answer"] = response.status_code, response.json()
            outcome["headers"] = dict(response.headers)
        except httpx.TransportError as error:
            outcome["error"] = type(error).__name__
        seconds = time.monotonic() - began
        recorded = Recorded(method, path, began, seconds, key=key, body=body, **outcome)
        self._records.append(recorded)
        return recorded
