"""Mass assignment and unbounded input, over the OpenAPI document: every body, every parameter.

A new schema is covered as it is written; what it may leave open stands here with its reason.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.support.fingerprint import changed
from tests.support.mutations import Contract, Path, replaced
from tests.support.references import operations
from tests.support.refusals import excerpt, fault_of
from tests.support.route import API, NOTHING, encoded, send, tag
from tests.support.routes import ROUTES
from tests.support.world import World

# MA-01: what the service keeps for itself, with a value that would be of the right form.
OWN: Final[dict[str, Any]] = {
    "id": "usr_01JZ8B6Q0G3V5W7X9YABCDEFGH",
    "tenant_id": "cmp_01JZ8B6Q0G3V5W7X9YABCDEFGH",
    "company_id": "cmp_01JZ8B6Q0G3V5W7X9YABCDEFGH",
    "user_id": "usr_01JZ8B6Q0G3V5W7X9YABCDEFGH",
    "role": "owner",
    "permissions": ["companies:write"],
    "version": 99,
    "number": "S-2026-0001",
    "state": "posted",
    "status": "paid",
    "active": True,
    "is_admin": True,
    "created_at": "2020-01-01T00:00:00Z",
    "created_by": "usr_01JZ8B6Q0G3V5W7X9YABCDEFGH",
    "updated_at": "2020-01-01T00:00:00Z",
    "recorded_at": "2020-01-01T00:00:00Z",
    "posted_at": "2020-01-01T00:00:00Z",
    "net": "1.00",
    "tax": "1.00",
    "total": "1.00",
    "balance": "1.00",
    "open": "1.00",
    "on_hand": "1",
    "value": "1.00",
    "cost": "1.00",
    "password_hash": "x",
}
# Where one of these is what the route is for.
FOR_THIS: Final[dict[tuple[str, str], str]] = {
    ("POST /auth/login", "company_id"): "which of his companies to open",
    ("POST /auth/switch", "company_id"): "which of his companies to go to",
    ("POST /invitations", "role"): "nobody grants more than he holds (RB-05)",
    ("PATCH /members/{id}", "role"): "nobody grants more than he holds (RB-05)",
    ("POST /api-keys", "permissions"): "a key never does more than its maker (RB-03)",
    ("PATCH /api-keys/{id}", "permissions"): "nor is it changed to (RB-03)",
    ("POST /roles", "permissions"): "nobody makes a role that may do more than its maker (RB-03)",
    ("PATCH /roles/{id}", "permissions"): "nor lets one do more (RB-03)",
}
FAULTS_MAX: Final = 50  # of one refusal

# Headers whose every value is taken: what cannot be read means the default, or matches nothing.
TAKEN_WHATEVER: Final = {"Accept-Language", "If-None-Match"}


def objects(contract: Contract, schema: Any, value: Any, path: Path = ()) -> Iterator[Any]:
    """Path, schema and value of every object of a valid body; one item stands for all of a list."""
    if isinstance(value, dict):
        own = contract.of_type(schema, "object")
        yield path, own, value
        for name, each in value.items():
            yield from objects(contract, own["properties"][name], each, (*path, name))
    elif isinstance(value, list) and value:
        items = contract.of_type(schema, "array")["items"]
        yield from objects(contract, items, value[0], (*path, 0))


@pytest.mark.parametrize("operation", ROUTES)
async def test_nothing_of_the_service_can_be_set(world: World, operation: str) -> None:
    """MA-01: each such member is named and refused, wherever it stands, and nothing is done."""
    route = ROUTES[operation]
    valid = await route.prepare(world.company)
    schema = world.contract.body_schema(route.method, API + route.template)
    if valid.body is NOTHING:
        assert schema is None
        return
    before = await world.fingerprint()
    failures = []
    for path, own, value in objects(world.contract, schema, valid.body):
        more = {name: OWN[name] for name in OWN.keys() - own["properties"].keys()}
        assert 10 < len(more) < FAULTS_MAX
        body = replaced(valid.body, path, {**value, **more})
        headers = {**valid.headers, **route.key_header(tag())}
        answer = await send(world.company, route.method, valid.path, headers, encoded(body))
        at = "".join(f"/{step}" for step in path)
        wanted = {f"{at}/{name}" for name in more}
        named = {each["pointer"] for each in answer.json().get("errors", ())}
        if answer.status != 422 or fault_of(answer) is not None or not wanted <= named:
            failures.append((at, wanted - named, excerpt(answer)))
    assert failures == []
    assert changed(before, await world.fingerprint()) == {}


def test_what_may_be_set_of_it_has_a_reason(application: Any) -> None:
    """The id is that of a new object, everywhere; the rest stands above."""
    contract = Contract(application.openapi())
    found = set()
    for name, _, schema in body_schemas(contract):
        for steps, own in every_object(contract, schema):
            settable = OWN.keys() & own["properties"].keys()
            if "id" in settable:
                assert name.startswith("POST ") and steps in ((), ("items", "*")), (name, steps)
                assert "A client may make it" in own["properties"]["id"]["description"]
            found |= {(name, each) for each in settable - {"id"}}
    assert found == FOR_THIS.keys()


def body_schemas(contract: Contract) -> Iterator[tuple[str, str, Any]]:
    """The operation, the media type and the schema of every body."""
    for operation in operations(contract.document, API):
        stated = contract.document["paths"][API + operation.template][operation.method.lower()]
        for media, content in stated.get("requestBody", {}).get("content", {}).items():
            yield operation.name, media, content["schema"]


def every_object(
    contract: Contract, schema: Any, steps: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every object of a schema, and where it stands."""
    for branch in contract.branches(schema):
        if branch.get("type") == "object":
            yield steps, branch
        for name, member in branch.get("properties", {}).items():
            yield from every_object(contract, member, (*steps, name))
        if "items" in branch:
            yield from every_object(contract, branch["items"], (*steps, "*"))


def open_ends(contract: Contract, schema: Any, at: str) -> Iterator[str]:
    """What of a schema has no bound: an open object, a text, a list or a number without an end."""
    outer = schema
    for branch in contract.branches(schema):
        kind = branch.get("type")
        if kind == "object" and (branch.get("additionalProperties") is not False):
            yield f"{at} is open"
        if kind == "array" and "maxItems" not in branch:
            yield f"{at} is endless"
        if kind in {"integer", "number"} and not branch.keys() >= {"minimum", "maximum"}:
            yield f"{at} has no ends"
        if kind == "string" and not _ends(branch) and not _ends(outer):
            yield f"{at} has no length"
        if kind is None and "enum" not in branch and "const" not in branch:
            yield f"{at} has no type"
        for name, member in branch.get("properties", {}).items():
            yield from open_ends(contract, member, f"{at}/{name}")
        if "items" in branch:
            yield from open_ends(contract, branch["items"], f"{at}[]")


def _ends(text: Any) -> bool:
    """Whether a text has a length: by itself, by its words, as a date, or as an id."""
    known = text.keys() & {"maxLength", "enum", "const"} or text.get("format") == "date"
    return bool(known) or text.get("pattern", "").endswith("_[0-7][0-9A-HJKMNP-TV-Z]{25}$")


def test_every_body_is_closed_and_bounded(application: Any) -> None:
    """MA-01, IN-03: under every media type that a route takes."""
    contract = Contract(application.openapi())
    bodies = list(body_schemas(contract))
    assert len(bodies) > 40
    assert [
        end
        for name, media, schema in bodies
        for end in open_ends(contract, schema, f"{name} {media} ")
    ] == []


def test_every_parameter_is_bounded(application: Any) -> None:
    """IN-03: of paths, queries and headers."""
    contract = Contract(application.openapi())
    found = [
        end
        for operation in operations(contract.document, API)
        for each in operation.parameters
        if each["name"] not in TAKEN_WHATEVER
        for end in open_ends(contract, each["schema"], f"{operation.name} {each['name']}")
    ]
    assert found == []
