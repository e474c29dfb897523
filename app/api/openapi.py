"""The contract: operation ids, the problem schema, the refusals that an operation declares."""

from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from app.api.contract import complete
from app.api.errors import (
    BodyTooLarge,
    IfMatchInvalid,
    MalformedJson,
    Overloaded,
    PathNotFound,
    RateLimited,
    UnknownParameter,
    UnsupportedMedia,
    ValidationFailed,
    status_of,
)
from app.api.guards import mark_guarded
from app.api.problems import PROBLEM_TYPE, Problems
from app.domain.shared.errors import DomainError, PermissionMissing, VersionRequired

_COMPONENTS: Final = "#/components/"
_ALWAYS: Final = (UnknownParameter, PathNotFound, RateLimited, Overloaded)
_WITH_INPUT: Final = (MalformedJson, BodyTooLarge, UnsupportedMedia, ValidationFailed)
_HEADERS: Final = {
    401: ("WWW-Authenticate", "How to authenticate.", {"type": "string", "maxLength": 200}),
    429: ("Retry-After", "Seconds to wait.", {"type": "integer", "minimum": 0}),
    503: ("Retry-After", "Seconds to wait.", {"type": "integer", "minimum": 0}),
}


class ProblemFault(BaseModel):
    """One offending member (`pointer`), query parameter (`parameter`) or header (`header`)."""

    model_config = ConfigDict(extra="forbid")

    pointer: str | None = Field(None, max_length=2_000, examples=["/lines/1/quantity"])
    """JSON pointer of the member at fault."""
    parameter: str | None = Field(None, max_length=200, examples=["limit"])
    """The query parameter at fault."""
    header: str | None = Field(None, max_length=200, examples=["Idempotency-Key"])
    """The request header at fault."""
    code: str = Field(max_length=100, examples=["validation.type"])
    """What is wrong, as a code that never changes."""
    message: str = Field(max_length=4_000)  # it may list every permission
    """What is wrong there, in one sentence."""
    fix: str = Field(max_length=1_000)
    """What the caller can do about it."""


class ProblemDetails(BaseModel):
    """Every refusal, by RFC 9457. The code never changes; the texts are translated."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(max_length=500, description="Link to what the code means and how to fix it.")
    title: str = Field(max_length=200)
    """What is wrong, in a few words."""
    status: int = Field(ge=400, le=599)
    """The HTTP status."""
    code: str = Field(max_length=100, pattern=r"^[a-z_]+\.[a-z0-9_]+$")
    """What is wrong, as a code that never changes."""
    detail: str = Field(max_length=1_000)
    """What is wrong, in one sentence."""
    fix: str = Field(max_length=1_000)
    """What the caller can do about it."""
    instance: str = Field(max_length=4_000, description="The path that was asked for.")
    request_id: str = Field(max_length=64)
    """The id of the request."""
    trace_id: str = Field(max_length=32)
    """Under this id the request stands in the log."""
    retry_after_seconds: int | None = Field(None, ge=0, description="With 429 and 503.")
    errors: list[ProblemFault] | None = Field(None, max_length=100)
    """What is wrong where."""


def responses(
    *errors: type[DomainError], guarded: bool = True, body: bool = False
) -> dict[int | str, dict[str, Any]]:
    """``responses=`` of a route: the named errors, and those that every such route can answer.

    Args:
        errors: what the route itself may refuse.
        guarded: it needs a caller who is known (401) and permitted (403).
        body: it reads a JSON body.
    """
    found: dict[int | str, dict[str, Any]] = {}
    if guarded:
        _declare(found, 401)
        _declare(found, 403, PermissionMissing.code)
    versioned = (IfMatchInvalid,) if VersionRequired in errors else ()
    for error in (*_ALWAYS, *(_WITH_INPUT if body else ()), *versioned, *errors):
        _declare(found, status_of(error), error.code)
    return found


def _declare(found: dict[int | str, dict[str, Any]], status: int, code: str | None = None) -> None:
    entry = found.setdefault(
        status,
        {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM_TYPE: {"schema": {"$ref": f"{_COMPONENTS}schemas/ProblemDetails"}}},
        },
    )
    if code is not None:
        examples = entry["content"][PROBLEM_TYPE].setdefault("examples", {})
        examples[code] = {"$ref": f"{_COMPONENTS}examples/{code}"}
    if status in _HEADERS:
        name, description, schema = _HEADERS[status]
        entry["headers"] = {name: {"description": description, "schema": schema}}


def install_openapi(app: FastAPI, problems: Problems, statuses: dict[str, int]) -> None:
    """Complete ``app.openapi()`` by ``app.api.contract``, the problem schema and its examples.

    ``statuses`` are the codes that may occur and their HTTP status.
    """
    generate = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        schema = generate()
        components = schema.setdefault("components", {})
        models = ProblemDetails.model_json_schema(ref_template=_COMPONENTS + "schemas/{model}")
        definitions = models.pop("$defs")
        components.setdefault("schemas", {}).update(definitions, ProblemDetails=models)
        components["examples"] = {
            code: {"summary": code, "value": _example(problems, code, status)}
            for code, status in sorted(statuses.items())
        }
        complete(schema)
        mark_guarded(components["schemas"], _answers(app))
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def _answers(app: FastAPI) -> Iterator[Any]:
    """The types of all that routes answer."""
    for route in app.routes:
        for declared in getattr(route, "responses", {}).values():
            if "model" in declared:
                yield declared["model"]


def _example(problems: Problems, code: str, status: int) -> dict[str, Any]:
    locale = problems.catalogue.locales[0]
    return {
        "type": problems.link(code),
        "title": problems.catalogue.title(locale, code),
        "status": status,
        "code": code,
        "detail": problems.catalogue.detail(locale, code, {}),
        "fix": problems.catalogue.fix(locale, code),
        "instance": "/api/v1/products",
        "request_id": "01K7Z0Q4M3T8V5N6P2R9S1W7XE",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    }
