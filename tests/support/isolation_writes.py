"""Isolation probes for writes: paths, bodies, batches, keys, client-made ids."""

from dataclasses import replace
from typing import Any

import orjson

from tests.support.company import Company
from tests.support.isolation import Pair, Probing, plain, shown_at
from tests.support.references import Operation, Steps, is_made_by_the_client, placed
from tests.support.refusals import excerpt, fault_of
from tests.support.route import API, NOTHING, UNIQUE, Answer, Route, Valid, encoded, tag
from tests.support.routes import ROUTES


async def paths(on: Probing) -> None:
    """G-03, TE-05: a foreign id in a path is 404, like one that never existed."""
    valid = {}
    chosen = [each for each in on.chosen() if "{id}" in each.placeholders]
    for operation in chosen:
        if operation.method != "GET":
            valid[operation.name] = await ROUTES[operation.name].prepare(on.tenants.mine)
    async with on.nothing_changes("path"):
        for operation in chosen:
            right = valid.get(operation.name, Valid(operation.template))
            await _path(on, operation, right)


async def bodies(on: Probing) -> None:
    """TE-04: a foreign id in a body is refused at its pointer, like one that never existed."""
    chosen = [each for each in on.routes() if each.key != "items" and on.references(each.operation)]
    valid = {route.operation: await route.prepare(on.tenants.mine) for route in chosen}
    async with on.nothing_changes("bodies"):
        for route in chosen:
            for steps, prefixes in on.places(route.operation):
                for pair in on.pairs(route.operation, shown_at(steps), prefixes):
                    await _body(on, route, valid[route.operation], steps, pair)


async def batches(on: Probing) -> None:
    """TE-04: one foreign item among valid ones refuses the whole batch, or only itself."""
    for route in on.routes():
        if route.key != "items":
            continue
        places = on.places(route.operation)
        valid = await route.prepare(on.tenants.mine)
        async with on.nothing_changes(route.operation):
            for steps, prefixes in places:
                await _in_whole_batch(on, route, valid, steps, prefixes)
        async with on.they_stay(route.operation):
            for steps, prefixes in places:
                valid = await route.prepare(on.tenants.mine)
                await _in_apart_batch(on, route, valid, steps, prefixes)


async def writes(on: Probing) -> None:
    """No change of a company affects the other one, which made the same changes before.

    Both use the same keys, numbers, codes and names, which are scoped to a company (S3-02).
    """
    done = []
    for route in on.routes():
        key = tag()
        theirs = await _keyed(route, on.tenants.theirs, key)
        await on.asked(route, theirs, on.tenants.theirs, key)
        done.append((route, key, theirs))
    async with on.they_stay("writes"):
        for route, key, theirs in done:
            valid = await _keyed(route, on.tenants.mine, key)
            if not route.template.startswith("/auth/"):
                valid = replace(valid, body=_named_alike(valid.body, theirs.body))
            answer = await on.asked(route, valid, on.tenants.mine, key)
            on.report.probes += 1
            replayed = b'"replayed":true' in answer.body or "idempotent-replayed" in answer.headers
            if replayed or answer.status != route.status:
                on.report.crossed(route.operation, "idempotency key", excerpt(answer))
            on.look_for_theirs(route.operation, "written", answer)


async def made_ids(on: Probing) -> None:
    """S3-02: an id of the other company can be used here, and the other object stays unchanged.

    From then on both companies have an object under it, each its own.
    """
    shared: dict[str, str] = {}
    async with on.they_stay("made ids"):
        for route in on.routes():
            for steps, prefixes in on.references(route.operation).items():
                if is_made_by_the_client(steps):
                    [prefix] = prefixes
                    id_ = on.tenants.foreign.ids[prefix].pop()
                    answer = await _made_id(on, route, steps, id_)
                    shared[answer.headers.get("location", "").removeprefix(API)] = id_
        for operation in on.chosen():
            for path, id_ in shared.items():
                if path and operation.template.startswith(path.replace(id_, "{id}")):
                    await _with_shared_id(on, operation, path, id_)


async def _keyed(route: Route, company: Company, key: str) -> Valid:
    """A request that succeeds; the items of a batch have keys that follow from this one."""
    valid = await route.prepare(company)
    if route.key == "items":
        for at, item in enumerate(valid.body["items"]):
            item["idempotency_key"] = f"{key}-{at}"
    return valid


def _named_alike(mine: Any, theirs: Any) -> Any:
    """A body with what must be unique within a company as the other one has it."""
    if isinstance(mine, list):
        return [_named_alike(*each) for each in zip(mine, theirs, strict=True)]
    if not isinstance(mine, dict):
        return mine
    return {
        name: theirs[name] if name in UNIQUE else _named_alike(value, theirs[name])
        for name, value in mine.items()
    }


async def _made_id(on: Probing, route: Route, steps: Steps, id_: str) -> Answer:
    on.foreign.discard(id_)
    for ids in on.tenants.foreign.of_list.values():
        if id_ in ids:
            ids.remove(id_)
    valid = await route.prepare(on.tenants.mine)
    schema = on.schema(route.operation)
    body, _ = placed(on.tenants.contract, schema, valid.body, steps, id_)
    answer = await on.asked(route, replace(valid, body=body))
    on.report.tried(route.operation, shown_at(steps))
    if answer.status != route.status or id_.encode() not in answer.body:
        on.report.crossed(route.operation, shown_at(steps), excerpt(answer))
    on.look_for_theirs(route.operation, "written", answer)
    return answer


async def _with_shared_id(on: Probing, operation: Operation, path: str, id_: str) -> None:
    """Show or change the own object of two that have the same id; a rule may refuse the change."""
    own = await on.mine(path)
    if own.status != 200:
        on.report.undecided(operation.name, "shared id", excerpt(own))
    answer = own
    if operation.method != "GET":
        route = ROUTES[operation.name]
        valid = await route.prepare(on.tenants.mine)
        headers = {"If-Match": own.headers["etag"]} if "If-Match" in valid.headers else {}
        here = replace(valid, path=operation.template.replace("{id}", id_), headers=headers)
        answer = await on.asked(route, here)
        if answer.status != route.status:
            on.report.crossed(operation.name, "shared id", excerpt(answer))
    on.report.probes += 1
    on.look_for_theirs(operation.name, "shared id", answer)


async def _path(on: Probing, operation: Operation, right: Valid) -> None:
    collection = operation.template.partition("/{id}")[0]
    theirs = on.tenants.foreign.of_list.get(collection)
    if not theirs:
        on.report.undecided(operation.name, "{id}", "no list shows an id of the other company")
        return
    route = ROUTES.get(operation.name)
    key = {} if route is None else route.key_header(tag())
    body = None if right.body is NOTHING else encoded(right.body)
    answers = []
    for id_ in (theirs[-1], on.tenants.missing[theirs[-1][:3]]):
        path = operation.template.replace("{id}", id_)
        answers.append(await on.send(operation.method, path, {**right.headers, **key}, body))
    on.report.tried(operation.name, "{id}")
    if plain(answers[0]) != plain(answers[1]) or answers[0].status < 400:
        on.report.crossed(operation.name, "{id}", *map(excerpt, answers))
    elif fault_of(answers[1]) or answers[1].status != 404:
        on.report.undecided(operation.name, "{id}", excerpt(answers[1]))


async def _body(on: Probing, route: Route, valid: Valid, steps: Steps, pair: Pair) -> None:
    schema, answers, pointer = on.schema(route.operation), [], ""
    for id_ in pair:
        body, pointer = placed(on.tenants.contract, schema, valid.body, steps, id_)
        answers.append(await on.asked(route, replace(valid, body=body)))
    on.judge(route.operation, shown_at(steps), pointer, answers)


async def _in_whole_batch(
    on: Probing, route: Route, valid: Valid, steps: Steps, prefixes: list[str]
) -> None:
    for pair in on.pairs(route.operation, shown_at(steps), prefixes):
        asked, pointer = _with_foreign_item(on, route, valid, steps, pair, atomic=True)
        answers = [await on.asked(route, each) for each in asked]
        on.judge(route.operation, shown_at(steps), f"/items/1{pointer}", answers)


async def _in_apart_batch(
    on: Probing, route: Route, valid: Valid, steps: Steps, prefixes: list[str]
) -> None:
    """One kind represents all that a place accepts: the valid item is posted each time."""
    for pair in list(on.pairs(route.operation, shown_at(steps), prefixes))[:1]:
        asked, pointer = _with_foreign_item(on, route, valid, steps, pair, atomic=False)
        answers = [await on.asked(route, each) for each in asked]
        parts = [_items_of(each) for each in answers]
        if any(len(part) != 2 or part[0].status != 201 for part in parts):
            excerpts = map(excerpt, answers)
            on.report.undecided(route.operation, shown_at(steps), "item by item", *excerpts)
        else:
            refused = [part[1] for part in parts]
            on.judge(route.operation, shown_at(steps), pointer, refused)


def _with_foreign_item(
    on: Probing, route: Route, valid: Valid, steps: Steps, pair: Pair, *, atomic: bool
) -> tuple[list[Valid], str]:
    """A good item beside one with the foreign or the missing id, and the pointer to that id."""
    contract = on.tenants.contract
    schema = contract.of_type(on.schema(route.operation), "object")["properties"]["items"]
    good, other = valid.body["items"]
    made, pointer = [], ""
    for id_ in pair:
        item, pointer = placed(contract, schema["items"], other, steps[2:], id_)
        made.append(replace(valid, body={"atomic": atomic, "items": [good, item]}))
    return made, pointer


def _items_of(answer: Answer) -> list[Answer]:
    """The answers of the items of a batch, as if each had been asked alone."""
    if answer.status != 207:
        return []
    return [
        Answer(
            item["status"],
            {"content-type": "application/problem+json" if item["status"] >= 400 else ""},
            orjson.dumps(item["body"]),
        )
        for item in answer.json()["items"]
    ]
