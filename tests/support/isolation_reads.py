"""Isolation probes for reads: lists, objects, reports, filters and cursors."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from tests.support.isolation import Pair, Probing, plain, settled
from tests.support.references import Operation, prefixes_of, query_of, texts_of
from tests.support.refusals import excerpt
from tests.support.route import send, tag
from tests.support.routes import ROUTES
from tests.support.tenants import Seen

_NOWHERE: Final = "nothing is called like this"


async def reads(on: Probing) -> None:
    """No answer to a company contains what only the other one has."""
    for operation in on.reads():
        rows = {"limit": "200"} if "limit" in operation.query() else {}
        for path in on.own_paths(operation):
            base = on.tenants.base(operation, on.tenants.own)
            answer = await on.mine(path + query_of({**rows, **base}))
            on.report.probes += 1
            if answer.status != 200:
                on.report.undecided(operation.name, "read", excerpt(answer))
            on.look_for_theirs(operation.name, "read", answer)


async def barred(on: Probing) -> None:
    """RB-02: what no member can be permitted is refused to the owner, too."""
    for operation in on.tenants.barred:
        path = operation.template.replace("{id}", on.tenants.foreign.ids["cmp"][0])
        answer = await on.send(operation.method, path)
        on.report.probes += 1
        if answer.status not in {401, 403}:  # those of the platform take another token
            on.report.crossed(operation.name, "barred", excerpt(answer))


async def headers(on: Probing) -> None:
    """TE-06: no header selects the company."""
    theirs = on.tenants.foreign.ids["cmp"][0]
    named = dict.fromkeys(("X-Tenant-Id", "X-Company-Id", "Tenant", "X-Organization"), theirs)
    for operation in on.reads():
        path = next(iter(on.own_paths(operation)), None)
        if path is not None:
            path += query_of(on.tenants.base(operation, on.tenants.own))
            plain = await on.mine(path)
            answer = await on.send("GET", path, named)
            on.report.probes += 1
            if settled(answer) != settled(plain):
                on.report.crossed(operation.name, "headers", excerpt(answer), excerpt(plain))


async def figures(on: Probing, *stirring: str) -> None:
    """S3-01: no action of the other company changes a figure of this one."""
    reads = [
        path + query_of(on.tenants.base(each, on.tenants.own))
        for each in on.reads()
        if not each.template.endswith("/file")  # to fetch one leaves an entry, another each time
        for path in on.own_paths(each)
    ]
    before = {path: await on.mine(path) for path in reads}
    for name in stirring or [each.operation for each in ROUTES.values() if each.status == 201]:
        route = ROUTES[name]
        valid = await route.prepare(on.tenants.theirs)
        await on.asked(route, valid, on.tenants.theirs, tag())
    for path, answer in before.items():
        again = await on.mine(path)
        on.report.probes += 1
        if settled(again) != settled(answer):
            on.report.crossed(f"GET {path}", "figures", excerpt(answer), excerpt(again))


async def filters(on: Probing) -> None:
    """TE-04: a filter by a foreign value finds the same as one by a value that never existed."""
    for operation in on.reads():
        if operation.placeholders:
            continue
        base = on.tenants.base(operation, on.tenants.own)
        for name, schema in operation.query().items():
            for value, nothing in _values(on, operation, name, schema):
                answers = [
                    await on.mine(operation.template + query_of({**base, name: each}))
                    for each in (value, nothing)
                ]
                on.report.tried(operation.name, name)
                if answers[1].status != 200:
                    on.report.undecided(operation.name, name, excerpt(answers[1]))
                elif plain(answers[0]) != plain(answers[1]):
                    on.report.crossed(operation.name, name, *map(excerpt, answers))


async def cursors(on: Probing) -> None:
    """TE-04, AC-06: a cursor of another company, list, order or filter, or a changed one."""
    for operation in on.reads():
        if "cursor" not in operation.query() or operation.placeholders:
            continue
        found = await _cursors(on, operation)
        if "foreign" in found:
            on.report.exercised.add((operation.name, "cursor"))
        else:
            on.report.undecided(operation.name, "cursor", "the other company has one row")
        base = on.tenants.base(operation, on.tenants.own)
        for kind, cursor in found.items():
            path = operation.template + query_of({**base, "cursor": cursor})
            answer = await on.mine(path)
            on.report.probes += 1
            if answer.status != 400 or answer.json()["code"] != "common.cursor_invalid":
                on.report.crossed(operation.name, "cursor", kind, excerpt(answer))


def _values(on: Probing, operation: Operation, name: str, schema: Any) -> Iterator[Pair]:
    """Values of the other company for a parameter, each with one that means nothing."""
    tenants = on.tenants
    rows = tenants.foreign.rows.get(operation.template, [])
    prefixes = prefixes_of(tenants.contract, schema)
    if prefixes:
        # By an id that the rows name, so that a leak would show a row.
        shown = {each[:3]: each for each in texts_of(rows) if each in on.foreign}
        for theirs, missing in on.pairs(operation.name, name, prefixes):
            yield shown.get(theirs[:3], theirs), missing
        return
    text = tenants.contract.of_type(schema, "string")
    if text is None or name in {"cursor", "sort"} or text.keys() & {"enum", "format"}:
        return
    longest = text.get("maxLength", 100)
    # By the member of the same name where the rows have one, or by any of their texts.
    member = "name" if name == "q" else name
    named = {str(row[member]) for row in rows if row.get(member)} or set(texts_of(rows))
    fits = re.compile(text.get("pattern", ""), re.DOTALL).search
    values = [each[:longest] for each in sorted(named & tenants.marks) or sorted(tenants.marks)]
    nothing = next(each for each in (_NOWHERE[:longest], tag(), "0" * longest) if fits(each))
    yield from ((each, nothing) for each in [each for each in values if fits(each)][:3])


async def _cursors(on: Probing, operation: Operation) -> dict[str, str]:
    """A cursor of every kind that this list must not take."""
    tenants, found = on.tenants, {}
    theirs = await _first_cursor(on, operation, tenants.foreign, theirs=True)
    if theirs:
        found["foreign"] = theirs
    own = await _first_cursor(on, operation, tenants.own)
    if own:
        found["changed"] = own[:-2] + ("AA" if own[-2:] != "AA" else "BB")
        found["cut"] = own[: len(own) // 2]
    parameters = operation.query()
    for order in parameters["sort"].get("enum", ())[1:2]:
        found["other order"] = await _first_cursor(on, operation, tenants.own, {"sort": order})
    for name, value in (("active", "true"), ("effective_from", "2026-01-01"), ("status", "closed")):
        if name in parameters:
            found["other filter"] = await _first_cursor(on, operation, tenants.own, {name: value})
    other = "/units" if operation.template != "/units" else "/accounts"
    listed = await on.mine(f"{other}?limit=1")
    found["other list"] = listed.json()["next_cursor"]
    return {kind: cursor for kind, cursor in found.items() if cursor}


async def _first_cursor(
    on: Probing,
    operation: Operation,
    seen: Seen,
    more: Mapping[str, str] = MappingProxyType({}),
    *,
    theirs: bool = False,
) -> str:
    company = on.tenants.theirs if theirs else on.tenants.mine
    query = query_of({**on.tenants.base(operation, seen), "limit": "1", **more})
    answer = await send(company, "GET", operation.template + query)
    assert answer.status == 200, excerpt(answer)
    return answer.json()["next_cursor"] or ""
