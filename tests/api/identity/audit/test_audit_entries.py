"""The audit trail over HTTP, and what it records."""

from typing import Any

from tests.support.audit import Trail
from tests.support.company import Company


async def test_a_change_is_told_with_before_and_after(application: Any, company: Company) -> None:
    """S0-51, S4-33, AU-01: who, in which session, by which request, where from, what changed."""
    trail = await Trail.of(application, company)
    me = await company.get("/auth/me")
    unit_id = (await company.post("/units", {"code": "bx", "name": "Box"}))["id"]
    answer = await company.client.patch(
        f"/api/v1/units/{unit_id}", json={"name": "Crate"}, headers={"If-Match": '"1"'}
    )
    made, changed = await trail.entries(entity_id=unit_id)
    assert made["changes"]["after"]["name"] == "Box"
    assert {name: changed[name] for name in changed if name not in {"id", "recorded_at"}} == {
        "actor_id": me["user_id"],
        "on_behalf_of_id": None,
        "session_id": me["session_id"],
        "request_id": answer.headers["x-request-id"],
        "address": "127.0.0.1",
        "action": "changed",
        "entity_kind": "unit",
        "entity_id": unit_id,
        "changes": {
            "before": {"name": "Box", "version": 1},
            "after": {"name": "Crate", "version": 2},
        },
    }
    assert await company.get(f"/audit-entries/{changed['id']}") == changed


async def test_the_chain_is_sealed_and_verified(application: Any, company: Company) -> None:
    trail = await Trail.of(application, company)
    before = await trail.verdict()
    assert (before["ok"], before["entry_count"], before["head"]) == (True, 0, None)
    entries = await trail.entries()
    assert before["unsealed"] == len(entries) > 1
    seals = await trail.seal()
    assert seals == -(-len(entries) // 3)
    found = await trail.verdict()
    assert (found["ok"], found["entry_count"], found["unsealed"]) == (True, len(entries), 0)
    head = found["head"]
    assert (head["sequence"], found["last_sequence"]) == (seals, seals)
    await company.product("LATER")
    assert await trail.seal() == 1
    assert (await trail.verdict(head=head["hash"]))["head_included"] is True
    refused = await trail.verdict(head="0" * 64)
    assert (refused["ok"], refused["head_included"]) == (False, False)


async def test_the_log_is_filtered_by_everything_it_shows(
    application: Any, company: Company
) -> None:
    """S1-17: who, session, request, action, object, time; newest first; pages by a cursor."""
    trail = await Trail.of(application, company)
    me = await company.get("/auth/me")
    product_id = await company.product("FILTERED")
    answer = await company.client.post(
        f"/api/v1/products/{product_id}/deactivate", headers={"If-Match": '"1"'}
    )
    request_id = answer.headers["x-request-id"]
    registered, opened, created, changed = entries = await trail.entries()
    assert [each["action"] for each in entries] == ["registered", "opened", "created", "changed"]
    later, at = opened["recorded_at"], changed["recorded_at"]
    for filters, expected in (
        ({"actor_id": me["user_id"]}, entries),
        ({"actor_id": "usr_00000000000000000000000001"}, []),
        ({"on_behalf_of_id": me["user_id"]}, []),
        ({"session_id": me["session_id"]}, [opened, created, changed]),
        ({"request_id": request_id}, [changed]),
        ({"action": "created"}, [created]),
        ({"entity_kind": "product"}, [created, changed]),
        ({"entity_id": product_id}, [created, changed]),
        ({"entity_kind": "unit", "entity_id": product_id}, []),
        ({"entity_id": me["user_id"]}, []),
        ({"recorded_from": later}, [opened, created, changed]),
        ({"recorded_to": later}, [registered, opened]),
        ({"recorded_from": at, "recorded_to": at}, [changed]),
        ({"recorded_from": "1969-01-01T00:00:00Z", "recorded_to": "1969-02-01T00:00:00Z"}, []),
        ({"sort": "-recorded_at"}, entries[::-1]),
    ):
        assert await trail.entries(**filters) == expected, filters
    page = await company.get("/audit-entries", limit=3, sort="-recorded_at", include_total=True)
    assert (page["data"], page["total"], page["has_more"]) == (entries[:0:-1], 4, True)
    rest = await company.get(
        "/audit-entries", limit=3, sort="-recorded_at", cursor=page["next_cursor"]
    )
    assert (rest["data"], rest["has_more"]) == ([registered], False)


async def test_what_the_log_refuses(company: Company) -> None:
    for wrong in (
        {"entity_id": "prd_1"},
        {"entity_id": "xyz_00000000000000000000000001"},
        {"actor_id": "prd_00000000000000000000000001"},
        {"recorded_from": "yesterday"},
        {"sort": "action"},
        {"action": "x" * 65},
    ):
        await company.get("/audit-entries", 422, **wrong)
    await company.get("/audit-entries", 400, who="me")
    await company.get("/audit-entries/aud_00000000000000000000000001", 404)
    for query in ("head=" + "A" * 64, "head=0", "from_sequence=0"):
        answer = await company.client.get(f"/api/v1/audit-entries/verification?{query}")
        assert answer.status_code == 422


async def test_every_kind_of_change_keeps_its_members_apart(
    application: Any, company: Company
) -> None:
    """AU-01: members, months and the company itself are recorded with before and after as well."""
    trail = await Trail.of(application, company)
    tenant = await company.client.get("/api/v1/companies/current")
    await company.client.patch(
        "/api/v1/companies/current",
        json={"name": "Renamed"},
        headers={"If-Match": tenant.headers["etag"]},
    )
    await company.post("/periods/2020-01/close", {}, status=200)
    [changed] = await trail.entries(entity_kind="company", action="changed")
    assert changed["changes"]["before"]["name"] == "Test Trading"
    assert changed["changes"]["after"]["name"] == "Renamed"
    [closed] = await trail.entries(entity_kind="period")
    assert closed["changes"] == {
        "period": "2020-01",
        "reason": closed["changes"]["reason"],
        "before": {"status": "open"},
        "after": {"status": "closed"},
    }


async def test_a_sale_stays_one_small_entry(application: Any, company: Company) -> None:
    """A document is recorded by its number and total; its lines are facts of their own."""
    trail = await Trail.of(application, company)
    product_id = await company.product("SOLD")
    await company.open_stock("5", "1.00", product_id)
    sale = await company.sell((product_id, "1"))
    [posted] = await trail.entries(entity_id=sale["id"])
    assert posted["action"] == "posted"
    assert posted["changes"].keys() == {"number", "total", "currency"}


async def test_a_line_break_stays_in_its_value(application: Any, company: Company) -> None:
    """AU-04: CR and LF in a value make neither another entry nor another line of JSON."""
    trail = await Trail.of(application, company)
    name = 'Evil\r\n{"action": "created"}'
    product_id = await company.product("EVIL", description=name)
    answer = await company.client.get("/api/v1/audit-entries")
    assert b"\r" not in answer.content
    assert b"\n" not in answer.content
    [entry] = await trail.entries(entity_id=product_id)
    assert entry["changes"]["after"]["description"] == name
    assert await trail.seal() > 0
    assert (await trail.verdict())["ok"]
