"""Bad input on every mutating route, on both databases: a 4xx problem, and nothing half done.

The routes come from ``tests/support/routes.py``, the wrong requests from the OpenAPI document, so a
new member of a body is bent in every way without a line here (issue 2 §5).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.fingerprint import changed
from tests.support.mutations import MANY_DIGITS, Mutation, whole_bodies
from tests.support.refusals import alike, fault_of, misplaced, told
from tests.support.route import API, LEFT_OUT, NOTHING, Answer, Route, Valid, encoded, renewed, send
from tests.support.routes import ROUTES
from tests.support.world import World

# A login tells nobody which companies there are: test_members.py has its answer.
UNTOLD = {"/company_id: missing id", "/company_id: foreign id"}
_REFUSALS = frozenset({400, 404, 409, 412, 413, 415, 422})

each_route = pytest.mark.parametrize("operation", ROUTES)


def test_the_catalogue_holds_every_mutating_route(application: Any) -> None:
    """A new route without an entry in ``tests/support/routes.py`` fails here."""
    documented = {
        f"{method.upper()} {path.removeprefix(API)}"
        for path, operations in application.openapi()["paths"].items()
        for method in operations.keys() & {"post", "put", "patch", "delete"}
    }
    assert documented == set(ROUTES)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong request, and the statuses that may answer it."""

    mutation: Mutation
    path: str
    headers: dict[str, str]
    statuses: frozenset[int] | set[int]


def mutations_of(world: World, route: Route, valid: Valid) -> Iterator[Mutation]:
    """Every wrong body of a route."""
    yield from whole_bodies(valid.body)
    schema = world.contract.body_schema(route.method, API + route.template)
    assert (schema is None) == (valid.body is NOTHING)
    if schema is not None:
        yield from world.contract.refused(schema, valid.body, world.ids)


def requests_of(
    world: World, route: Route, valid: Valid, headers: dict[str, str]
) -> Iterator[Wrong]:
    """Every wrong request: a wrong body under a right head, and the other way round."""
    for mutation in mutations_of(world, route, valid):
        if route.operation == "POST /auth/login" and mutation.name in UNTOLD:
            continue
        yield Wrong(mutation, valid.path, headers, _REFUSALS)
    body = b"{}" if valid.body is NOTHING else encoded(valid.body)
    for name, statuses, path, changes in wrong_heads(route, valid):
        yield Wrong(Mutation(name, body), path, headers | changes, statuses)


@each_route
async def test_a_wrong_request_is_refused(world: World, operation: str) -> None:
    """Every part is bent in every way; each request is answered as a problem and does nothing.

    A reference to another tenant's object is answered as one to nothing (TE-04).
    """
    route = ROUTES[operation]
    valid = await route.prepare(world.company)
    headers = {**valid.headers, **route.key_header("wrong")}
    before = await world.fingerprint()
    failures = []
    missing: dict[str, Answer] = {}
    for wrong in requests_of(world, route, valid, headers):
        name = wrong.mutation.name
        answer = await send(
            world.company, route.method, wrong.path, wrong.headers, wrong.mutation.body
        )
        fault = fault_of(answer) or misplaced(wrong.mutation, answer)
        if name.endswith(": missing id"):
            missing[name] = answer
        elif name.endswith(": foreign id") and fault is None:
            twin = missing[name.replace(": foreign id", ": missing id")]
            fault = None if alike(answer, twin) else f"unlike {told(twin)}"
        if fault is not None or answer.status not in wrong.statuses:
            failures.append((name, fault, told(answer)))
    assert failures == []
    assert changed(before, await world.fingerprint()) == {}


Head = tuple[str, set[int], str, dict[str, str]]


def wrong_heads(route: Route, valid: Valid) -> Iterator[Head]:
    """Name, possible statuses, path and changed headers of every wrong head."""
    path = valid.path
    for name, value in (
        ("XML", "text/xml"),
        ("UTF-16", "application/json; charset=utf-16"),
        ("no media type", LEFT_OUT),
    ):
        yield name, {415}, path, {"content-type": value}
    yield "compressed", {415}, path, {"content-encoding": "gzip"}
    yield "unknown parameter", {400}, f"{path}?colour=red", {}
    yield "NUL in a parameter", {400}, f"{path}?dry_run=%00", {}
    if route.key != "none":
        yield "dry run", {422}, f"{path}?dry_run=maybe", {}
        yield "dry run twice", {400}, f"{path}?dry_run=true&dry_run=true", {}
    if not route.template.startswith("/auth/") or route.template == "/auth/logout-all":
        for token in (LEFT_OUT, "Bearer", "Bearer a.b.c"):
            yield f"token {token}", {401}, path, {"Authorization": token}
    if route.key in {"required", "accepted"}:
        for key in ("", "a b", "x" * 129, "naïve"):
            yield f"key {key[:9]}", {400}, path, {"Idempotency-Key": key}
    if route.key == "required":
        yield "no key", {400}, path, {"Idempotency-Key": LEFT_OUT}
    if "If-Match" in valid.headers:
        yield "no version", {428}, path, {"If-Match": LEFT_OUT}
        yield "stale version", {412}, path, {"If-Match": '"999"'}
        for version in ("1", 'W/"1"', f'"{MANY_DIGITS}"', ""):
            yield f"version {version[:9]}", {400, 412}, path, {"If-Match": version}
    if "{" in route.template:
        own = path.split("/")[2]  # every path that holds an id holds it there
        for name, part in _WRONG_PARTS.items():
            yield f"path {name}", {404}, path.replace(own, part), {}


_WRONG_PARTS = {
    "over-long": "x" * 5000,
    "wrong prefix": "xyz_" + "0" * 26,
    "no month": "2026-13",
    "year 0": "0000-01",
    "year 99999": "99999-01",
    "NUL": "%00",
    "lone surrogate": "%ED%A0%80",
    "dots": "..",
    "slash": "a%2Fb",
}


# The item of a batch of documents is the document, which is sent alone.
ODD = [
    route.operation
    for route in ROUTES.values()
    if route.key != "items" or route.operation == "POST /products/batch"
]


@pytest.mark.parametrize("operation", ODD)
async def test_an_odd_body_is_answered(world: World, operation: str) -> None:
    """Nulls, members left out and the ends of ranges are done or refused, and the books hold.

    These requests are carried out, so that what only the database would refuse shows, too. A null
    is answered as a member that is left out.
    """
    route = ROUTES[operation]
    valid = await route.prepare(world.company)
    schema = world.contract.body_schema(route.method, API + route.template)
    headers = dict(valid.headers)
    failures = []
    statuses: dict[str, int] = {}
    odd = () if schema is None else world.contract.odd(schema, valid.body)
    for number, (name, body) in enumerate(odd):
        headers |= route.key_header(f"odd-{number}")
        answer = await send(
            world.company, route.method, valid.path, headers, encoded(renewed(body))
        )
        statuses[name] = answer.status
        fault = None if answer.status < 300 else fault_of(answer)
        if fault is not None:
            failures.append((name, fault, told(answer)))
        if "If-Match" in headers and "etag" in answer.headers:
            headers["If-Match"] = answer.headers["etag"]
    assert failures == []
    if operation == "POST /auth/join":
        return  # its token is good once, so the twin of a request that joined is refused
    nulls = {name.removesuffix(": null") for name in statuses if name.endswith(": null")}
    twins = {name for name in nulls if f"{name}: left out" in statuses}
    assert {name: statuses[f"{name}: null"] for name in twins} == {
        name: statuses[f"{name}: left out"] for name in twins
    }
    if route.key in {"required", "items"}:
        await world.company.assert_sound()
