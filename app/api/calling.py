"""Calling an endpoint by steps that are worked out once a route.

A route declares parameters, a body and dependencies. FastAPI makes a tree of them (``Dependant``),
documents it, and walks it anew for every request, with all that a tree could hold: generators,
threads, forms, overrides, caches. Here the tree of a plain route becomes a list of steps when the
route is made, and a request goes through the steps. The fields that check the values are FastAPI's
own, so the checks and their errors are the same. A route with anything else in its tree is called
by FastAPI. ``PREPARED_CALLS=false`` leaves every route to FastAPI; a test compares both for every
operation (docs/decisions/0013-calling-endpoints.md).
"""

import inspect
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime
from enum import Enum
from types import NoneType
from typing import Any, Final, get_args, get_origin

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.shared.frozen import frozen

ABSENT: Final = object()  # no body, where None is the JSON null
_FAILED: Final = object()
_UNCHANGING: Final = (NoneType, bool, int, str, date, datetime, Enum, tuple)

# While a body takes longer than this, the caller may have been signed out.
SLOW_BODY_SECONDS: Final = 1.0
BodyReader = Callable[[Any], Awaitable[Any]]
Endpoint = Callable[[Request, BodyReader], Awaitable[Response]]


class _NotPlain(Exception):
    """The tree holds something that only FastAPI can call."""


@frozen
class _Parameter:
    """A value of a request. ``field`` is FastAPI's and checks it; ``loc`` is its place in errors.

    The last part of ``loc`` is the name of the parameter in the request.
    """

    field: Any
    loc: tuple[str, ...]
    required: bool

    def put(self, given: Any, arguments: dict[str, Any], errors: list[Any]) -> None:
        """Add the checked value to ``arguments``, or what is wrong with it to ``errors``."""
        if given is not ABSENT:
            arguments[self.field.name], wrong = self.field.validate(given, loc=self.loc)
            errors += wrong
        elif self.required:
            missing = {"type": "missing", "loc": self.loc, "msg": "Field required", "input": None}
            errors.append(missing)


@frozen
class _Step:
    """One function of the tree.

    ``parameters`` are grouped by the attribute of the request that holds them; ``takes`` names the
    arguments that are results of earlier steps; ``request`` is the argument that is the request.
    """

    call: Callable[..., Awaitable[Any]]
    parameters: tuple[tuple[str, tuple[_Parameter, ...]], ...]
    body: _Parameter | None
    defaults: dict[str, Any]
    takes: tuple[tuple[str, int], ...]
    request: str | None

    @property
    def guards(self) -> bool:
        """Whether it looks at the request alone, as what authenticates a caller does."""
        return not (self.parameters or self.body or self.takes)

    def arguments(
        self, request: Request, body: Any, results: list[Any], errors: list[Any]
    ) -> dict[str, Any] | None:
        """The arguments of the call; None, with the reasons in ``errors``, if some are wrong."""
        found = len(errors)
        arguments = dict(self.defaults)
        for source, parameters in self.parameters:
            given = getattr(request, source)
            for each in parameters:
                each.put(given.get(each.loc[-1], ABSENT), arguments, errors)
        if self.body is not None:
            self.body.put(body, arguments, errors)
        if self.request is not None:
            arguments[self.request] = request
        for name, place in self.takes:
            if results[place] is _FAILED:
                return None
            arguments[name] = results[place]
        return arguments if len(errors) == found else None


def plain_endpoint(route: APIRoute) -> Endpoint | None:
    """The endpoint of a route behind its dependencies; None where FastAPI has to call it.

    It takes the request and what reads the value of its body (``ABSENT`` where there is none). The
    body is read after the first steps, those that look at the request alone: a caller who may not
    do this is refused before a byte of it is read.

    Raises, when called:
        RequestValidationError: as FastAPI does, with all that is wrong.
    """
    steps: list[_Step] = []
    try:
        _steps_of(route.dependant, steps, {}, embed=route._embed_body_fields)
    except _NotPlain:
        return None
    if not _returns_response(route.endpoint):
        return None
    guards = next((at for at, step in enumerate(steps) if not step.guards), len(steps) - 1)

    async def guard(request: Request, results: list[Any]) -> None:
        for step in steps[:guards]:
            asked = {} if step.request is None else {step.request: request}
            results.append(await step.call(**asked))

    async def endpoint(request: Request, read: BodyReader) -> Response:
        results: list[Any] = []
        errors: list[Any] = []
        await guard(request, results)
        started = time.monotonic()
        body = await read(request)
        if time.monotonic() - started > SLOW_BODY_SECONDS:
            results.clear()
            await guard(request, results)
        for step in steps[guards:]:
            arguments = step.arguments(request, body, results, errors)
            results.append(_FAILED if arguments is None else await step.call(**arguments))
        if errors:
            raise RequestValidationError(errors, body=None if body is ABSENT else body)
        return results[-1]  # type: ignore[no-any-return]

    return endpoint


def direct(handler: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    """The application of a plain route: without the exit stacks that FastAPI's generators need."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handler(Request(scope, receive, send))
        await response(scope, receive, send)

    return serve


def _steps_of(tree: Dependant, steps: list[_Step], places: dict[Any, int], *, embed: bool) -> int:
    """Append the steps of a tree, each function once and after those that it takes."""
    takes = []
    for branch in tree.dependencies:
        if branch.body_params or not branch.use_cache or branch.call is None:
            raise _NotPlain
        place = places.get(branch.call)
        if place is None:
            place = places[branch.call] = _steps_of(branch, steps, places, embed=embed)
        if branch.name is not None:
            takes.append((branch.name, place))
    steps.append(_step(tree, tuple(takes), embed=embed))
    return len(steps) - 1


def _step(tree: Dependant, takes: tuple[tuple[str, int], ...], *, embed: bool) -> _Step:
    more = (
        tree.cookie_params,
        tree.websocket_param_name,
        tree.http_connection_param_name,
        tree.response_param_name,
        tree.background_tasks_param_name,
        tree.security_scopes_param_name,
        tree.own_oauth_scopes,
        tree.concurrency,
    )
    if any(more) or not inspect.iscoroutinefunction(tree.call) or len(tree.body_params) > 1:
        raise _NotPlain
    body = None
    if tree.body_params:
        field = tree.body_params[0]
        if embed or type(field.field_info) is not params.Body:  # a form
            raise _NotPlain
        body = _parameter(field, ("body",))
    sources = (
        ("path_params", tree.path_params),
        ("query_params", tree.query_params),
        ("headers", tree.header_params),
    )
    parameters = tuple(
        (source, tuple(map(_parameter, fields))) for source, fields in sources if fields
    )
    fields = [*tree.path_params, *tree.query_params, *tree.header_params, *tree.body_params]
    defaults = {each.name: each.default for each in fields if not each.field_info.is_required()}
    return _Step(tree.call, parameters, body, defaults, takes, tree.request_param_name)


def _parameter(field: Any, loc: tuple[str, ...] = ()) -> _Parameter:
    info = field.field_info
    required = info.is_required()
    if info.validation_alias not in (None, field.alias) or info.validate_default:
        raise _NotPlain
    if not required and (info.default_factory or not isinstance(info.default, _UNCHANGING)):
        raise _NotPlain
    if not loc:
        if any(_reads_otherwise(each) for each in _parts(info.annotation)):
            raise _NotPlain
        loc = (info.in_.value, field.alias)
    return _Parameter(field, loc, required)


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _reads_otherwise(annotation: Any) -> bool:
    """Whether FastAPI reads a parameter of this type in another way than one text by its name."""
    kind = get_origin(annotation) or annotation
    return isinstance(kind, type) and issubclass(kind, list | tuple | set | frozenset | BaseModel)


def _returns_response(endpoint: Callable[..., Any]) -> bool:
    answer = inspect.signature(endpoint).return_annotation
    return isinstance(answer, type) and issubclass(answer, Response)
