"""Completes the generated OpenAPI document: what holds for many operations is said here once.

FastAPI writes paths, parameters and schemas. Added are the bearer scheme, the headers that requests
and answers carry, the meanings that stand beside the members, the words of ``contract_texts.py``,
the examples of ``contract_examples.py`` and the forms of ``contract_forms.py``. What is added
follows from what the operation declares: its permission, its refusals, its view.
"""

from collections.abc import Iterator
from copy import deepcopy
from http import HTTPStatus
from typing import Any, Final

from app.api.body import JSON_TYPE, MERGE_PATCH_TYPE
from app.api.contract_examples import EXAMPLES
from app.api.contract_forms import show_forms
from app.api.contract_recorded import recorded_examples
from app.api.contract_texts import (
    ACCEPT_LANGUAGE,
    DESCRIPTION,
    HEADERS,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    KEY_ACCEPTED,
    KEY_REQUIRED,
    ON_EVERY_ANSWER,
    PARAMETERS,
    TAGS,
)
from app.api.errors import MethodNotAllowed, ValidationFailed
from app.api.meanings import stated_meanings
from app.api.problems import PROBLEM_TYPE
from app.api.route import API_PREFIX, PERMISSION_KEY, PUBLIC, SORTS_KEY, STEP_UP_KEY
from app.api.schemas import about_schema, example_of, meaning_of
from app.application.contexts import CONTEXTS
from app.application.shared.access import changes
from app.application.shared.commands import IdempotencyKeyMissing
from app.domain.identity.companies.tenant import HELD
from app.domain.identity.factors.errors import MfaEnrolmentRequired, StepUpRequired

BEARER: Final = "bearerAuth"
_SCHEMAS: Final = "#/components/schemas/"
_GENERATED: Final = ("HTTPValidationError", "ValidationError")


def _refusal(status: HTTPStatus, code: str) -> dict[str, Any]:
    example = {"$ref": f"#/components/examples/{code}"}
    schema = {"$ref": f"{_SCHEMAS}ProblemDetails"}
    content = {PROBLEM_TYPE: {"schema": schema, "examples": {code: example}}}
    return {"description": status.phrase, "content": content}


_INVALID: Final = _refusal(HTTPStatus.UNPROCESSABLE_ENTITY, ValidationFailed.code)
_NOT_TAKEN: Final = _refusal(HTTPStatus.METHOD_NOT_ALLOWED, MethodNotAllowed.code)
_MADE: Final = frozenset({"201", "202"})
_METHODS: Final = ("get", "post", "put", "patch", "delete")


def complete(document: dict[str, Any]) -> None:
    """Complete ``document`` in place."""
    document["info"]["description"] = DESCRIPTION
    document["servers"] = [{"url": "/", "description": "This service."}]
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _GENERATED:
        schemas.pop(name, None)
    components["headers"] = HEADERS
    components["securitySchemes"] = {
        BEARER: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The access_token of POST /api/v1/auth/login, or an API key.",
        }
    }
    _complete_shadowed(document["paths"])
    used: dict[str, None] = {}  # in the order of the operations
    recorded = recorded_examples()
    for path, operations in document["paths"].items():
        changeable = "patch" in operations
        for method in operations.keys() & set(_METHODS):
            operation = operations[method]
            _complete_forbidden(path, operation)
            used.update(dict.fromkeys(operation.get("tags", ())))
            _complete_operation(method, operation, schemas, changeable=changeable)
            _complete_examples(operation, recorded.get(path, {}).get(method, {}))
    about = {noun.tag: noun.about for context in CONTEXTS for noun in context.nouns} | TAGS
    document["tags"] = [
        {"name": name, "description": about[name]} for name in used if name in about
    ]
    for name, schema in schemas.items():
        _describe(name, schema)
    show_forms(document)


def _complete_shadowed(paths: dict[str, Any]) -> None:
    """An id that is the last word of another path, "batch", is answered by that path's methods."""
    for path, operations in paths.items():
        prefix, _, last = path.rpartition("/")
        words = [
            other for other in paths if other.rpartition("/")[0] == prefix and "{" not in other
        ]
        if last.startswith("{") and words:
            for method in operations.keys() & set(_METHODS):
                if any(method not in paths[word] for word in words):
                    operations[method]["responses"]["405"] = deepcopy(_NOT_TAKEN)


def _complete_operation(
    method: str, operation: dict[str, Any], schemas: dict[str, Any], *, changeable: bool
) -> None:
    public = operation.get(PERMISSION_KEY, PUBLIC) == PUBLIC
    operation["security"] = [] if public else [{BEARER: []}]
    _complete_body(method, operation)
    _complete_held(operation)
    _complete_answers(operation)
    view = _view(operation, schemas)
    parameters = operation.setdefault("parameters", [])
    sorts = operation["responses"].get("200", {}).pop(SORTS_KEY, None)
    for parameter in parameters:
        _complete_parameter(parameter, sorts)
    commanded = [each for each in parameters if each["name"].lower() == "idempotency-key"]
    for parameter in commanded:
        parameters.remove(parameter)
    batch = "207" in operation["responses"]
    if commanded and not batch:
        parameters.append(_idempotency_key(operation))
    if "428" in operation["responses"]:
        parameters.append(IF_MATCH)
    readable = method == "get" and changeable
    if readable:
        parameters.append(IF_NONE_MATCH)
        operation["responses"]["304"] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
    parameters.append(ACCEPT_LANGUAGE)
    names = {
        "ETag": "version" in view and (readable or bool(commanded)),
        "Location": bool(_MADE & operation["responses"].keys()) and bool(commanded),
        "Idempotent-Replayed": bool(commanded) and not batch,
        "Link": "next_cursor" in view,
    }
    _add_headers(operation, [name for name, given in names.items() if given])


def _complete_examples(operation: dict[str, Any], recorded: dict[str, Any]) -> None:
    """The recorded answers, each on its status; one that no longer fits is left to the tests."""
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get(JSON_TYPE)
        if content is not None and status in recorded:
            content["example"] = recorded[status]


def _complete_forbidden(path: str, operation: dict[str, Any]) -> None:
    """What a caller may still have to prove, on every operation that is not public."""
    if operation.get(PERMISSION_KEY, PUBLIC) == PUBLIC:
        return
    codes = [StepUpRequired.code] if STEP_UP_KEY in operation else []
    if not path.startswith(f"{API_PREFIX}/auth/"):
        codes.append(MfaEnrolmentRequired.code)
    examples = operation["responses"]["403"]["content"][PROBLEM_TYPE]["examples"]
    for code in codes:
        examples[code] = {"$ref": f"#/components/examples/{code}"}


def _complete_body(method: str, operation: dict[str, Any]) -> None:
    """An example, and the other media type of a PATCH."""
    body = operation.get("requestBody")
    if body is None:
        return
    content = body["content"][JSON_TYPE]
    name = content["schema"].get("$ref", "").removeprefix(_SCHEMAS)
    example = example_of(name) or _batch_example(name) or EXAMPLES.get(name)
    if example is not None:
        content["example"] = example
    if method == "patch":
        body["content"][MERGE_PATCH_TYPE] = content


def _batch_example(name: str) -> dict[str, Any] | None:
    item = example_of(f"{name.removesuffix('Batch')}Item") if name.endswith("Batch") else None
    if item is None:
        return None
    return {"atomic": False, "items": [{"idempotency_key": "import-2026-03-31-1", **item}]}


def _complete_held(operation: dict[str, Any]) -> None:
    """What changes something of a company is refused while it is suspended or closing."""
    declared = operation.get(PERMISSION_KEY, PUBLIC)
    if changes(declared) and not declared.startswith("platform:"):
        examples = operation["responses"]["403"]["content"][PROBLEM_TYPE]["examples"]
        for error in HELD.values():
            examples[error.code] = {"$ref": f"#/components/examples/{error.code}"}


def _complete_answers(operation: dict[str, Any]) -> None:
    """Give FastAPI's empty 200 the schema of the other answer, and replace its own 422."""
    answers = operation["responses"]
    if JSON_TYPE in answers.get("422", {}).get("content", {}):
        del answers["422"]
        # A path that cannot be an id addresses nothing: only other parameters can be wrong.
        if any(each["in"] != "path" for each in operation["parameters"]):
            answers["422"] = deepcopy(_INVALID)
    for status, why in (("201", "It exists already."), ("207", "All items were done (atomic).")):
        success = answers.get(status)
        bare = answers.get("200", {}).get("content", {}).get(JSON_TYPE, {}).get("schema") == {}
        if success is not None and bare:
            answers["200"] = {"description": why, "content": success["content"]}
    for status, answer in answers.items():
        if answer["description"] == "Successful Response":
            answer["description"] = HTTPStatus(int(status)).phrase


def _complete_parameter(parameter: dict[str, Any], sorts: list[str] | None) -> None:
    if parameter["name"] == "sort" and sorts is not None:
        names = [name for each in sorts for name in (each, f"-{each}")]
        parameter["schema"] = {"type": "string", "enum": names, "default": sorts[0]}
        parameter["description"] = "The order; a leading dash turns it round."
    parameter.setdefault("description", PARAMETERS.get(parameter["name"], ""))


def _idempotency_key(operation: dict[str, Any]) -> dict[str, Any]:
    malformed = operation["responses"]["400"]["content"][PROBLEM_TYPE]
    required = IdempotencyKeyMissing.code in malformed["examples"]
    text = KEY_REQUIRED if required else KEY_ACCEPTED
    return {**IDEMPOTENCY_KEY, "required": required, "description": text}


def _view(operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """The members of what the operation answers when it succeeds."""
    for status in ("200", "201", "202"):
        content = operation["responses"].get(status, {}).get("content", {})
        reference = content.get(JSON_TYPE, {}).get("schema", {}).get("$ref", "")
        schema = schemas.get(reference.removeprefix(_SCHEMAS), {})
        if "properties" in schema:
            return schema["properties"]  # type: ignore[no-any-return]
    return {}


def _add_headers(operation: dict[str, Any], names: list[str]) -> None:
    """References to ``names`` and to the general headers on the successes, and on 429."""
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            located = status in _MADE or not _MADE & operation["responses"].keys()
            own = [name for name in names if located or name != "Location"]
        elif status == "429":
            own = []
        else:
            continue
        headers = answer.setdefault("headers", {})
        for name in (*own, *ON_EVERY_ANSWER):
            headers[name] = {"$ref": f"#/components/headers/{name}"}


def _describe(name: str, schema: dict[str, Any]) -> None:
    """Say what each member means that does not say it itself."""
    about = about_schema(name)
    if about:
        schema["description"] = about
    stated = stated_meanings().get(name, {})
    for member, own in schema.get("properties", {}).items():
        text = meaning_of(name, member) or stated.get(member)
        if text:
            own["description"] = text


def undescribed(document: dict[str, Any]) -> Iterator[str]:
    """Every member, parameter and tag of ``document`` that no text explains."""
    for name, schema in document["components"]["schemas"].items():
        for member, own in schema.get("properties", {}).items():
            if not own.get("description"):
                yield f"{name}.{member}"
    for path, operations in document["paths"].items():
        for method in operations.keys() & set(_METHODS):
            for parameter in operations[method].get("parameters", ()):
                if not parameter.get("description"):
                    yield f"{method} {path}: {parameter['name']}"
