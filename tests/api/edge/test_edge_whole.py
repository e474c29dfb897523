"""The middleware as one: what is not HTTP passes, and nothing leaves without a problem document."""

from typing import Annotated, Any

import httpx
from fastapi import APIRouter, FastAPI, Query, WebSocket
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from app.api.middleware import EdgeConfig
from app.api.problems import Problems, install_error_handlers
from app.api.route import PUBLIC, new_router, permission
from app.domain.shared.errors import NotFound
from tests.api.edge.support import call, catalogue, make_edge, problem

EVERYTHING = EdgeConfig(
    cors_origins=("https://shop.example.com",), max_in_flight=10, hsts=True, allowed_hosts=("test",)
)


async def test_websockets_and_the_lifespan_pass_through_the_whole_middleware() -> None:
    """S1-02: start and clean stop behind every middleware; sockets are left alone."""
    edge = make_edge(config=EVERYTHING)

    @edge.app.websocket("/events")
    async def events(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    async def talk(scope: dict[str, Any], *events: str) -> list[str]:
        waiting = list(events)
        sent: list[str] = []

        async def receive() -> dict[str, Any]:
            return {"type": waiting.pop(0)}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await edge.app(scope, receive, send)
        return sent

    socket = {"type": "websocket", "path": "/events", "headers": [], "query_string": b""}
    assert await talk(socket, "websocket.connect") == [
        "websocket.accept",
        "websocket.send",
        "websocket.close",
    ]
    lifespan = {"type": "lifespan", "asgi": {}, "state": {}}
    assert await talk(lifespan, "lifespan.startup", "lifespan.shutdown") == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert edge.metrics.stats()["requests_total"] == 0


async def test_without_the_middleware_a_crash_is_still_a_problem() -> None:
    """AC-01: the handlers alone never show Starlette's plain text."""
    app = FastAPI(openapi_url=None)
    install_error_handlers(app, Problems(catalogue()))

    @app.get("/crash")
    async def crash() -> None:
        raise RuntimeError("the reason")

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/crash")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "common.internal"
    assert "the reason" not in answer.text


def late_router() -> APIRouter:
    router = new_router(prefix="/api/v1/late")

    @router.get("/refusal", openapi_extra=permission(PUBLIC))
    async def refusal() -> StreamingResponse:
        async def parts() -> Any:
            yield b"first"
            raise NotFound

        return StreamingResponse(parts())

    return router


async def test_a_refusal_after_the_answer_began_cuts_it_off() -> None:
    """A client must not take half a document for a whole one, nor find a problem in it."""
    edge = make_edge(late_router(), config=EdgeConfig(compress=False))
    status, _, body = await call(edge.app, path="/api/v1/late/refusal")
    assert (status, body) == (200, b"first")


class Filters(BaseModel):
    """Query parameters as a model."""

    model_config = {"extra": "forbid"}

    code: str | None = Field(None, max_length=10)
    day: str | None = Field(None, alias="from", max_length=10)
    tags: list[str] = Field(default_factory=list, max_length=3)


async def test_parameters_of_a_model_are_known_by_their_names() -> None:
    router = new_router(prefix="/api/v1/things")

    @router.get("", openapi_extra=permission(PUBLIC))
    async def many(filters: Annotated[Filters, Query()]) -> dict[str, Any]:
        return filters.model_dump()

    edge = make_edge(router)
    answer = await edge.client.get("/api/v1/things?code=a&from=b&tags=c&tags=d")
    assert answer.json() == {"code": "a", "day": "b", "tags": ["c", "d"]}
    for query in ("day=b", "filters=x", "code=a&colour=b"):
        answer = await edge.client.get(f"/api/v1/things?{query}")
        problem(answer, 400, "common.unknown_parameter")
    answer = await edge.client.get("/api/v1/things?code=a&code=b")
    problem(answer, 400, "common.repeated_parameter")
