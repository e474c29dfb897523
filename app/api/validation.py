"""Translates pydantic's errors into stable codes and pointers, without the submitted value."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from app.api.errors import ValidationFailed, not_addressed
from app.domain.shared.errors import DomainError, Fault

INVALID: Final = "validation.invalid"
FAULTS_MAX: Final = 50
_NAME_MAX: Final = 100

# pydantic's error type -> our code. Other types are matched by their ending.
_CODES: Final[dict[str, str]] = {
    "missing": "validation.missing",
    "extra_forbidden": "validation.unknown_member",
    "string_too_short": "validation.string_too_short",
    "string_too_long": "validation.string_too_long",
    "string_pattern_mismatch": "validation.pattern",
    "string_unicode": "validation.type",
    "too_short": "validation.too_few_items",
    "too_long": "validation.too_many_items",
    "greater_than": "validation.out_of_range",
    "greater_than_equal": "validation.out_of_range",
    "less_than": "validation.out_of_range",
    "less_than_equal": "validation.out_of_range",
    "finite_number": "validation.out_of_range",
    "int_parsing_size": "validation.out_of_range",
    "multiple_of": "validation.multiple_of",
    "enum": "validation.choice",
    "literal_error": "validation.choice",
    "union_tag_invalid": "validation.choice",
    "union_tag_not_found": "validation.missing",
    "int_from_float": "validation.type",
    "timezone_aware": "validation.time_zone",
    "timezone_naive": "validation.time_zone",
    "timezone_offset": "validation.time_zone",
    "date_from_datetime_inexact": "validation.date",
    "date_future": "validation.out_of_range",
    "date_past": "validation.out_of_range",
    "datetime_future": "validation.out_of_range",
    "datetime_past": "validation.out_of_range",
    "set_item_not_hashable": "validation.type",
}
# The types that the wire schemas of this service raise themselves.
_SCHEMA_CODES: Final[dict[str, str]] = {
    "decimal_string": "validation.decimal",
    "decimal_form": "validation.decimal",
    "instant_form": "validation.date_time",
    "text_form": "validation.text",
}
_BY_START: Final = (("datetime_", "validation.date_time"), ("date_", "validation.date"))
_BY_END: Final = (("_type", "validation.type"), ("_parsing", "validation.type"))

# The codes that this module or a wire schema (by PydanticCustomError) may return.
VALIDATION_CODES: Final[frozenset[str]] = frozenset(
    {
        *_CODES.values(),
        *_SCHEMA_CODES.values(),
        INVALID,
        "validation.hidden_character",
        "validation.code",
        "validation.country",
        "validation.decimal_range",
        "validation.identifier",
        "validation.debit_or_credit",
        "validation.name",
        "validation.return_line",
        "validation.network",
        "validation.zone",
        "validation.too_many_decimals",
        "validation.currency",
        "validation.email",
        "validation.too_many_faults",
    }
)

_BOUNDS: Final = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
_PARAMS: Final = {
    "min_length": "minimum",
    "max_length": "maximum",
    "multiple_of": "step",
    "pattern": "pattern",
}
_QUOTED: Final = re.compile(r"'([^']*)'")


def refusal(
    errors: Iterable[Mapping[str, Any]], body: object, known: Collection[str]
) -> DomainError:
    """One refusal with all faults of a request, at most ``FAULTS_MAX``.

    ``known`` are the codes of the catalogue: a schema may raise ``PydanticCustomError`` with one of
    them as its type. A malformed id in the path addresses nothing, so the answer is the same 404 as
    for an id that does not exist.
    """
    # A union reports each of its branches: one fault per place and code is enough.
    faults: dict[tuple[str, str], Fault] = {}
    for error in errors:
        location = tuple(error["loc"])
        if location[:1] == ("path",):
            return not_addressed()
        fault = _fault(error, location, body, known)
        if len(faults) == FAULTS_MAX:
            fault = Fault("", "validation.too_many_faults", {"maximum": FAULTS_MAX})
        faults.setdefault((fault.pointer, fault.code), fault)
        if len(faults) > FAULTS_MAX:
            break
    return ValidationFailed(faults=faults.values())


def _fault(
    error: Mapping[str, Any], location: tuple[str | int, ...], body: object, known: Collection[str]
) -> Fault:
    kind = str(error["type"])
    context = error.get("ctx") or {}
    code = kind if kind in known else code_of(kind)
    if location[0] == "body":
        pointer = json_pointer(location[1:], body, missing=kind == "missing")
    else:
        prefix = "@" if location[0] == "header" else "?"
        pointer = prefix + str(location[-1])[:_NAME_MAX]
    return Fault(pointer, code, _params(context) if code != kind else _plain(context))


def code_of(kind: str) -> str:
    """Our code for pydantic's error type ``kind``."""
    code = _CODES.get(kind) or _SCHEMA_CODES.get(kind)
    if code is not None:
        return code
    for ending, fallback in _BY_END:
        if kind.endswith(ending) and not kind.startswith("date"):
            return fallback
    for start, fallback in _BY_START:
        if kind.startswith(start):
            return fallback
    return INVALID


def _params(context: Mapping[str, Any]) -> dict[str, str | int]:
    """The bounds stated by the schema. Parameters that contain the submitted value are left out."""
    params: dict[str, str | int] = {}
    for key, sign in _BOUNDS.items():
        if key in context:
            params["bound"] = f"{sign} {context[key]}"
    for key, name in _PARAMS.items():
        if key in context:
            value = context[key]
            params[name] = value if isinstance(value, int) else str(value)
    # Pydantic joins the choices by an English "or"; here they are a list in any language.
    choices = context.get("expected") or context.get("expected_tags")
    if choices is not None:
        params["expected"] = ", ".join(_QUOTED.findall(str(choices))) or str(choices)
    return params


def _plain(context: Mapping[str, Any]) -> dict[str, str | int]:
    return {key: value for key, value in context.items() if isinstance(value, str | int)}


def json_pointer(location: tuple[str | int, ...], body: object, *, missing: bool) -> str:
    """The RFC 6901 pointer of pydantic's ``location`` in ``body``.

    Pydantic inserts the names of union branches. Only steps that exist in the body are kept, and
    the last one also if it names a ``missing`` member.
    """
    pointer = ""
    here: Any = body
    last = len(location) - 1
    for index, step in enumerate(location):
        if _leads_on(here, step):
            here = here[step]
        elif not (missing and index == last):
            continue
        pointer += "/" + str(step)[:_NAME_MAX].replace("~", "~0").replace("/", "~1")
    return pointer


def _leads_on(here: object, step: str | int) -> bool:
    if isinstance(here, dict):
        return step in here
    return isinstance(here, list) and isinstance(step, int) and 0 <= step < len(here)
