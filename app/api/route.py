"""The routes of every endpoint: what they are called, what is checked before FastAPI reads."""

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import date
from inspect import signature
from typing import Any, Final, get_args, get_origin
from urllib.parse import unquote_plus

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope

from app.api.body import JSON_TYPE, MERGE_PATCH_TYPE, check_media_type, parse_json
from app.api.calling import ABSENT, BodyReader, Endpoint, direct, plain_endpoint
from app.api.errors import (
    MalformedQuery,
    RepeatedParameter,
    UnknownParameter,
    ValidationFailed,
    faulty,
)
from app.api.guards import REQUIRES_KEY, answer_shape
from app.api.record import header
from app.application.shared.guarded import Shape
from app.domain.identity.keys.errors import CredentialInQuery
from app.domain.shared.errors import Fault

API_PREFIX: Final = "/api/v1"
PUBLIC: Final = "public"
PERMISSION_KEY: Final = "x-permission"
STEP_UP_KEY: Final = "x-step-up"
COST_KEY: Final = "x-rate-cost"  # tokens of the caller's budget
# A report walks the ledger, an export everything; a batch of 100 costs less than 100 requests.
RESOURCE_COSTS: Final = {"reports": 10, "exports": 50}
BATCH: Final = {COST_KEY: 25}
KEYS_TOO: Final = "x-any-api-key"  # on a route that every API key may call
SORTS_KEY: Final = "x-sorts"  # the orders that a list declares beside its 200

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_SEQUENCES: Final = (list, tuple, set, frozenset)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# RFC 6750 §5.3: what stands in an address is kept by browsers, proxies and logs. A cursor is signed
# and may be any letters, so also those that a token of a session begins with.
_CREDENTIAL: Final = re.compile(
    r"tp_(live|test)_|\beyJ[\w-]+\.eyJ|(^|[&\s]|(?<!cursor)=)(rt|it)_[\w-]{64}"
    r"|(^|&)(?i:access_?token|refresh_?token|token|api_?key|authorization)(=|&|$)"
)
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_COLLECTION_VERBS: Final = {"GET": "list", "POST": "create", "PATCH": "update", "PUT": "replace"}
_ITEM_VERBS: Final = {**_COLLECTION_VERBS, "GET": "get"}


class JsonRequest(Request):
    """A request whose body was read and parsed before FastAPI asks for it.

    ``parsed`` is the value of the body, None where there is none; ``given`` tells them apart.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self.parsed: Any = None
        self.given = False

    async def json(self) -> Any:
        """The value of the body, parsed by ``app.api.body``."""
        return self.parsed

    async def load(self, accepted: tuple[str, ...]) -> None:
        """Read the body; unless it is empty, it must be of one of the ``accepted`` types."""
        content_type = header(self.scope, b"content-type")
        if content_type is not None:
            check_media_type(content_type, accepted)
        if header(self.scope, b"content-encoding") is not None:
            # A small compressed body may unpack to any size.
            check_media_type(None, accepted)
        body = await self.body()
        if body:
            check_media_type(content_type, accepted)
            self.parsed = parse_json(body)
            self.given = True


class ApiRoute(APIRoute):
    """A route that refuses unknown parameters and unexpected bodies, and reads JSON itself.

    ``app`` serves it as FastAPI does. ``prepared`` serves it without FastAPI's walk over the
    dependencies, where none is needed (``app.api.calling``), and ``plain`` is the endpoint behind
    it. ``shape`` tells which members of its answers not everybody sees.
    """

    prepared: ASGIApp | None
    plain: Endpoint | None
    shape: Shape

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shape = answer_shape(self.responses)
        self.plain = plain = plain_endpoint(self)
        self.prepared = None if plain is None else direct(_prepared_handler(self, plain))

    def get_route_handler(self) -> Handler:
        """FastAPI's handler behind our checks.

        FastAPI reads the body before it calls a dependency. The dependencies that look at the
        request alone, which authenticate the caller, are called before that too: a caller who may
        not do this is refused before a byte of the body is read.
        """
        handler = super().get_route_handler()
        check = _query_check(self)
        read = _body_reader(self)
        guards = _guards_of(self.dependant)

        async def handle(request: Request) -> Response:
            check(request)
            if read is None:
                return await handler(request)
            checked = JsonRequest(request.scope, request.receive)
            for guard in guards:
                await guard(checked)
            await read(checked)
            return await handler(checked)

        return handle


def _prepared_handler(route: APIRoute, plain: Endpoint) -> Handler:
    check = _query_check(route)
    read = _body_reader(route)

    async def handle(request: Request) -> Response:
        check(request)
        if read is None:
            return await plain(request, _no_body)
        return await plain(JsonRequest(request.scope, request.receive), read)

    return handle


def _guards_of(tree: Dependant) -> list[Callable[[Request], Awaitable[Any]]]:
    """The dependencies that take nothing but the request, each once, in the order of the calls."""
    found: dict[Any, None] = {}
    for branch in tree.dependencies:
        found |= dict.fromkeys(_guards_of(branch))
        if branch.call is not None and list(signature(branch.call).parameters) == ["request"]:
            found[branch.call] = None
    return list(found)


def _query_check(route: APIRoute) -> Callable[[Request], None]:
    single, repeatable = query_names(route)
    known = single | repeatable
    days = _day_names(route)
    sorts = tuple(route.responses.get(200, {}).get(SORTS_KEY, ()))

    def check(request: Request) -> None:
        if request.scope["query_string"]:
            check_query(request, known, single)
            _check_days(request, days)
            if sorts:
                check_sort(request, sorts)

    return check


def _body_reader(route: APIRoute) -> BodyReader | None:
    """What reads the body of a request; None for a route that never has one."""
    methods = route.methods or {"GET"}
    reads_body = route.body_field is not None
    if not reads_body and methods <= _BODILESS:
        return None
    accepted: tuple[str, ...] = (JSON_TYPE,)
    if "PATCH" in methods:
        accepted = (MERGE_PATCH_TYPE, JSON_TYPE)

    async def read(request: JsonRequest) -> Any:
        await request.load(accepted)
        if not reads_body:
            _refuse_members(request.parsed)
        return request.parsed if request.given else ABSENT

    return read


def new_router(prefix: str = "", **declared: Any) -> APIRouter:
    """A router of such routes. They are read once, here, so ``prefix`` is the whole path.

    ``declared`` is what FastAPI's router takes besides: ``tags``, ``include_in_schema``.
    """
    return APIRouter(
        prefix=prefix, route_class=ApiRoute, generate_unique_id_function=operation_id, **declared
    )


def v1_router(prefix: str = "", **declared: Any) -> APIRouter:
    """A router of version 1."""
    return new_router(API_PREFIX + prefix, **declared)


def permission(
    name: str, *also: str, step_up: bool = False, cost: int | None = None
) -> dict[str, Any]:
    """``openapi_extra`` of a route that needs the permission ``name`` (``PUBLIC`` for none).

    ``also`` are further permissions that it needs. With ``step_up`` the caller must also have
    confirmed their identity recently. A request takes ``cost`` tokens of the caller's budget; by
    default what the resource costs.
    """
    if cost is None:
        cost = RESOURCE_COSTS.get(name.partition(":")[0], 1)
    declared: dict[str, Any] = {PERMISSION_KEY: name, COST_KEY: cost}
    if also:
        declared[REQUIRES_KEY] = list(also)
    if step_up:
        declared[STEP_UP_KEY] = True
    return declared


def operation_id(route: APIRoute) -> str:
    """``<resource>_<verb>``: ``sales_create``, ``products_list``, ``sales_orders_confirm``.

    A path that ends in a word after its resource is named by that word: alone where it is called
    by GET or POST, with the verb where another method changes it. A report is no list.
    """
    words = _words(route.path)
    method = min(route.methods or {"GET"})
    name = "_".join(words) or "index"
    if SORTS_KEY in route.responses.get(200, {}) and words[0] != "reports":
        return f"{name}_list"
    ends_in_parameter = route.path.endswith("}")
    if len(words) > 1 and not ends_in_parameter and method in {"GET", "POST"}:
        return name
    verbs = _ITEM_VERBS if ends_in_parameter or len(words) > 1 else _COLLECTION_VERBS
    return f"{name}_{verbs.get(method, method.lower())}"


def _words(path: str) -> list[str]:
    parts = path.removeprefix(API_PREFIX).split("/")
    words = [part for part in parts if part and not part.startswith("{")]
    return [word.replace("-", "_").replace(".", "_").strip("_") for word in words]


def query_names(route: APIRoute) -> tuple[frozenset[str], frozenset[str]]:
    """The query parameters of a route and its dependencies: those with one value, and lists."""
    single: set[str] = set()
    repeatable: set[str] = set()
    for name, info in _query_fields(route.dependant):
        alias = info.validation_alias or info.alias or name
        names = repeatable if _is_sequence(info.annotation) else single
        names.add(str(alias))
    return frozenset(single), frozenset(repeatable)


def _day_names(route: APIRoute) -> frozenset[str]:
    """The query parameters that are days."""
    fields = _query_fields(route.dependant)
    days = (each for each in fields if date in (each[1].annotation, *get_args(each[1].annotation)))
    return frozenset(str(info.validation_alias or info.alias or name) for name, info in days)


def _query_fields(dependant: Dependant) -> Iterator[tuple[str, FieldInfo]]:
    """Name and declaration of each query parameter; a parameter model counts by its members."""
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from annotation.model_fields.items()
        else:
            yield field.name, field.field_info
    for dependency in dependant.dependencies:
        yield from _query_fields(dependency)


def check_query(request: Request, known: frozenset[str], single: frozenset[str]) -> None:
    """Pass when every query parameter is known and those with one value stand there once.

    Raises:
        CredentialInQuery: a key or token stands there, or a parameter that is to hold one.
        MalformedQuery: a NUL character, which no database text can hold.
        UnknownParameter: names the parameters the route does not know.
        RepeatedParameter: names the parameters that stand there more than once.
    """
    query = request.query_params
    names = query.keys()
    if _CREDENTIAL.search(unquote_plus(request.scope["query_string"].decode("latin-1"))):
        raise CredentialInQuery
    if b"%00" in request.scope["query_string"] or b"\0" in request.scope["query_string"]:
        raise MalformedQuery
    if not names <= known:
        raise faulty(UnknownParameter, [f"?{name[:100]}" for name in sorted(names - known)[:50]])
    items = query.multi_items()
    if len(items) != len(names):
        seen = [name for name, _ in items]
        repeated = sorted(name for name in names & single if seen.count(name) > 1)
        if repeated:
            raise faulty(RepeatedParameter, [f"?{name}" for name in repeated])


def check_sort(request: Request, sorts: tuple[str, ...]) -> None:
    """Pass when ``sort`` is absent or one of ``sorts``, with or without a leading dash.

    Raises:
        ValidationFailed: it is another one; the fault names those that are allowed.
    """
    asked = request.query_params.get("sort")
    if asked is not None and asked.removeprefix("-") not in sorts:
        allowed = ", ".join(f"{name}, -{name}" for name in sorts)
        raise ValidationFailed(faults=[Fault("?sort", "validation.choice", {"expected": allowed})])


def _check_days(request: Request, days: frozenset[str]) -> None:
    """Pass when those of ``days`` that are given are written as days: pydantic reads seconds too.

    Raises:
        ValidationFailed: names those that are not.
    """
    query = request.query_params
    wrong = [name for name in sorted(days & query.keys()) if not _DAY.fullmatch(query[name])]
    if wrong:
        raise ValidationFailed(faults=[Fault(f"?{name}", "validation.date") for name in wrong])


def _refuse_members(value: Any) -> None:
    """A command without a body takes none, or an empty object: members would be ignored."""
    if value is None or value == {}:
        return
    names = sorted(value)[:50] if isinstance(value, dict) else []
    pointers = [f"/{name[:100].replace('~', '~0').replace('/', '~1')}" for name in names] or [""]
    raise ValidationFailed(faults=[Fault(at, "validation.unknown_member") for at in pointers])


async def _no_body(_: Request) -> Any:
    return ABSENT


def _is_sequence(annotation: Any) -> bool:
    if get_origin(annotation) is None:
        return annotation in _SEQUENCES
    return get_origin(annotation) in _SEQUENCES or any(
        _is_sequence(arg) for arg in get_args(annotation)
    )
