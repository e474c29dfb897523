"""Bad parameters on every reading route, on both databases: a 4xx problem, never a failure.

Routes, parameters and their bounds come from the OpenAPI document (issue 2 §5).
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from tests.support.mutations import id_prefixes
from tests.support.refusals import excerpt, fault_of
from tests.support.route import Answer, send
from tests.support.world import World
from tests.support.wrong_queries import base_of, reads, some_path, wrong_queries

# What may be said or not, without harm to the service.
_ODD_DAYS = ("0001-01-01", "9999-12-31")
_ODD_TEXTS = ("%ff", "%ED%A0%80", "%F0%9F%98%80", "%25_%5C'")


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
                failures.append((path, name, fault, excerpt(answer)))
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
                    failures.append((path, f"{name}={value}", fault, excerpt(answer)))
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
                failures.append((path, name, excerpt(answer)))
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
                failures.append((path, name, *map(excerpt, answers)))
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
