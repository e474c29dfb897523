"""Bad parameters on every reading route, on both databases: a 4xx problem, never a failure.

Routes, parameters and their bounds come from the OpenAPI document (issue 2 §5).
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from tests.support.mutations import MANY_DIGITS, MARK, id_prefixes
from tests.support.refusals import fault_of, told
from tests.support.route import API, Answer, send
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
# What may be said or not, without harm to the service.
_ODD_DAYS = ("0001-01-01", "9999-12-31")
_ODD_TEXTS = ("%ff", "%ED%A0%80", "%F0%9F%98%80", "%25_%5C'")


def reads(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and schema of each query parameter of every route that reads."""
    for path, operations in world.contract.document["paths"].items():
        below = path.removeprefix(API)
        if "get" in operations and path.startswith(API) and not below.startswith(_OPERATIONS):
            parameters = operations["get"].get("parameters", [])
            yield below, {each["name"]: each for each in parameters if each["in"] == "query"}


async def base_of(world: World, parameters: dict[str, Any]) -> dict[str, str]:
    """The parameters that a route must have."""
    values = {"from": "2026-01-01", "to": "2026-12-31"}
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


async def test_every_wrong_parameter_is_refused(world: World) -> None:
    failures = []
    before = await world.fingerprint()
    for path, parameters in reads(world):
        base = await base_of(world, parameters)
        here = some_path(world, path)
        for name, query, statuses in wrong_queries(world, parameters, base):
            answer = await send(world.company, "GET", f"{here}?{query}")
            fault = fault_of(answer)
            if fault is not None or answer.status not in statuses:
                failures.append((path, name, fault, told(answer)))
    assert failures == []
    assert await world.fingerprint() == before


def odd_values(world: World, schema: Any) -> tuple[str, ...]:
    """The values, quoted, that a parameter may take or refuse."""
    text = world.contract.of_type(schema, "string")
    if text is None or "enum" in text or "pattern" in text:
        return ()
    return _ODD_DAYS if "format" in text else _ODD_TEXTS


async def test_every_odd_parameter_is_answered(world: World) -> None:
    """The first and last day, characters of all kinds: done or refused, never a failure."""
    failures = []
    for path, parameters in reads(world):
        base = await base_of(world, parameters)
        for name, parameter in parameters.items():
            others = urlencode({each: value for each, value in base.items() if each != name})
            for value in odd_values(world, parameter["schema"]):
                answer = await send(world.company, "GET", f"{path}?{others}&{name}={value}")
                fault = None if answer.status == 200 else fault_of(answer)
                if fault is not None:
                    failures.append((path, f"{name}={value}", fault, told(answer)))
    assert failures == []


async def first_cursor(world: World, path: str, base: dict[str, str], *, foreign: bool) -> str:
    """The cursor behind the first row of a list, empty where the list has no second one."""
    company = world.other if foreign else world.company
    query = urlencode({**base, "limit": "1"})
    answer = await send(company, "GET", f"{path}?{query}")
    assert answer.status == 200, (path, answer.body)
    return answer.json()["next_cursor"] or ""


async def test_a_cursor_serves_only_its_own_list(world: World) -> None:
    """TE-04, AC-06: not that of another tenant or list, and none that was changed."""
    failures = []
    foreign_cursors = 0
    accounts = await first_cursor(world, "/accounts", {}, foreign=False)
    units = await first_cursor(world, "/units", {}, foreign=False)
    for path, parameters in reads(world):
        if "cursor" not in parameters:
            continue
        base = await base_of(world, parameters)
        cursors = {"other list": units if path == "/accounts" else accounts}
        foreign = {**base}
        if "account_id" in base:
            foreign["account_id"] = await world.other.first("/accounts", role="bank")
        cursors["foreign"] = await first_cursor(world, path, foreign, foreign=True)
        foreign_cursors += bool(cursors["foreign"])
        own = await first_cursor(world, path, base, foreign=False)
        if own:
            cursors["changed"] = own[:-2] + ("AA" if own[-2:] != "AA" else "BB")
            cursors["cut"] = own[: len(own) // 2]
        for name, cursor in cursors.items():
            query = urlencode({**base, "cursor": cursor or accounts})
            answer = await send(world.company, "GET", f"{path}?{query}")
            if answer.status != 400 or answer.json()["code"] != "common.cursor_invalid":
                failures.append((path, name, told(answer)))
    assert failures == []
    assert foreign_cursors >= 5


async def test_a_foreign_id_in_a_filter_finds_what_a_missing_one_finds(world: World) -> None:
    """TE-04: a filter by another tenant's id tells nothing of it."""
    failures = []
    for path, parameters in reads(world):
        base = await base_of(world, parameters)
        for name, prefix, foreign in filters_by_id(world, parameters):
            answers: list[Answer] = []
            for id_ in (foreign, world.ids.missing[prefix]):
                query = urlencode({**base, name: id_})
                answers.append(await send(world.company, "GET", f"{path}?{query}"))
            if answers[0].status != 200 or answers[0].body != answers[1].body:
                failures.append((path, name, *map(told, answers)))
    assert failures == []


def filters_by_id(world: World, parameters: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, prefix and foreign id of every filter that takes one."""
    for name, parameter in parameters.items():
        text = world.contract.of_type(parameter["schema"], "string")
        prefixes = id_prefixes(text or {})
        if name == "source_id":
            prefixes = ["sal", "ret", "rcp", "adj", "srt"]
        for prefix in prefixes:
            yield name, prefix, world.ids.foreign[prefix]
