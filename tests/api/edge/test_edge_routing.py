"""Flat routing: a written path first, then Starlette's choice, and HTTP's rules (AC-14, RB-01)."""

import inspect
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Match, Route

from app.api.errors import MethodNotAllowed, PathNotFound
from app.api.middleware import EdgeConfig
from app.api.route import PUBLIC, new_router, operation_id, permission
from app.api.routing import (
    RouteIndex,
    RoutingError,
    check_permissions_declared,
    check_routes,
    include,
    install_flat_routing,
)
from app.main import create_app
from tests.api.edge.support import Edge, call, json_body, make_edge, problem, sample_router
from tests.conftest import settings_for

METHODS = ["GET", "POST", "PATCH", "DELETE"]


async def endpoint() -> None:
    return None


# --- against Starlette ---------------------------------------------------------------------------


def random_table(chance: random.Random) -> list[Route]:
    """Overlapping routes on purpose: words and parameters after the first word, in any order."""
    routes = []
    for _ in range(chance.randint(1, 40)):
        prefix = chance.choice(["/api/v1", "/api/v1", "/api/v1", "/api", ""])
        depth = chance.randint(1, 4)
        segments = [chance.choice(["a", "b", "c", f"{{p{place}}}"]) for place in range(depth)]
        segments[0] = chance.choice(["a", "b", "c"])
        path = prefix + "".join("/" + segment for segment in segments)
        routes.append(Route(path, endpoint, methods=[chance.choice(METHODS)]))
    if chance.random() < 0.3:
        routes.append(Route("/", endpoint, methods=["GET"]))
    return routes


def starlette_choice(routes: list[Route], path: str, method: str) -> Any:
    """What Starlette's own loop does: among the routes with just this path, if there are any."""
    written = [route for route in routes if route.path == path]
    scope = {"type": "http", "path": path, "method": method, "root_path": ""}
    allowed: set[str] = set()
    for route in written or routes:
        match, child = route.matches(scope)
        if match is Match.FULL:
            return route, child["path_params"]
        if match is Match.PARTIAL:
            allowed |= route.methods or set()
    return (405, allowed) if allowed else 404


def our_choice(index: RouteIndex, path: str, method: str) -> Any:
    try:
        route, params = index.find(path, method)
    except PathNotFound:
        return 404
    except MethodNotAllowed as refused:
        return 405, set(refused.allow) - {"OPTIONS"}
    return route, params


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("seed", range(25))
def test_the_index_chooses_as_starlette_does(seed: int, *, indexed: bool) -> None:
    chance = random.Random(seed)
    routes = random_table(chance)
    index = RouteIndex(routes, indexed=indexed)
    for _ in range(150):
        prefix = chance.choice(["/api/v1", "/api/v1", "/api", "/api/v2", ""])
        words = [
            chance.choice(["a", "b", "c", "x", "", "a b"]) for _ in range(chance.randint(0, 4))
        ]
        path = prefix + "".join("/" + word for word in words) or "/"
        for method in [*METHODS, "HEAD", "PUT"]:
            expected = starlette_choice(routes, path, method)
            assert our_choice(index, path, method) == expected, (path, method)


def test_a_word_after_a_resource_is_no_id() -> None:
    """OpenAPI 3.1: a path without parameters comes before one with."""
    one, batch = Route("/a/{id}", endpoint), Route("/a/batch", endpoint, methods=["POST"])
    index = RouteIndex([one, batch])
    assert our_choice(index, "/a/batch", "POST") == (batch, {})
    assert our_choice(index, "/a/batch", "GET") == (405, {"POST"})
    assert our_choice(index, "/a/other", "GET") == (one, {"id": "other"})


def test_a_prefix_of_any_depth_works() -> None:
    routes = [Route("/x/{a}", endpoint), Route("/v9/things/{a}", endpoint)]
    for prefix in ("", "/v9", "/a/b/c/d"):
        index = RouteIndex(routes, prefix)
        assert index.find("/x/1", "GET")[1] == {"a": "1"}
        assert index.find("/v9/things/2", "GET")[1] == {"a": "2"}


@pytest.mark.parametrize(
    "path",
    ["/files/{name:path}", "/a/{x:int}", "/a/{x}.json", "/a/{x}/", "/{x}/a", "/api/v1/{x}"],
)
def test_patterns_that_the_index_cannot_hold_are_refused_at_start(path: str) -> None:
    with pytest.raises(RoutingError):
        RouteIndex([Route(path, endpoint)])


# --- HTTP ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def edge() -> Edge:
    return make_edge(sample_router(), config=EdgeConfig(limits=None))


async def test_head_answers_as_get_without_the_body(edge: Edge) -> None:
    for path in ("/api/v1/orders", "/api/v1/orders/ord_7", "/healthz", "/docs", "/openapi.json"):
        got = await edge.client.get(path)
        headed = await edge.client.head(path)
        assert headed.status_code == got.status_code == 200
        assert headed.content == b""
        assert headed.headers["content-type"] == got.headers["content-type"]
    headed = await edge.client.head("/api/v1/orders")
    got = await edge.client.get("/api/v1/orders")
    assert (
        headed.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
    )


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/api/v1/orders", "GET, HEAD, OPTIONS, POST"),
        ("/api/v1/orders/ord_1", "GET, HEAD, OPTIONS, PATCH"),
        ("/api/v1/orders/ord_1/confirm", "OPTIONS, POST"),
        ("/healthz", "GET, HEAD, OPTIONS"),
    ],
)
async def test_every_path_tells_its_methods(edge: Edge, path: str, allow: str) -> None:
    answer = await edge.client.options(path)
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, allow, b"")
    for method in {"DELETE", "PUT", "TRACE", "CONNECT", "BREW"} - set(allow.split(", ")):
        status, headers, body = await call(edge.app, method=method, path=path)
        assert (status, headers[b"allow"]) == (405, allow.encode())
        assert json_body(body)["code"] == "common.method_not_allowed"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/orders/",
        "/api/v1/orders/ord_1/",
        "/healthz/",
        "/api/v1//orders",
        "//",
        "/api/v1",
        "/API/V1/orders",
        "/api/v1/orders\n",
        "/api/v1/orders/ord_1/confirm\n",
    ],
)
async def test_another_spelling_is_404_and_never_a_redirect(edge: Edge, path: str) -> None:
    """AC-14: a redirect would drop credentials or send them elsewhere."""
    for method in ("GET", "POST", "OPTIONS", "TRACE"):
        status, headers, body = await call(edge.app, method=method, path=path)
        assert (status, json_body(body)["code"]) == (404, "common.path_not_found")
        assert b"location" not in headers


async def test_a_root_path_is_cut_off(edge: Edge) -> None:
    """Behind a proxy that serves the application below a path of its own."""
    import httpx

    transport = httpx.ASGITransport(app=edge.app, root_path="/shop")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/shop/api/v1/orders/ord_3")).json() == {"id": "ord_3"}
        problem(await client.get("/shop/api/v1/nothing"), 404, "common.path_not_found")


async def test_path_parameters_reach_the_endpoint(edge: Edge) -> None:
    assert (await edge.client.get("/api/v1/orders/ord_12")).json() == {"id": "ord_12"}
    answer = await edge.client.patch("/api/v1/orders/x%20y", json={"a": None})
    assert answer.json() == {"id": "x y", "change": {"a": None}}


# --- the table -----------------------------------------------------------------------------------


def app_with(*paths: tuple[str, str], extra: dict[str, Any] | None = None) -> FastAPI:
    app = FastAPI(openapi_url=None)
    router = new_router()
    for method, path in paths:
        router.add_api_route(
            path,
            endpoint,
            methods=[method],
            openapi_extra=permission(PUBLIC) if extra is None else extra,
        )
    include(app, router)
    return app


def test_a_route_without_a_permission_does_not_start() -> None:
    """RB-01: default deny."""
    for extra in ({}, {"x-permission": ""}, {"x-permission": None}):
        with pytest.raises(RoutingError, match="no x-permission: GET /a"):
            check_permissions_declared(app_with(("GET", "/a"), extra=extra))
    check_permissions_declared(app_with(("GET", "/a"), extra=permission("sales:read")))


def test_hidden_routes_do_not_start() -> None:
    with pytest.raises(RoutingError, match=r"/a/b is hidden by /a/\{x\}"):
        check_routes(app_with(("GET", "/a/{x}"), ("GET", "/a/b")))
    with pytest.raises(RoutingError, match=r"/a/\{y\} is hidden by /a/\{x\}"):
        check_routes(app_with(("GET", "/a/{x}"), ("GET", "/a/{y}")))
    check_routes(app_with(("GET", "/a/b"), ("GET", "/a/{x}"), ("POST", "/a/{x}")))


def test_operation_ids_are_unique() -> None:
    with pytest.raises(RoutingError, match=r"a_b is both GET /api/v1/a/b and POST /api/v1/a/b"):
        check_routes(app_with(("GET", "/api/v1/a/b"), ("POST", "/api/v1/a/b")))


def test_only_routes_can_be_included() -> None:
    outer = APIRouter()
    inner = APIRouter()
    inner.add_api_route("/a", endpoint)
    outer.include_router(inner)
    with pytest.raises(RoutingError):
        include(FastAPI(), outer)
    app = FastAPI(openapi_url=None)
    app.mount("/static", FastAPI())
    with pytest.raises(RoutingError):
        install_flat_routing(app)


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/api/v1/products", "products_list"),
        ("POST", "/api/v1/sales", "sales_create"),
        ("POST", "/api/v1/sales/batch", "sales_batch"),
        ("GET", "/api/v1/products/{id}", "products_get"),
        ("PATCH", "/api/v1/products/{id}", "products_update"),
        ("PUT", "/api/v1/products/{id}", "products_replace"),
        ("DELETE", "/api/v1/products/{id}", "products_delete"),
        ("POST", "/api/v1/sales-orders/{id}/confirm", "sales_orders_confirm"),
        ("GET", "/api/v1/products/{id}/cost-trace", "products_cost_trace"),
        ("GET", "/api/v1/companies/current", "companies_current"),
        ("PATCH", "/api/v1/companies/current", "companies_current_update"),
        ("GET", "/api/v1/reports/trial-balance", "reports_trial_balance"),
        ("POST", "/api/v1/auth/login", "auth_login"),
        ("DELETE", "/api/v1/auth/sessions/{id}", "auth_sessions_delete"),
        ("GET", "/.well-known/jwks.json", "well_known_jwks_json"),
        ("GET", "/", "index_list"),
    ],
)
def test_operation_ids_read_as_resource_and_verb(method: str, path: str, name: str) -> None:
    """UX-02: usable names in generated clients."""
    assert operation_id(APIRoute(path, endpoint, methods=[method])) == name


# --- what is not HTTP ----------------------------------------------------------------------------


async def test_lifespan_and_websockets_stay_with_starlette() -> None:
    """S1-02: the lifespan hook runs behind the flat router and the middleware."""
    app = FastAPI(openapi_url=None)

    @app.websocket("/events")
    async def events(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    install_flat_routing(app)
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/events", "headers": [], "query_string": b""}
    await app(scope, receive, send)
    assert [message["type"] for message in sent] == [
        "websocket.accept",
        "websocket.send",
        "websocket.close",
    ]


# --- what a request calls ------------------------------------------------------------------------


def called(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """The endpoint and everything it depends on."""
    assert dependant.call is not None
    yield dependant.call
    for each in dependant.dependencies:
        yield from called(each)


def test_nothing_that_a_request_calls_goes_to_a_thread() -> None:
    """FastAPI hands a plain function to a thread: half a millisecond, and at most forty at once."""
    app = create_app(settings_for("sqlite:///unused.db"))
    routes = [route for route in app.router.routes if isinstance(route, APIRoute)]
    assert len(routes) > 100
    plain = {
        f"{each.__module__}.{each.__qualname__}"
        for route in routes
        for each in called(route.dependant)
        if not inspect.iscoroutinefunction(each)
    }
    assert plain == set()
