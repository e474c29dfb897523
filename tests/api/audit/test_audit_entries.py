"""The admin log over HTTP, and what is told in it."""

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
        "on_behalf_of": None,
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
    assert (before["ok"], before["entries"], before["head"]) == (True, 0, None)
    entries = await trail.entries()
    assert before["unsealed"] == len(entries) > 1
    seals = await trail.seal()
    assert seals == -(-len(entries) // 3)
    found = await trail.verdict()
    assert (found["ok"], found["entries"], found["unsealed"]) == (True, len(entries), 0)
    head = found["head"]
    assert (head["sequence"], found["last_sequence"]) == (seals, seals)
    await company.product("LATER")
    assert await trail.seal() == 1
    assert (await trail.verdict(head=head["hash"]))["contains_head"] is True
    refused = await trail.verdict(head="0" * 64)
    assert (refused["ok"], refused["contains_head"]) == (False, False)
