"""The steps of a route do what FastAPI's walk of its tree does."""

from datetime import date
from typing import Annotated, Any, Literal

import httpx
import orjson
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, Header, Path, Query, Request
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import Response

from app.api import calling
from app.api.route import ApiRoute, new_router
from app.api.routing import install_flat_routing
from app.domain.identity.sign_in.errors import Unauthenticated
from app.main import create_app
from tests.api.edge.support import Order
from tests.conftest import settings_for

Arguments = dict[str, Any]


def echo(**arguments: Any) -> Response:
    return Response(orjson.dumps(arguments, default=repr), media_type="application/json")


class Refused(Exception):
    pass


async def caller(request: Request, x_name: Annotated[str, Header(max_length=3)] = "-") -> str:
    request.scope["calls"] = request.scope.get("calls", 0) + 1
    if x_name == "bad":
        raise Refused
    return x_name


async def window(
    day: Annotated[date, Query()],
    limit: Annotated[int, Query(ge=1, le=9)] = 3,
    kind: Annotated[Literal["a", "b"] | None, Query(alias="sort")] = None,
) -> Arguments:
    return {"day": day, "limit": limit, "kind": kind}


async def commanded(
    caller: Annotated[str, Depends(caller)], dry_run: Annotated[bool, Query()] = False
) -> Arguments:
    return {"caller": caller, "dry_run": dry_run}


async def show(
    request: Request,
    commanded: Annotated[Arguments, Depends(commanded)],
    id: Annotated[str, Path(min_length=2)],  # noqa: A002
    caller: Annotated[str, Depends(caller)],
    window: Annotated[Arguments, Depends(window)],
    ratio: Annotated[float | None, Query(gt=0)] = None,
) -> Response:
    return echo(
        commanded=commanded,
        id=id,
        caller=caller,
        window=window,
        ratio=ratio,
        calls=request.scope["calls"],
    )


async def change(commanded: Annotated[Arguments, Depends(commanded)], body: Order) -> Response:
    return echo(commanded=commanded, body=body.model_dump())


async def perhaps(body: Order | None = None) -> Response:
    return echo(body=None if body is None else body.model_dump())


def client(*, prepared: bool) -> httpx.AsyncClient:
    router = new_router()
    router.get("/show/{id}")(show)
    router.post("/change")(change)
    router.post("/perhaps")(perhaps)
    app = FastAPI(openapi_url=None)
    app.router.routes.extend(router.routes)
    install_flat_routing(app, prepared=prepared)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture(scope="module")
def clients() -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """One whose routes are called by their steps, and one whose routes FastAPI walks."""
    return client(prepared=True), client(prepared=False)


async def answer(http: httpx.AsyncClient, *request: Any, **parts: Any) -> tuple[int, Any]:
    try:
        answered = await http.request(*request, **parts)
    except Exception as error:
        return 0, (type(error), str(error))
    body = answered.json()
    if answered.status_code == 422:
        # What is wrong with a shared dependency FastAPI says once for each that takes it.
        faults = body["detail"]
        body = [each for place, each in enumerate(faults) if each not in faults[:place]]
    return answered.status_code, body


QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "day": st.sampled_from(["2026-11-22", "2026-02-30", ""]),
        "limit": st.sampled_from(["1", "10", "x", ""]),
        "sort": st.sampled_from(["a", "c"]),
        "dry_run": st.sampled_from(["true", "0", "perhaps"]),
        "ratio": st.sampled_from(["0.5", "0", "-1"]),
    },
)
HEADERS = st.sampled_from([{}, {"x-name": "Ann"}, {"x-name": "Anna"}, {"x-name": "bad"}])
BODIES = st.sampled_from(
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"lines":[{"sku":"A1","quantity":2}]}',
        b'{"lines":[{"sku":"a","quantity":"2"},{"sku":"B"}],"kind":"gift","more":1}',
    ]
)


@settings(deadline=None)
@given(QUERIES, HEADERS, st.sampled_from(["p1", "p"]))
async def test_parameters_and_dependencies(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], query: Any, headers: Any, id_: str
) -> None:
    stepped, walked = [
        await answer(each, "GET", f"/show/{id_}", params=query, headers=headers) for each in clients
    ]
    assert stepped == walked


@settings(deadline=None)
@given(st.sampled_from(["/change", "/perhaps"]), HEADERS, BODIES)
async def test_bodies(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], path: str, headers: Any, body: bytes
) -> None:
    typed = {**headers, "content-type": "application/json"} if body else headers
    stepped, walked = [
        await answer(each, "POST", path, content=body, headers=typed) for each in clients
    ]
    assert stepped == walked


async def test_a_dependency_that_two_take_is_called_once(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    for each in clients:
        status, body = await answer(each, "GET", "/show/p1", params={"day": "2026-11-22"})
        assert (status, body["calls"]) == (200, 1)
        assert body["window"] == {"day": "2026-11-22", "limit": 3, "kind": None}


async def test_what_is_refused_is_refused_before_anything_is_called(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    """The endpoint is not; a dependency whose own parameters are sound is."""
    for each in clients:
        refused = await answer(each, "GET", "/show/p")
        assert (refused[0], [error["loc"] for error in refused[1]]) == (
            422,
            [["query", "day"], ["path", "id"]],
        )
        bad = {"x-name": "bad"}
        assert await answer(each, "GET", "/show/p", headers=bad) == (0, (Refused, ""))


def plain(*endpoints: Any) -> list[bool]:
    router = new_router()
    for place, endpoint in enumerate(endpoints):
        router.post(f"/{place}", response_model=None)(endpoint)
    return [isinstance(each, ApiRoute) and each.plain is not None for each in router.routes]


def test_what_only_fastapi_can_call_is_left_to_it() -> None:
    async def generator() -> Any:
        yield 1

    def in_a_thread() -> int:
        return 1

    async def generated(value: Annotated[int, Depends(generator)]) -> Response:
        return echo(value=value)

    async def threaded(value: Annotated[int, Depends(in_a_thread)]) -> Response:
        return echo(value=value)

    async def anew(value: Annotated[str, Depends(caller, use_cache=False)]) -> Response:
        return echo(value=value)

    async def later(tasks: BackgroundTasks) -> Response:
        return echo(tasks=tasks)

    async def many(name: Annotated[list[str], Query()]) -> Response:
        return echo(name=name)

    async def model(page: Annotated[Order, Query()]) -> Response:
        return echo(page=page)

    async def two(one: Order, other: Order) -> Response:
        return echo(one=one, other=other)

    async def made(name: Annotated[str, Query(default_factory=str)]) -> Response:
        return echo(name=name)

    async def data() -> dict[str, str]:
        return {}

    assert plain(change, perhaps) == [True, True]
    others = (generated, threaded, anew, later, many, model, two, made, data)
    assert plain(*others) == [False] * len(others)


def test_the_routes_of_the_service_are_called_by_their_steps() -> None:
    app = create_app(settings_for("sqlite:///unused.db"))
    routes = [route for route in app.router.routes if isinstance(route, ApiRoute)]
    walked = {route.path.removeprefix("/api/v1") for route in routes if route.plain is None}
    assert walked == {"/", "/health/live", "/health/detailed", "/stats"}


async def test_who_may_not_is_refused_before_the_body_is_read() -> None:
    """RB-01: a large body to a route without permission is not read."""
    app = create_app(settings_for("sqlite:///unused.db"))
    guarded = [
        route
        for route in app.router.routes
        if isinstance(route, ApiRoute)
        and route.plain is not None
        and (route.openapi_extra or {})["x-permission"] != "public"
    ]
    assert len(guarded) > 80

    async def unread(_: Any) -> Any:
        raise AssertionError("the body was read")

    for route in guarded:
        scope = {"type": "http", "headers": [], "app": app, "route": route, "query_string": b""}
        assert route.plain is not None
        with pytest.raises(Unauthenticated):
            await route.plain(Request({**scope, "path_params": {}}), unread)


async def test_whoever_lets_his_body_wait_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """RT-03: a caller who was signed out meanwhile is refused, however long the body takes."""
    asked: list[str] = []

    async def caller(request: Request) -> str:
        asked.append(request.url.path)
        if len(asked) > 2:
            raise Unauthenticated
        return "somebody"

    async def change(who: Annotated[str, Depends(caller)]) -> Response:
        return echo(who=who)

    router = new_router()
    router.post("/orders")(change)
    [route] = router.routes
    assert isinstance(route, ApiRoute)
    assert route.plain is not None
    scope = {"type": "http", "headers": [], "path": "/orders", "query_string": b""}

    async def read(_: Any) -> Any:
        return calling.ABSENT

    async def send() -> None:
        assert route.plain is not None
        await route.plain(Request({**scope, "path_params": {}}), read)

    await send()
    assert len(asked) == 1
    monkeypatch.setattr(calling, "SLOW_BODY_SECONDS", -1.0)
    with pytest.raises(Unauthenticated):
        await send()
    assert len(asked) == 3
