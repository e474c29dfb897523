"""A small application behind the whole edge, and a client for it."""

import io
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import httpx
import orjson
import structlog
from fastapi import APIRouter, FastAPI, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Message, Scope

from app.api.docs import docs_router
from app.api.errors import STATUS, ValidationFailed
from app.api.health import api_router, install_health, root_router
from app.api.locales import Catalogue
from app.api.middleware import EdgeConfig, stack
from app.api.middleware.rate_limit import nobody
from app.api.openapi import install_openapi, responses
from app.api.problems import Problems, install_error_handlers
from app.api.route import PUBLIC, new_router, permission
from app.api.routing import check_routes, include, install_flat_routing
from app.api.weights import RouteWeights
from app.domain.shared.errors import all_errors
from app.infrastructure.observability.logging import configure_logging
from app.infrastructure.observability.metrics import AppMetrics
from app.infrastructure.rate_limit.memory import MemoryRateLimiter

SECRET_VALUE = "hunter2-never-echo-me"


class Line(BaseModel):
    """A line as clients send it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    sku: str = Field(min_length=1, max_length=8, pattern=r"^[A-Z0-9]+$")
    quantity: int = Field(ge=1, le=1_000)


class Order(BaseModel):
    """A body with everything that can be wrong."""

    model_config = ConfigDict(extra="forbid", strict=True)

    lines: list[Line] = Field(min_length=1, max_length=2)
    kind: Literal["sale", "return"] = "sale"
    note: str | None = Field(None, max_length=20)
    extra: dict[str, Any] | None = Field(None, max_length=3)


class FakeHealth:
    """Facts a test sets."""

    def __init__(self) -> None:
        self.alive = True
        self.current = True
        self.seed = True
        self.states: dict[str, bool] = {}
        self.pings = 0

    async def ping(self) -> bool:
        self.pings += 1
        return self.alive

    async def schema_current(self) -> bool:
        return self.current

    async def seeded(self) -> bool:
        return self.seed

    def flags(self) -> Mapping[str, bool]:
        return self.states


class VirtualClock:
    """Nanoseconds that only move when told to."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns

    def advance(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1_000_000_000)


@dataclass
class Edge:
    """The application, its parts, and a client that speaks ASGI to it."""

    app: FastAPI
    client: httpx.AsyncClient
    metrics: AppMetrics
    clock: VirtualClock
    health: FakeHealth


def sample_router() -> APIRouter:
    router = new_router(prefix="/api/v1/orders", tags=["orders"])
    public = permission(PUBLIC)

    @router.post("", status_code=201, openapi_extra=public, responses=responses(body=True))
    async def create(order: Order) -> dict[str, int]:
        """Create an order."""
        return {"lines": len(order.lines)}

    @router.get("", openapi_extra=public, responses=responses(ValidationFailed))
    async def many(
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        status: Annotated[list[str] | None, Query(max_length=5)] = None,
    ) -> dict[str, Any]:
        return {"limit": limit, "status": status}

    @router.get("/{order_id}", openapi_extra=public, responses=responses(ValidationFailed))
    async def one(order_id: Annotated[str, Path(pattern=r"^ord_[0-9]+$")]) -> dict[str, str]:
        return {"id": order_id}

    @router.patch("/{order_id}", openapi_extra=public, responses=responses(body=True))
    async def change(order_id: str, change: dict[str, str | None]) -> dict[str, Any]:
        return {"id": order_id, "change": change}

    @router.post("/{order_id}/confirm", openapi_extra=public, responses=responses(ValidationFailed))
    async def confirm(order_id: str) -> dict[str, str]:
        return {"id": order_id, "status": "confirmed"}

    return router


def catalogue() -> Catalogue:
    return Catalogue.load()


def make_edge(
    *routers: APIRouter,
    config: EdgeConfig | None = None,
    principal_of: Callable[[Scope], Awaitable[str | None]] = nobody,
    logger: Any = None,
    docs_base: str = "",
    client_address: tuple[str, int] = ("203.0.113.7", 40_000),
) -> Edge:
    """An application with ``routers`` and the routes that every installation has."""
    app = FastAPI(
        title="Sample",
        version="1.2.3",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    problems = Problems(catalogue(), docs_base=docs_base)
    metrics = AppMetrics()
    clock = VirtualClock()
    health = FakeHealth()
    install_error_handlers(app, problems)
    install_health(app, source=health, figures=metrics)
    statuses = {error.code: STATUS[error.kind] for error in all_errors()}
    install_openapi(app, problems, statuses)
    aliases = api_router(detailed_dependencies=())
    for router in (*routers, root_router(), docs_router(app, problems), aliases):
        include(app, router)
    check_routes(app)
    index = install_flat_routing(app)
    stack(
        app,
        config=config or EdgeConfig(),
        problems=problems,
        observer=metrics,
        limiter=MemoryRateLimiter(now_ns=clock),
        principal_of=principal_of,
        weigh=RouteWeights(index),
        logger=logger,
    )
    transport = httpx.ASGITransport(app=app, client=client_address, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://test")
    return Edge(app, client, metrics, clock, health)


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of ``answer``, whose constant parts are checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"].endswith(f"/errors/{code}")
    assert body["title"]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["trace_id"] == answer.headers["x-trace-id"]
    return body


async def call(
    app: Any,
    *,
    method: str = "GET",
    path: str = "/",
    headers: list[tuple[bytes, bytes]] | None = None,
    chunks: list[bytes] | None = None,
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Speak ASGI to ``app`` directly, for requests that no HTTP client will send."""
    queue: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks or []
    ]
    queue.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[Message] = []

    async def receive() -> Message:
        return queue.pop(0) if queue else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.partition("?")[0],
        "raw_path": path.encode(),
        "query_string": path.partition("?")[2].encode(),
        "root_path": "",
        "headers": headers if headers is not None else [(b"host", b"test")],
        "client": ("203.0.113.7", 40_000),
        "server": ("test", 80),
    }
    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    body = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return start["status"], dict(start["headers"]), body


@contextmanager
def captured_log(level: str = "INFO", form: str = "json") -> Iterator[io.BytesIO]:
    """The process's log, as JSON lines unless said; afterwards it is put back to what it was."""
    loggers = [logging.getLogger(name) for name in ("", "httpx", "httpcore", "uvicorn.access")]
    before = [(each, each.handlers[:], each.level, each.disabled) for each in loggers]
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, write_through=True)
    configure_logging(level=level, stream=stream, form=form)
    try:
        yield buffer
    finally:
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
        for each, handlers, threshold, disabled in before:
            each.handlers[:] = handlers
            each.setLevel(threshold)
            each.disabled = disabled


def json_body(body: bytes) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(body)
    return parsed
