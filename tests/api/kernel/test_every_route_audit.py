"""Every mutating route leaves its audit trail once, and a retry does nothing again.

How many entries a request writes, and why where it is not one, stands in the catalogue
(``tests/support/routes.py``). Each entry names the request that it tells of (AU-01). A request that
is refused for want of a permission leaves one entry, which says so; any other refusal leaves none.
"""

import re
from typing import Any

import pytest

from app.api.route import API_PREFIX as API
from app.application.identity.audit.entries import entity_prefixes
from app.application.shared.permissions import PUBLIC
from tests.support.company import colleague
from tests.support.fingerprint import changed
from tests.support.refusals import excerpt
from tests.support.route import NOTHING, Answer, Route, Valid, encoded, request, send, tag
from tests.support.routes import ROUTES
from tests.support.world import World

BATCHES = [each.operation for each in ROUTES.values() if each.key == "items"]


def test_other_numbers_than_one_have_a_reason() -> None:
    assert [
        route.operation
        for route in ROUTES.values()
        if (route.audits, route.repeated) != (1, 0) and not route.why
    ] == []


def test_every_route_that_may_change_something_has_a_case(application: Any) -> None:
    """S0-51: read from the table of routes, so one that is in no document counts as well."""
    found = {
        f"{method} {route.path.removeprefix(API)}"
        for route in application.routes
        for method in getattr(route, "methods", None) or ()
        if method not in {"GET", "HEAD", "OPTIONS"}
    }
    assert found == set(ROUTES)


async def test_every_refused_permission_is_told_once(
    world: World, application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AU-01, RB-02: a caller who may only read is refused at every route that changes something."""
    refusals = application.state.container.identity.refusals
    monkeypatch.setattr(refusals, "per_minute", 1_000)
    paths = application.openapi()["paths"]
    failures, asked = [], 0
    async with colleague(application, world.company, "viewer") as viewer:
        for route in ROUTES.values():
            permission = paths[API + route.template][route.method.lower()]["x-permission"]
            if permission in {PUBLIC, "profile:write", "platform:write"}:
                continue  # everybody may, or every role, or nobody of a company
            path = re.sub(r"{\w+}", "x", route.template)
            await refusals.settle()
            before, _ = await world.rows.audit_entries("")
            answer = await send(viewer, route.method, path, {}, b"{}")
            await refusals.settle()
            after, named = await world.rows.audit_entries(answer.headers["x-request-id"])
            if (answer.status, after - before, named) != (403, 1, 1):
                failures.append((route.operation, excerpt(answer), after - before, named))
            asked += 1
    assert failures == []
    assert asked > 40


async def test_no_other_refusal_is_told(world: World, application: Any) -> None:
    """What is wrong with a request is nobody's doing: neither 4xx nor its trial leaves an entry."""
    refusals = application.state.container.identity.refusals
    failures = []
    for route in ROUTES.values():
        path = re.sub(r"{\w+}", "x", route.template)
        before, _ = await world.rows.audit_entries("")
        answer = await send(world.company, route.method, path, {}, b'{"unknown": 1}')
        await refusals.settle()
        after, _ = await world.rows.audit_entries("")
        if not 400 <= answer.status < 500 or answer.status == 403 or after != before:
            failures.append((route.operation, excerpt(answer), after - before))
    assert failures == []


async def audited(world: World, valid: Valid, route: Route, key: str) -> tuple[Answer, int]:
    """The answer, and how many audit entries it wrote, all of which must name the request."""
    before, _ = await world.rows.audit_entries("")
    answer = await request(world.company, route, valid, key)
    after, named = await world.rows.audit_entries(answer.headers["x-request-id"])
    assert after - before == named
    return answer, named


@pytest.mark.parametrize("operation", ROUTES)
async def test_a_request_succeeds_and_is_audited_once(world: World, operation: str) -> None:
    """AU-01, ID-01, ID-02: a trial keeps nothing, the request is told once, its repeat not again.

    What stores no answers repeats as the catalogue says. A key takes no second request.
    """
    route = ROUTES[operation]
    valid = await route.prepare(world.company)
    key = tag()
    if route.key != "none":
        await assert_trial(world, route, valid, key)
    first, audits = await audited(world, valid, route, key)
    assert (first.status, audits) == (route.status, route.audits), excerpt(first)
    assert "idempotent-replayed" not in first.headers
    await assert_shown(world, first)
    again, repeated = await audited(world, valid, route, key)
    assert repeated == route.repeated
    if route.key == "items":
        assert_items_replayed(first, again)
    elif route.key != "none":
        assert_replayed(first, again)
        if valid.body is not NOTHING:
            other = Valid(valid.path, another(valid.body), valid.headers)
            answer, audits = await audited(world, other, route, key)
            assert (answer.status, audits) == (422, 0), excerpt(answer)
            assert answer.json()["code"] == "common.idempotency_key_reused"


async def assert_shown(world: World, answer: Answer) -> None:
    """S1-17: the admin log shows each entry, with an id whose prefix says of what."""
    request_id = answer.headers["x-request-id"]
    shown = (await world.company.get("/audit-entries", request_id=request_id))["data"]
    for entry in shown:
        prefix = entity_prefixes()[entry["entity_kind"]]
        assert entry["entity_id"].startswith(f"{prefix}_")
        assert entry["address"] == "203.0.113.9"


async def assert_trial(world: World, route: Route, valid: Valid, key: str) -> None:
    """A dry run answers as the real one and keeps nothing, also not its key."""
    before = await world.fingerprint()
    trial = Valid(f"{valid.path}?dry_run=true", valid.body, valid.headers)
    answer = await request(world.company, route, trial, key)
    assert answer.status == route.status, excerpt(answer)
    assert changed(before, await world.fingerprint()) == {}


def assert_replayed(first: Answer, again: Answer) -> None:
    """ID-06: the same status, bytes and headers of the object, marked as a repeat."""
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    for name in ("etag", "location", "content-type"):
        assert again.headers.get(name) == first.headers.get(name)


def assert_items_replayed(first: Answer, again: Answer) -> None:
    """The same answer but for the mark of each item."""
    assert first.body.count(b'"replayed":false') == 2
    assert again.body == first.body.replace(b'"replayed":false', b'"replayed":true')
    assert {item["status"] for item in first.json()["items"]} == {201}
    assert again.status == first.status


def another(body: dict[str, Any]) -> dict[str, Any]:
    """A valid body that says something else."""
    if "effective_at" in body:
        return {**body, "effective_at": "2026-03-25T12:00:00Z"}
    if "role" in body:
        return {**body, "role": "warehouse"}
    if body.keys() == {"time_zone"}:
        return {"time_zone": "Asia/Kuwait"}
    [member] = body.keys() & {"name", "reason"}
    return {**body, member: tag()}


@pytest.mark.parametrize("operation", BATCHES)
async def test_a_refused_item_leaves_nothing(world: World, operation: str) -> None:
    """AC-08: item by item, only the accepted one is done and told; a retry answers both again."""
    route = ROUTES[operation]
    single = ROUTES[operation.removesuffix("/batch")]
    made = await request(world.company, single, await single.prepare(world.company), tag())
    assert made.status == 201, excerpt(made)
    valid = await route.prepare(world.company)
    taken = valid.body["items"][0]
    taken["id"] = made.json()["id"]
    valid.body["atomic"] = False
    answer, audits = await audited(world, valid, route, tag())
    assert answer.status == 207, excerpt(answer)
    refused, accepted = answer.json()["items"]
    assert (refused["status"], refused["body"]["code"]) == (409, "common.id_taken")
    assert (accepted["status"], audits) == (201, route.audits // 2)
    again, repeated = await audited(world, valid, route, tag())
    assert ([item["status"] for item in again.json()["items"]], repeated) == ([409, 201], 0)
    # The key of the refused item is not burnt: it may be used for what is right.
    del taken["id"]
    valid.body["items"] = [taken]
    answer, audits = await audited(world, valid, route, tag())
    assert (answer.json()["items"][0]["status"], audits) == (201, route.audits // 2)


@pytest.mark.parametrize("operation", BATCHES)
async def test_an_atomic_batch_is_refused_whole(world: World, operation: str) -> None:
    """One wrong item refuses the request, whose good item is not done either."""
    route = ROUTES[operation]
    valid = await route.prepare(world.company)
    before = await world.fingerprint()
    valid.body["items"][1]["idempotency_key"] = valid.body["items"][0]["idempotency_key"]
    answer = await send(world.company, "POST", valid.path, {}, encoded(valid.body))
    assert (answer.status, answer.json()["code"]) == (422, "common.idempotency_key_reused")
    assert changed(before, await world.fingerprint()) == {}
