"""Wrong queries of every reading route, generated from the OpenAPI document."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from tests.support.mutations import MANY_DIGITS, MARK, id_prefixes
from tests.support.route import API
from tests.support.world import World

Wrong = tuple[str, str, set[int]]
# Health details and the platform need permissions that no company can grant.
_OPERATIONS = ("/health", "/stats", "/.well-known", "/platform")

_BOTH = {400, 422}
_DAYS = (
    *("0000-01-01", "99999-01-01", "2026-02-30", "2026-13-01", "yesterday", MANY_DIGITS, ""),
    *("0", "1e9", "20260101", "2026-W01-1", "2026-01-01T00:00:00Z"),
)
_INSTANTS = (
    *("2026-03-10T09:30:00", "0000-03-10T09:30:00Z", "99999-03-10T09:30:00Z", "now", ""),
    *("0", "2026-W11-2T09:30:00Z", "2026-03-10T09Z", "1899-12-31T23:59:59Z"),
)
_NUMBERS = ("x", "1e400", "NaN", "1.5", MANY_DIGITS, "")
_FLAGS = ("perhaps", "2", "")


def reads(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and schema of each query parameter of every route that reads."""
    for path, operations in world.contract.document["paths"].items():
        below = path.removeprefix(API)
        if "get" in operations and path.startswith(API) and not below.startswith(_OPERATIONS):
            parameters = operations["get"].get("parameters", [])
            yield below, {each["name"]: each for each in parameters if each["in"] == "query"}


async def base_of(world: World, parameters: dict[str, Any]) -> dict[str, str]:
    """The parameters that a route must have."""
    values = {"effective_from": "2026-01-01", "effective_to": "2026-12-31"}
    if parameters.get("account_id", {}).get("required"):
        values["account_id"] = await world.company.first("/accounts", role="bank")
    return {name: values[name] for name, each in parameters.items() if each["required"]}


def some_path(world: World, path: str) -> str:
    """The path with an id, though another tenant's, in place of its parameter."""
    collection = path.partition("/{")[0]
    return path.replace("{id}", world.foreign.get(collection, "")).replace("{period}", "2026-03")


def wrong_values(world: World, name: str, schema: Any) -> Iterator[str]:
    """The values, quoted, that a parameter must refuse."""
    contract = world.contract
    text, number = contract.of_type(schema, "string"), contract.of_type(schema, "integer")
    if contract.of_type(schema, "boolean") is not None:
        yield from _FLAGS
    elif number is not None:
        yield from (*_NUMBERS, str(number["minimum"] - 1), str(number["maximum"] + 1))
    elif id_prefixes(text):
        prefix = min(id_prefixes(text))
        id_ = world.ids.missing[prefix]
        yield from ("", "x", quote(MARK), id_.lower(), id_ + "0", "xyz" + id_[3:], prefix)
        yield from (prefix + "_" + "0" * 5000, prefix + "_8ZZZZZZZZZZZZZZZZZZZZZZZZZ")
    elif text.get("format") == "date":
        yield from _DAYS
    elif text.get("format") == "date-time":
        yield from _INSTANTS
    elif "enum" in text:
        yield from ("", quote(MARK), "x" * 5000)
    else:
        yield from ("x" * (text["maxLength"] + 1), "x" * 5000)
        if name in {"sort", "cursor", "source_id"}:
            yield from ("", "x", "-", quote(MARK), "password_hash", "A" * 40, "--code", "e30")


def wrong_queries(
    world: World, parameters: dict[str, Any], base: dict[str, str]
) -> Iterator[Wrong]:
    """Name, query and possible statuses of every wrong query of a route."""
    rest = urlencode(base)
    yield "unknown parameter", f"{rest}&colour=red", {400}
    yield "unknown, over-long", f"{rest}&{'x' * 5000}=1", {400}
    yield "NUL in a name", f"{rest}&%00=1", {400}
    for name, parameter in parameters.items():
        others = urlencode({each: value for each, value in base.items() if each != name})
        if parameter["required"]:
            yield f"without {name}", others, {422}
        for value in wrong_values(world, name, parameter["schema"]):
            statuses = {400} if name == "cursor" and len(value) <= 500 else _BOTH
            yield f"{name}={value[:30]}", f"{others}&{name}={value}", statuses
    name = next(iter(parameters), "colour")
    yield "NUL", f"{rest}&{name}=a%00b", {400}
    yield "twice", f"{rest}&{name}=1&{name}=1", {400}
