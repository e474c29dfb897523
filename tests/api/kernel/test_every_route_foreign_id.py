"""Another tenant's ids in the paths of every route: as if they never were, on both databases."""

from tests.support.fingerprint import changed
from tests.support.mutations import id_prefixes
from tests.support.refusals import alike, fault_of, told
from tests.support.route import API, Answer, Valid, request, send, tag
from tests.support.routes import ROUTES
from tests.support.world import World

METHODS = {"get", "put", "post", "patch", "delete"}


def with_an_id(world: World) -> list[tuple[str, str]]:
    """Method and path of every route that is addressed by an id."""
    return [
        (method.upper(), path.removeprefix(API))
        for path, operations in world.contract.document["paths"].items()
        for method in sorted(operations.keys() & METHODS)
        if "{id}" in path and not path.startswith(f"{API}/platform/")  # where all are seen
    ]


async def test_paths_are_addressed_by_ids_and_months_only(world: World) -> None:
    """A parameter of another kind would not be covered here; a month belongs to every company."""
    parameters = {
        part
        for path in world.contract.document["paths"]
        for part in path.split("/")
        if part.startswith("{")
    }
    assert parameters == {"{id}", "{period}"}


async def ask(world: World, method: str, path: str, valid: Valid, id_: str) -> Answer:
    """Ask for the id, with what would be right for an own object."""
    here = path.replace("{id}", id_)
    if method == "GET":
        return await send(world.company, method, here)
    route = ROUTES[f"{method} {path}"]
    return await request(world.company, route, Valid(here, valid.body, valid.headers), tag())


async def test_a_foreign_id_is_as_one_that_never_was(world: World) -> None:
    """G-03, TE-05: 404 with the same body, and neither company changes."""
    failures = []
    routes = with_an_id(world)
    valid = {
        (method, path): await ROUTES[f"{method} {path}"].prepare(world.company)
        for method, path in routes
        if method != "GET"
    }
    before = await world.fingerprint()
    for method, path in routes:
        collection = path.partition("/{")[0]
        foreign = world.foreign[collection]
        missing = world.ids.missing[foreign.partition("_")[0]]
        right = valid.get((method, path), Valid(path))
        answer = await ask(world, method, path, right, foreign)
        twin = await ask(world, method, path, right, missing)
        if fault_of(answer) or answer.status != 404 or not alike(answer, twin):
            failures.append((method, path, told(answer), told(twin)))
        owner = await send(world.other, "GET", f"{collection}/{foreign}")
        if owner.status == 405:  # shown in its list only
            owner = await send(world.other, "GET", collection)
        if owner.status != 200 or foreign.encode() not in owner.body:
            failures.append((method, path, "its owner", told(owner)))
    assert failures == []
    assert changed(before, await world.fingerprint()) == {}
    assert len(routes) >= 39


async def test_a_client_made_id_may_be_another_tenants(world: World) -> None:
    """Ids belong to their tenant: the same one is free here, and what it names there stays."""
    failures = []
    for route in ROUTES.values():
        schema = world.contract.body_schema(route.method, API + route.template)
        member = (world.contract.of_type(schema or {}, "object") or {}).get("properties", {})
        if route.status != 201 or "id" not in member:
            continue
        [prefix] = id_prefixes(world.contract.of_type(member["id"], "string"))
        id_ = world.ids.foreign[prefix]
        valid = await route.prepare(world.company)
        before = await world.rows.fingerprint(world.tenants[1])
        answer = await request(world.company, route, valid, tag(), {**valid.body, "id": id_})
        if answer.status != 201 or answer.json()["id"] != id_:
            failures.append((route.operation, told(answer)))
        if await world.rows.fingerprint(world.tenants[1]) != before:
            failures.append((route.operation, "the other company changed"))
    assert failures == []
