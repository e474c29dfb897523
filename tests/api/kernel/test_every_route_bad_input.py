"""Bad input on every mutating route, on both databases: a 4xx problem, and nothing half done.

The routes come from ``tests/support/routes.py``, the wrong requests from the OpenAPI document, so a
new member of a body is bent in every way without a line here (issue 2 §5).
"""

from typing import Any

import pytest

from tests.support.fingerprint import changed
from tests.support.refusals import alike, excerpt, fault_of, misplaced
from tests.support.route import API, Answer, encoded, renewed, send
from tests.support.routes import ROUTES
from tests.support.world import World
from tests.support.wrong_requests import requests_of

each_route = pytest.mark.parametrize("operation", ROUTES)


def test_the_catalogue_holds_every_mutating_route(application: Any) -> None:
    """A new route without an entry in ``tests/support/routes.py`` fails here."""
    documented = {
        f"{method.upper()} {path.removeprefix(API)}"
        for path, operations in application.openapi()["paths"].items()
        for method in operations.keys() & {"post", "put", "patch", "delete"}
    }
    assert documented == set(ROUTES)


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
            fault = None if alike(answer, twin) else f"unlike {excerpt(twin)}"
        if fault is not None or answer.status not in wrong.statuses:
            failures.append((name, fault, excerpt(answer)))
    assert failures == []
    assert changed(before, await world.fingerprint()) == {}


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
            failures.append((name, fault, excerpt(answer)))
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
