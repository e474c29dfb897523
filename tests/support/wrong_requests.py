"""Wrong requests of every mutating route, generated from the OpenAPI document and the catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.mutations import MANY_DIGITS, Mutation, whole_bodies
from tests.support.route import API, LEFT_OUT, NOTHING, Route, Valid, encoded
from tests.support.world import World

# A login tells nobody which companies there are: test_members.py has its answer.
UNTOLD = {"/company_id: missing id", "/company_id: foreign id"}
_REFUSALS = frozenset({400, 404, 409, 412, 413, 415, 422})


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
