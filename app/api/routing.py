"""Flat, indexed routing: one dictionary look-up instead of a walk over every route.

FastAPI keeps included routers as a tree and tries each route's regular expression in turn, which
costs more than the rest of a request once there are some hundred routes. Here routes are
registered flat, with full paths, and found by (number of segments, resource segment). A path
without parameters comes first; else the choice is Starlette's own: the first registered route that
takes path and method.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import MethodNotAllowed, PathNotFound
from app.api.record import record_of
from app.api.route import API_PREFIX, PERMISSION_KEY, ApiRoute
from app.domain.shared.frozen import frozen

FOUND_KEY: Final = "tradepost.found"  # the route, where somebody before the router found it


class RoutingError(RuntimeError):
    """The route table cannot be served as it stands; found when the application is built."""


@frozen
class Pattern:
    """One route: its path cut into segments (None for a parameter) and what it answers.

    ``texts`` and ``names`` are the same segments by kind: position and text, position and name.
    """

    template: str
    fixed: tuple[str | None, ...]
    texts: tuple[tuple[int, str], ...]
    names: tuple[tuple[int, str], ...]
    methods: frozenset[str]
    route: Route

    def takes(self, segments: Sequence[str]) -> bool:
        """Whether a path of so many segments, none of them empty, is this route's."""
        for index, text in self.texts:  # noqa: SIM110 - a generator doubles the cost of a match
            if segments[index] != text:
                return False
        return True


@frozen
class _Leaf:
    """What a path without parameters leads to."""

    by_method: dict[str, Pattern]
    allow: tuple[str, ...]


class RouteIndex:
    """Finds the route of a path. Built once; a route added later is not seen."""

    def __init__(self, routes: Iterable[BaseRoute], prefix: str = API_PREFIX) -> None:
        patterns = [_pattern(route) for route in _http_routes(routes)]
        self._prefix = prefix + "/"
        self._prefix_segments = tuple(prefix.split("/"))
        self._resource_at = len(self._prefix_segments)
        self._fixed = _leaves(patterns)
        self._buckets = self._buckets_of(patterns)
        self.routes: tuple[Any, ...] = tuple(pattern.route for pattern in patterns)

    def find(self, path: str, method: str) -> tuple[Pattern, dict[str, str]]:
        """The route of ``path`` and ``method`` and its path parameters.

        Raises:
            PathNotFound: no route has this path.
            MethodNotAllowed: routes with this path do not take ``method``.
        """
        leaf = self._fixed.get(path)
        if leaf is not None:
            pattern = leaf.by_method.get(method)
            if pattern is None:
                raise MethodNotAllowed(leaf.allow)
            return pattern, {}
        segments = path.split("/")
        if segments.count("") != 1:  # an empty segment, as a trailing slash makes one
            raise PathNotFound
        allow: list[str] = []
        for pattern in self._bucket(path, segments):
            if pattern.takes(segments):
                if method in pattern.methods:
                    return pattern, _bind(pattern, segments)
                allow += pattern.methods
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

    def _bucket(self, path: str, segments: list[str]) -> Sequence[Pattern]:
        at = self._resource_at if path.startswith(self._prefix) else 1
        if at >= len(segments):
            return ()
        depth = len(segments)
        found = self._buckets.get((depth, at, segments[at]))
        return found if found is not None else self._buckets.get((depth, at, None), ())

    def _buckets_of(
        self, patterns: list[Pattern]
    ) -> dict[tuple[int, int, str | None], tuple[Pattern, ...]]:
        """A bucket for each resource, and one (None) for routes whose resource is a parameter.

        The latter stand in every bucket of their depth too, so that one look-up sees all, in order.
        Paths outside the prefix have buckets of their own, without the routes inside of it.
        """
        buckets: dict[tuple[int, int, str | None], tuple[Pattern, ...]] = {}
        variable = [pattern for pattern in patterns if pattern.names]
        inside = self._resource_at
        outside = [p for p in variable if p.fixed[:inside] != self._prefix_segments]
        for at, candidates in ((1, outside), (inside, variable)):
            fitting = [p for p in candidates if len(p.fixed) > at]
            for depth, key in {(len(p.fixed), p.fixed[at]) for p in fitting}:
                buckets[depth, at, key] = tuple(
                    p for p in fitting if len(p.fixed) == depth and p.fixed[at] in (key, None)
                )
        return buckets


def _leaves(patterns: list[Pattern]) -> dict[str, _Leaf]:
    """For each path without parameters: the first registered route of each method.

    Such a path comes before one with parameters that would match it too (OpenAPI 3.1, "Path
    Templating Matching"): ``GET /products/batch`` asks for no product called "batch".
    """
    by_path: dict[str, dict[str, Pattern]] = {}
    for pattern in patterns:
        if not pattern.names:
            by_method = by_path.setdefault(pattern.template, {})
            for method in pattern.methods:
                by_method.setdefault(method, pattern)
    return {path: _Leaf(by_method, _allow(by_method)) for path, by_method in by_path.items()}


class FlatRouter:
    """The ASGI application behind the middleware: finds the route, runs it.

    HEAD is served wherever GET is, without the body; OPTIONS answers 204 with ``Allow``; a trailing
    slash is another path, never a redirect that would drop credentials.
    """

    def __init__(self, index: RouteIndex, other: ASGIApp) -> None:
        self._index = index
        self._other = other  # lifespan and WebSockets stay with Starlette

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
        pattern, path_params = scope.pop(FOUND_KEY, None) or self._index.find(path, method)
        route = pattern.route
        record_of(scope).route = pattern.template
        scope["route"] = route
        scope["endpoint"] = route.endpoint
        scope["path_params"] = path_params
        await route.app(scope, receive, _without_body(send) if method == "HEAD" else send)


def include(app: FastAPI, router: APIRouter) -> None:
    """Register the routes of ``router`` on ``app`` as they are.

    Raises:
        RoutingError: the router holds something else than ours (another router, a mount).
    """
    for route in router.routes:
        if not isinstance(route, ApiRoute):
            raise RoutingError(f"{route!r} cannot be included flat")
    app.router.routes.extend(router.routes)


def install_flat_routing(app: FastAPI, prefix: str = API_PREFIX) -> RouteIndex:
    """Serve the routes registered so far through the index. Call it after the last ``include``."""
    index = RouteIndex(app.router.routes, prefix)
    app.router.middleware_stack = FlatRouter(index, app.router.app)
    return index


def check_routes(app: FastAPI) -> None:
    """Refuse a table that would surprise: every route declares its permission and can be reached.

    Raises:
        RoutingError: names the routes without ``x-permission``, those an earlier one hides, and
            operation ids that stand there twice.
    """
    check_permissions_declared(app)
    routes = [route for route in app.router.routes if isinstance(route, APIRoute)]
    patterns = [_pattern(route) for route in routes]
    wrong = [
        f"{later.template} is hidden by {earlier.template}"
        for place, later in enumerate(patterns)
        for earlier in patterns[:place]
        if earlier.methods & later.methods and _covers(earlier, later)
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


def _pattern(route: Route) -> Pattern:
    texts = []
    names = []
    segments = route.path.split("/")
    for index, segment in enumerate(segments):
        if "{" not in segment:
            texts.append((index, segment))
            continue
        name = segment[1:-1]
        if segment != f"{{{name}}}" or not name.isidentifier():
            raise RoutingError(f"{route.path}: a parameter must be a whole segment of type text")
        names.append((index, name))
    if names and segments.count("") != 1:
        raise RoutingError(f"{route.path}: an empty segment beside a parameter")
    fixed = tuple(None if "{" in segment else segment for segment in segments)
    methods = frozenset(route.methods or {"GET"})
    if "GET" in methods:
        methods |= {"HEAD"}
    return Pattern(route.path, fixed, tuple(texts), tuple(names), methods, route)


def _bind(pattern: Pattern, segments: list[str]) -> dict[str, str]:
    return {name: segments[index] for index, name in pattern.names}


def _allow(methods: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*methods, "OPTIONS"}))


def _covers(earlier: Pattern, later: Pattern) -> bool:
    return len(earlier.fixed) == len(later.fixed) and all(
        own is None or own == other for own, other in zip(earlier.fixed, later.fixed, strict=True)
    )


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
