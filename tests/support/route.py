"""The form of a catalogue entry for a mutating route, and how its requests are sent.

Requests use ASGI directly, because an HTTP client costs more than most refusals.
"""

import itertools
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

import orjson
from starlette.types import Message

from tests.support.company import Company

API: Final = "/api/v1"
NOTHING: Final[Any] = object()  # the body of a request that has none
LEFT_OUT: Final = "left out"  # the value of a header that is not sent
# Members whose values a company may use once; a repeated request needs fresh ones.
UNIQUE: Final = frozenset(
    {"code", "sku", "barcode", "external_ref", "supplier_number", "idempotency_key", "email"}
)
_tags = itertools.count(1)


def tag() -> str:
    """A short text that was not used before in this process."""
    return f"{uuid.uuid4().hex[:6]}-{next(_tags)}"


@dataclass(frozen=True, slots=True)
class Valid:
    """A request that succeeds. ``path`` is below ``/api/v1`` and holds real ids."""

    path: str
    body: Any = NOTHING
    headers: dict[str, str] = field(default_factory=dict)


Prepare = Callable[[Company], Awaitable[Valid]]


@dataclass(frozen=True, slots=True)
class Route:
    """A mutating operation.

    ``key`` says how it is repeated: ``required`` and ``accepted`` name the ``Idempotency-Key``
    header, ``items`` the keys of a batch, ``none`` a route that stores no answers. ``audits`` is
    how many audit entries one valid request writes and ``repeated`` how many the same request
    writes when it is sent again; ``why`` gives the reason for anything but one and none.
    """

    operation: str
    prepare: Prepare
    status: int
    key: str = "accepted"
    audits: int = 1
    repeated: int = 0
    why: str = ""

    @property
    def method(self) -> str:
        return self.operation.split(" ")[0]

    @property
    def template(self) -> str:
        """The path below ``/api/v1`` with its parameters in braces."""
        return self.operation.split(" ")[1]

    def key_header(self, key: str) -> dict[str, str]:
        """The header that names an idempotency key, where the route takes one."""
        return {"Idempotency-Key": key} if self.key in {"required", "accepted"} else {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


async def send(
    company: Company,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Put a request of the company's owner to the application; ``path`` is below ``/api/v1``.

    An exception of the application is an answer of 500, as it is behind a server.
    """
    target, _, query = (API + path).partition("?")
    sent = {"host": "test", "authorization": company.client.headers["authorization"]}
    if body is not None:
        sent |= {"content-type": "application/json", "content-length": str(len(body))}
    sent |= {name.lower(): value for name, value in (headers or {}).items()}
    sent = {name: value for name, value in sent.items() if value != LEFT_OUT}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(target, errors="replace"),
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
        "client": ("203.0.113.9", 40_000),
        "server": ("test", 80),
    }
    messages: list[Message] = [{"type": "http.request", "body": body or b"", "more_body": False}]
    got: list[Message] = []

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def take(message: Message) -> None:
        got.append(message)

    try:
        await company.client._transport.app(scope, receive, take)  # type: ignore[attr-defined]
    except Exception:
        # After a 500 the application raises again, for the log of the server. After any other
        # answer an exception is a defect.
        if not got or got[0]["status"] != 500:
            raise
    head = {name.decode(): value.decode("latin-1") for name, value in got[0]["headers"]}
    return Answer(got[0]["status"], head, b"".join(each.get("body", b"") for each in got[1:]))


def encoded(value: Any) -> bytes:
    """A value as JSON; 2**63 and above is no number that orjson writes."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()


async def request(
    company: Company, route: Route, valid: Valid, key: str | None = None, body: Any = None
) -> Answer:
    """Send a valid request, or the same one with another ``body``, under an idempotency key."""
    wanted = valid.body if body is None else body
    raw = None if wanted is NOTHING else encoded(wanted)
    headers = valid.headers if key is None else {**valid.headers, **route.key_header(key)}
    return await send(company, route.method, valid.path, headers, raw)


def renewed(value: Any) -> Any:
    """A body with fresh values where a value may be used only once."""
    if isinstance(value, list):
        return [renewed(each) for each in value]
    if not isinstance(value, dict):
        return value
    fresh = {name: renewed(each) for name, each in value.items()}
    for name in UNIQUE & fresh.keys():
        if isinstance(fresh[name], str):
            fresh[name] = f"{tag()}@example.com" if name == "email" else tag()
    return fresh
