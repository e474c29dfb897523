"""A client with retries: the service may be killed and restarted at any moment."""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
import orjson

from load.replay.contract import API, BUSY_CODES, BUSY_STATUSES, OK_STATUSES

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_JSON: Final = {"content-type": "application/json"}


class ReplayFailed(Exception):
    """The replay cannot continue; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the service: the status and the JSON body (an empty object without one)."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether it was done, now or by an earlier request."""
        return self.status in OK_STATUSES

    @property
    def code(self) -> str:
        """The code of the problem; empty if there is none."""
        code = self.body.get("code", "") if isinstance(self.body, dict) else ""
        return code if isinstance(code, str) else ""

    @property
    def busy(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in BUSY_STATUSES or self.code in BUSY_CODES


@dataclass(frozen=True, slots=True)
class Account:
    """The account of the replay."""

    email: str
    password: str


class Patience:
    """Growing pauses between attempts, up to a few seconds, within an allowance of time."""

    def __init__(
        self, seconds: float, sleep: Callable[[float], None], clock: Callable[[], float]
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._seconds = seconds
        self._end: float | None = None
        self._pause = _FIRST_PAUSE

    def wait(self, what: str, reason: str) -> None:
        """Sleeps before the next attempt.

        Raises:
            ReplayFailed: the allowance is used up.
        """
        now = self._clock()
        if self._end is None:
            self._end = now + self._seconds
        if now >= self._end:
            raise ReplayFailed(f"{what}: gave up after {self._seconds:.0f} s: {reason}")
        self._sleep(min(self._pause, max(self._end - now, 0.01)))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)


class Api:
    """One signed-in connection. Requests are repeated until they get a final answer."""

    def __init__(
        self,
        http: httpx.Client,
        account: Account,
        *,
        patience_seconds: float = 120.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._account = account
        self._patience_seconds = patience_seconds
        self._sleep = sleep
        self._clock = clock
        self._refresh_token = ""
        self.requests = 0
        self.repeats = 0

    def patience(self) -> Patience:
        """A new allowance of time for one piece of work."""
        return Patience(self._patience_seconds, self._sleep, self._clock)

    def sign_in(self, company: str) -> None:
        """Registers the company, unless it exists, and logs in.

        Raises:
            ReplayFailed: the service refuses or stays unreachable.
        """
        content = orjson.dumps(
            {
                "email": self._account.email,
                "password": self._account.password,
                "display_name": "Replay",
                "company": {
                    "name": company,
                    "currency": "GBP",
                    "time_zone": "UTC",
                    "country": "GB",
                    "tax_rounding": "line",
                },
            }
        )
        answer = self._repeat("POST", "/auth/register", content, {})
        if not answer.ok:
            raise ReplayFailed(f"register: {_told(answer)}")
        self._log_in()

    def get(self, path: str, **query: str) -> Answer:
        """The answer to a GET, whatever its status, once the service is not busy."""
        target = str(httpx.URL(path, params=query)) if query else path
        return self._signed("GET", target, None, {})

    def read(self, path: str, **query: str) -> Any:
        """The body of a GET that must succeed.

        Raises:
            ReplayFailed: it does not.
        """
        answer = self.get(path, **query)
        if not answer.ok:
            raise ReplayFailed(f"GET {path} {query}: {_told(answer)}")
        return answer.body

    def post(self, path: str, content: bytes, key: str = "") -> Answer:
        """The answer to a POST, whatever its status, once the service is not busy."""
        return self._signed("POST", path, content, {"idempotency-key": key} if key else {})

    def _signed(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> Answer:
        answer = self._repeat(method, path, content, headers)
        if answer.status == 401:
            self._renew()
            answer = self._repeat(method, path, content, headers)
        return answer

    def _repeat(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> Answer:
        patience = self.patience()
        while True:
            try:
                answer = self._once(method, path, content, headers)
            except (httpx.TransportError, orjson.JSONDecodeError) as error:
                # Includes truncated answers: the repeat with the same key returns the outcome.
                reason = f"{type(error).__name__}: {error}"
            else:
                if not answer.busy:
                    return answer
                reason = _told(answer)
            self.repeats += 1
            patience.wait(f"{method} {path}", reason)

    def _once(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> Answer:
        self.requests += 1
        sent = _JSON | headers if content is not None else headers
        response = self._http.request(method, API + path, content=content, headers=sent)
        if not response.content:
            return Answer(response.status_code, {})
        if response.status_code >= 500 and "json" not in response.headers.get("content-type", ""):
            return Answer(response.status_code, {"detail": response.text[:200]})
        return Answer(response.status_code, orjson.loads(response.content))

    def _renew(self) -> None:
        """Get new tokens by the refresh token, else by the password."""
        if self._refresh_token:
            content = orjson.dumps({"refresh_token": self._refresh_token})
            self._refresh_token = ""
            answer = self._repeat("POST", "/auth/refresh", content, {})
            if answer.ok:
                self._take_tokens(answer)
                return
        self._log_in()

    def _log_in(self) -> None:
        content = orjson.dumps({"email": self._account.email, "password": self._account.password})
        self._http.headers.pop("authorization", None)
        answer = self._repeat("POST", "/auth/login", content, {})
        if not answer.ok:
            raise ReplayFailed(f"log in as {self._account.email}: {_told(answer)}")
        self._take_tokens(answer)

    def _take_tokens(self, answer: Answer) -> None:
        try:
            access, self._refresh_token = answer.body["access_token"], answer.body["refresh_token"]
        except KeyError as error:
            raise ReplayFailed(f"the answer to the log-in has no {error}") from None
        self._http.headers["authorization"] = f"Bearer {access}"


def _told(answer: Answer) -> str:
    return f"{answer.status} {orjson.dumps(answer.body).decode()[:2000]}"


class InTurn(httpx.BaseTransport):
    """Sends each request to the next of several processes of one service."""

    def __init__(self, base_urls: Sequence[str], transport: httpx.BaseTransport) -> None:
        self._turn = itertools.cycle([httpx.URL(each) for each in base_urls])
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the next process."""
        at = next(self._turn)
        request.url = request.url.copy_with(scheme=at.scheme, host=at.host, port=at.port)
        request.headers["host"] = at.netloc.decode()
        return self._transport.handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def connect(*base_urls: str, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Keep-alive connections without compression, which costs more than it saves here."""
    return httpx.Client(
        base_url=base_urls[0],
        headers={"accept-encoding": "identity", "accept": "application/json"},
        timeout=httpx.Timeout(60.0, connect=5.0),
        transport=InTurn(base_urls, transport or _own_transport(len(base_urls))),
        trust_env=False,
    )


def _own_transport(connections: int) -> httpx.HTTPTransport:
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.HTTPTransport(limits=limits, trust_env=False)
