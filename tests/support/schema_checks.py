"""An additional check for schemathesis, which loads this file and runs it with its own checks.

Random data cannot know which product exists or which month is closed, so data that the schema
allows may be refused by a business rule. A refusal of its form is a defect: the schema then allows
more than the service.
"""

import ast
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal
from fnmatch import fnmatchcase
from ipaddress import ip_network
from typing import Any, Final, NamedTuple
from zoneinfo import available_timezones

import schemathesis
from schemathesis.auths import refresh_auth

from app.domain.shared.texts import hidden_character

_LARGEST: Final = Decimal("9223372036.854775")
# Codes for malformed requests; a business rule has its own code.
_FORM: Final = {"common.validation_failed", "common.invalid_value", "common.out_of_range"}
# The statuses of refusals by a business rule.
_REFUSALS: Final = {404, 405, 409, 412, 422}

# Before Python 3.13 the count of an AST's depth is one for all threads, and schemathesis has two:
# both reading source at once ends in a SystemError (https://github.com/python/cpython/issues/106905).
_parse, _parsing = ast.parse, threading.RLock()


def _parse_alone(*arguments: Any, **options: Any) -> Any:
    with _parsing:
        return _parse(*arguments, **options)


ast.parse = _parse_alone


class Fault(NamedTuple):
    """What a problem names: its code, and the value that was sent there."""

    code: str
    value: Any


class Unsaid(NamedTuple):
    """A constraint that JSON Schema cannot express: its place, reason and values."""

    operations: str
    why: str
    concerns: Callable[[Any], bool]


def _has(value: Any, *categories: str) -> bool:
    return any(unicodedata.category(letter).startswith(categories) for letter in value)


def _is_network(value: str) -> bool:
    try:
        network = ip_network(value)
    except ValueError:
        return False
    return network.version == 4 or network.prefixlen <= 64 or network.prefixlen == 128


INEXPRESSIBLE: Final[dict[str, Unsaid]] = {
    "common.cursor_invalid": Unsaid(
        "GET /api/v1/*", "A cursor is signed.", lambda query: "cursor" in query
    ),
    "auth.invalid_credentials": Unsaid(
        "POST /api/v1/auth/login", "A password is known or not.", lambda _: True
    ),
    "auth.invalid_refresh_token": Unsaid(
        "POST /api/v1/auth/refresh", "A token is known or not.", lambda _: True
    ),
    "auth.mfa_token_invalid": Unsaid(
        "POST /api/v1/auth/mfa/verify", "A token is known or not.", lambda _: True
    ),
    "auth.session_expired": Unsaid(
        "* /api/v1/*", "A request before it ended the session, as logout does.", lambda _: True
    ),
    "auth.step_up_required": Unsaid(
        "* /api/v1/*",
        "The identity was confirmed recently or not.",
        lambda _: True,
    ),
    "auth.throttled": Unsaid(
        "POST /api/v1/auth/*", "The number of earlier guesses.", lambda _: True
    ),
    "auth.unauthenticated": Unsaid(
        "* /api/v1/platform/*",
        "The token is one of a company; operators have others.",
        lambda _: True,
    ),
    "validation.network": Unsaid(
        "* /api/v1/api-keys*", "Bits beyond a prefix.", lambda value: not _is_network(value)
    ),
    "validation.decimal_range": Unsaid(
        "*", "The bound of a text that is a number.", lambda value: abs(Decimal(value)) > _LARGEST
    ),
    "validation.name": Unsaid(
        "*",
        "Engines differ on what is a blank, a control or no character at all.",
        lambda value: _has(value, "Cc", "Cn") or not value.strip(),
    ),
    "validation.hidden_character": Unsaid(
        "*",
        "Whether a joiner is seen depends on the letters beside it.",
        lambda value: isinstance(value, str) and hidden_character(value) is not None,
    ),
    "validation.email": Unsaid(
        "POST /api/v1/*",
        "Engines differ on what is invisible.",
        lambda value: _has(value, "C"),
    ),
    "validation.zone": Unsaid(
        "* /api/v1/*",
        "The names are those of the time zone data of the service.",
        lambda value: value not in available_timezones(),
    ),
    "validation.currency": Unsaid(
        "POST /api/v1/auth/register",
        "The list changes with the world.",
        lambda value: re.fullmatch("[A-Z]{3}", value) is not None,
    ),
    "validation.type": Unsaid(
        "*",
        "JSON Schema takes 30.0 for an integer; the service takes digits.",
        lambda value: isinstance(value, float) and value.is_integer(),
    ),
    "validation.too_many_decimals": Unsaid(
        "POST /api/v1/*",
        "An amount has the decimals of its currency.",
        lambda value: Decimal(value) * 100 % 1 != 0,
    ),
    "common.out_of_range": Unsaid(
        "POST /api/v1/*", "What numbers come to, added or multiplied.", lambda _: True
    ),
    "validation.choice": Unsaid(
        "*",
        "Comes along with what is wrong in a list that stands in place of a word.",
        lambda value: isinstance(value, list),
    ),
    "validation.too_many_faults": Unsaid("*", "Comes along with fifty others.", lambda _: True),
}


def _faults(problem: dict[str, Any], case: schemathesis.Case[Any]) -> Iterator[Fault]:
    """The fault, as precisely as the problem states it.

    The schema of a batch states no forms of its items, because each is refused by itself. With
    ``atomic`` one refused item refuses the batch, which is no defect of the schema.
    """
    errors = problem.get("errors") or ()
    for error in errors:
        pointer = error.get("pointer") or ""
        if case.operation.path.endswith("/batch") and pointer.startswith("/items/"):
            continue
        if "parameter" in error:
            value = case.query.get(error["parameter"])
        else:
            value = _at(pointer, case.body)
        yield Fault(error["code"], value)
    if not errors:
        yield Fault(problem["code"], case.query)


def _at(pointer: str, body: Any) -> Any:
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        body = body[int(name)] if isinstance(body, list) else body.get(name)
    return body


def _excused(operation: str, fault: Fault) -> bool:
    unsaid = INEXPRESSIBLE.get(fault.code)
    if unsaid is None or not fnmatchcase(operation, unsaid.operations):
        return False
    return unsaid.concerns(fault.value)


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]
) -> None:
    """Send no dry run without its key: it needs none, which a schema cannot express."""
    left_out = case.meta and getattr(case.meta.phase.data, "parameter", None)
    if left_out == "Idempotency-Key":
        case.query.pop("dry_run", None)


@schemathesis.hook
def after_call(
    context: schemathesis.HookContext,
    case: schemathesis.Case[Any],
    response: schemathesis.Response,
) -> None:
    """Sign in again once the session has ended: schemathesis does so in all phases but stateful."""
    if response.status_code == 401 and response.json().get("code") == "auth.session_expired":
        refresh_auth(case)


@schemathesis.check
def valid_data_is_understood(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """What the schema allows is done, or refused by a rule of the business."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code < 400:
        return
    operation = case.operation.label
    problem = response.json()
    assert response.status_code < 500, problem
    formal = [
        fault
        for fault in _faults(problem, case)
        if response.status_code not in _REFUSALS
        or fault.code.startswith("validation.")
        or fault.code in _FORM
    ]
    unsaid = {fault.code for fault in formal if not _excused(operation, fault)}
    assert not unsaid, f"{operation} does not take what its schema allows: {unsaid}"
