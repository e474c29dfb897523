"""Flat, indexed routing: few routes are tried instead of all.

FastAPI keeps included routers as a tree and tries each route's regular expression in turn, which
costs a tenth of a small request once there are some two hundred routes. Here routes are registered
flat, with full paths, and kept by (number of segments, resource segment). Whether one of them
matches is Starlette's own answer; the first registered route that takes path and method is chosen,
and a path without parameters comes before one with parameters. ``INDEXED_ROUTING=false`` tries all.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import MethodNotAllowed, PathNotFound
from app.api.record import record_of
from app.api.route import API_PREFIX, PERMISSION_KEY, ApiRoute

FOUND_KEY: Final = "tradepost.found"  # the route, where somebody before the router found it

_PATH: Final = re.compile(r"(/([^/{}]+|\{\w+\}))+")


class RoutingError(RuntimeError):
    """The route table cannot be served as it stands; found when the application is built."""


class RouteIndex:
    """Finds the route of a path. Built once; a route added later is not seen.

    Without ``indexed`` each route is tried in turn, as Starlette does.
    """

    def __init__(
        self, routes: Iterable[BaseRoute], prefix: str = API_PREFIX, *, indexed: bool = True
    ) -> None:
        self.routes = tuple(_http_routes(routes))
        self._prefix = prefix
        self._by_path: dict[str, list[Route]] = {}  # those without parameters
        self._by_place: dict[tuple[int, str], list[Route]] = {}
        self._in_turn: list[Route] | None = None if indexed else []
        for route in self.routes:
            if "{" not in route.path:
                self._by_path.setdefault(route.path, []).append(route)
                continue
            place = self._place(route.path)
            if "{" in place[1] or not _PATH.fullmatch(route.path):
                raise RoutingError(f"{route.path}: a parameter is a whole segment after a resource")
            self._by_place.setdefault(place, []).append(route)
            if self._in_turn is not None:
                self._in_turn.append(route)

    def find(self, path: str, method: str) -> tuple[Route, dict[str, str]]:
        """The route of ``path`` and ``method`` and its path parameters.

        A path without parameters comes before one with parameters that would match it too (OpenAPI
        3.1, "Path Templating Matching"): ``GET /products/batch`` asks for no product called
        "batch".

        Raises:
            PathNotFound: no route has this path.
            MethodNotAllowed: routes with this path do not take ``method``.
        """
        scope = {"type": "http", "path": path, "method": "GET" if method == "HEAD" else method}
        allow: set[str] = set()
        for route in self._candidates(path):
            match, found = route.matches(scope)
            if match is Match.FULL:
                return route, found["path_params"]
            if match is Match.PARTIAL:
                allow |= _methods(route)
        if allow:
            raise MethodNotAllowed(_allow(allow))
        raise PathNotFound

    def allowed(self, path: str) -> tuple[str, ...]:
        """The methods of ``path``.

        Raises:
            PathNotFound: no route has this path.
        """
        try:
            self.find(path, "")
        except MethodNotAllowed as refused:
            return refused.allow
        raise PathNotFound

    def _candidates(self, path: str) -> Sequence[Route]:
        """The routes that may match, in the order of their registration."""
        found = self._by_path.get(path)
        if found is not None:
            return found
        if path.endswith("\n"):  # which the end of a regular expression passes over
            return ()
        if self._in_turn is not None:
            return self._in_turn
        return self._by_place.get(self._place(path), ())

    def _place(self, path: str) -> tuple[int, str]:
        resource = path.removeprefix(self._prefix).partition("/")[2].partition("/")[0]
        return path.count("/"), resource


class FlatRouter:
    """The ASGI application behind the middleware: finds the route, runs it.

    HEAD is served wherever GET is, without the body; OPTIONS answers 204 with ``Allow``; a trailing
    slash is another path, never a redirect that would drop credentials.
    """

    def __init__(self, index: RouteIndex, other: ASGIApp, *, prepared: bool) -> None:
        self._index = index
        self._other = other  # lifespan and WebSockets stay with Starlette
        self._prepared = prepared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        method = scope["method"]
        if method == "OPTIONS":
            await _answer_options(self._index.allowed(path), send)
            return
        route, path_params = scope.pop(FOUND_KEY, None) or self._index.find(path, method)
        record_of(scope).route = route.path
        scope["route"] = route
        scope["endpoint"] = route.endpoint
        scope["path_params"] = path_params
        serve = (getattr(route, "prepared", None) if self._prepared else None) or route.app
        await serve(scope, receive, _without_body(send) if method == "HEAD" else send)


def include(app: FastAPI, router: APIRouter) -> None:
    """Register the routes of ``router`` on ``app`` as they are.

    Raises:
        RoutingError: the router holds something else than ours (another router, a mount).
    """
    for route in router.routes:
        if not isinstance(route, ApiRoute):
            raise RoutingError(f"{route!r} cannot be included flat")
    app.router.routes.extend(router.routes)


def install_flat_routing(
    app: FastAPI, prefix: str = API_PREFIX, *, indexed: bool = True, prepared: bool = True
) -> RouteIndex:
    """Serve the routes registered so far through the index. Call it after the last ``include``.

    Without ``prepared`` FastAPI calls every endpoint; without ``indexed`` each route is tried.
    """
    index = RouteIndex(app.router.routes, prefix, indexed=indexed)
    app.router.middleware_stack = FlatRouter(index, app.router.app, prepared=prepared)
    return index


def check_routes(app: FastAPI) -> None:
    """Refuse a table that would surprise: every route declares its permission and can be reached.

    Raises:
        RoutingError: names the routes without ``x-permission``, those an earlier one hides, and
            operation ids that stand there twice.
    """
    check_permissions_declared(app)
    routes = [route for route in app.router.routes if isinstance(route, APIRoute)]
    wrong = [
        f"{later.path} is hidden by {earlier.path}"
        for place, later in enumerate(routes)
        for earlier in routes[:place]
        if _methods(earlier) & _methods(later) and earlier.path_regex.match(later.path)
    ]
    seen: dict[str, str] = {}
    for route in routes:
        operation = f"{' '.join(sorted(route.methods or ()))} {route.path}"
        if route.include_in_schema and seen.setdefault(route.unique_id, operation) != operation:
            wrong.append(f"{route.unique_id} is both {seen[route.unique_id]} and {operation}")
    if wrong:
        raise RoutingError("; ".join(wrong))


def check_permissions_declared(app: FastAPI) -> None:
    """Default deny starts here: a route that does not say who may call it is not served.

    Raises:
        RoutingError: names every route without ``openapi_extra["x-permission"]``.
    """
    silent = [
        f"{' '.join(sorted(route.methods or ()))} {route.path}"
        for route in app.router.routes
        if isinstance(route, Route) and not _permission(route)
    ]
    if silent:
        raise RoutingError(f"no {PERMISSION_KEY}: " + "; ".join(silent))


def _permission(route: Route) -> str | None:
    extra = getattr(route, "openapi_extra", None) or {}
    value = extra.get(PERMISSION_KEY)
    return value if isinstance(value, str) and value else None


def _http_routes(routes: Iterable[BaseRoute]) -> list[Route]:
    found = []
    for route in routes:
        if isinstance(route, Route):
            found.append(route)
        elif not isinstance(route, WebSocketRoute):
            raise RoutingError(f"{route!r} cannot be served flat")
    return found


def _methods(route: Route) -> set[str]:
    return route.methods or set()


def _allow(methods: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*methods, "OPTIONS", *({"HEAD"} if "GET" in methods else ())}))


async def _answer_options(allow: Sequence[str], send: Send) -> None:
    headers = [(b"allow", ", ".join(allow).encode("ascii"))]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
