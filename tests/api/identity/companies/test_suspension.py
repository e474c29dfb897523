"""Suspended: its people sign in, read and export, and change nothing (S3-39)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.application.identity.directory.kinds import TENANTS
from app.domain.identity.companies.tenant import Tenant, TenantState
from tests.api.identity.support import (
    AUTH,
    OTHER_PASSWORD,
    PASSWORD,
    Tokens,
    change,
    ids_of,
    login,
    parts_of,
    refresh,
    refusal,
    sign_up,
    tokens_of,
    trail,
)

API = "/api/v1"
UNIT = {"code": "crate", "name": "Crate", "decimals": 0}


def suspended(tenant: Tenant) -> Tenant:
    return tenant.suspended()


def closing(tenant: Tenant) -> Tenant:
    return tenant.deletion_requested(tenant.name, datetime.now(UTC), timedelta(days=30))


async def held(api: httpx.AsyncClient, tokens: Tokens, how: Any = suspended) -> Any:
    """The company after it was suspended behind the service's back, as another node does."""
    _, tenant_id = await ids_of(api, tokens)
    await change(api, TENANTS, (tenant_id,), how)
    return tenant_id


async def create(api: httpx.AsyncClient, tokens: Tokens, query: str = "") -> httpx.Response:
    return await api.post(f"{API}/units{query}", json=UNIT, headers=tokens.headers)


@pytest.mark.parametrize(
    ("how", "code"), [(suspended, "companies.suspended"), (closing, "companies.deletion_scheduled")]
)
async def test_what_is_read_is_read_and_no_command_is_run(
    api: httpx.AsyncClient, how: Any, code: str
) -> None:
    tokens = await sign_up(api)
    tenant_id = await held(api, tokens, how)
    parts_of(api).identity.tokens.forget_company(tenant_id)
    before = await trail(api, tenant_id)
    for query in ("", "?dry_run=true"):
        assert refusal(await create(api, tokens, query)) == (403, code, [])
    item = {"sku": "A", "name": "A", "unit_id": "unt_x", "idempotency_key": "k"}
    batch = {"atomic": False, "items": [item]}
    answers = [
        await api.post(f"{API}/products/batch", json=batch, headers=tokens.headers),
        await api.patch(
            f"{API}/companies/current",
            json={"name": "South"},
            headers={**tokens.headers, "If-Match": '"1"'},
        ),
        await api.post(
            f"{API}/invitations",
            json={"email": "e@x.example", "role": "viewer"},
            headers=tokens.headers,
        ),
    ]
    assert [refusal(answer)[:2] for answer in answers] == [(403, code)] * 3
    for path in ("units", "products", "sales", "members", "reports/trial-balance", "auth/me"):
        assert (await api.get(f"{API}/{path}", headers=tokens.headers)).status_code == 200, path
    shown = (await api.get(f"{API}/companies/current", headers=tokens.headers)).json()
    assert shown["status"] == code.removeprefix("companies.")
    assert (shown["delete_at"] is None) == (how is suspended)
    assert [each for each in await trail(api, tenant_id) if "refused" not in each] == before


async def test_the_node_that_suspends_knows_at_once_and_others_within_five_seconds(
    api: httpx.AsyncClient,
) -> None:
    """Not told, a node asks anew when what it knows is five seconds old; no request waits longer.

    The bound itself is that of every access state: tests/unit/identity/test_access_tokens.py.
    """
    tokens = await sign_up(api)
    tenant_id = await held(api, tokens)
    assert (await create(api, tokens)).status_code == 201  # as known a moment ago
    parts_of(api).identity.tokens.forget_company(tenant_id)
    assert refusal(await create(api, tokens)) == (403, "companies.suspended", [])
    await change(api, TENANTS, (tenant_id,), lambda tenant: tenant.resumed())
    parts_of(api).identity.tokens.forget_company(tenant_id)
    again = {**UNIT, "code": "again"}
    answer = await api.post(f"{API}/units", json=again, headers=tokens.headers)
    assert answer.status_code == 201


async def test_ones_own_sign_in_goes_on(api: httpx.AsyncClient) -> None:
    """Log in, refresh, change the password, end a session, log out."""
    tokens = await sign_up(api)
    tenant_id = await held(api, tokens)
    parts_of(api).identity.tokens.forget_company(tenant_id)
    second = await login(api)
    renewed = await refresh(api, second.refresh)
    assert renewed.status_code == 200
    second = tokens_of(renewed)
    listed = (await api.get(f"{AUTH}/sessions", headers=second.headers)).json()["data"]
    assert len(listed) == 2
    ended = await api.delete(f"{AUTH}/sessions/{listed[0]['id']}", headers=second.headers)
    assert ended.status_code == 204
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    changed = await api.post(f"{AUTH}/password", json=body, headers=second.headers)
    assert changed.status_code == 204
    companies = (await api.get(f"{AUTH}/companies", headers=second.headers)).json()["data"]
    assert [(each["status"], each["delete_at"]) for each in companies] == [("suspended", None)]
    switched = await api.post(
        f"{AUTH}/switch", json={"company_id": companies[0]["id"]}, headers=second.headers
    )
    assert switched.status_code == 200
    out = await api.post(f"{AUTH}/logout-all", headers=second.headers)
    assert out.status_code == 204


async def test_nobody_joins_a_suspended_company(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    invitation = {"email": "emil@north.example", "role": "viewer"}
    made = await api.post(f"{API}/invitations", json=invitation, headers=tokens.headers)
    tenant_id = await held(api, tokens)
    before = await trail(api, tenant_id)
    join = {"token": made.json()["token"], "password": OTHER_PASSWORD}
    assert refusal(await api.post(f"{AUTH}/join", json=join)) == (403, "companies.suspended", [])
    assert await trail(api, tenant_id) == before
    await change(
        api, TENANTS, (tenant_id,), lambda tenant: replace(tenant, state=TenantState.ACTIVE)
    )
    assert (await api.post(f"{AUTH}/join", json=join)).status_code == 204


async def test_every_route_that_changes_something_says_so(application: Any) -> None:
    """And no other: reads, one's own sign-in, exports and the deletion itself go on."""
    codes = {"companies.suspended", "companies.deletion_scheduled"}
    for path, methods in application.openapi()["paths"].items():
        for method, operation in methods.items():
            permission = operation["x-permission"]
            if path == f"{AUTH}/join":  # the invitation names the company
                continue
            refused = operation["responses"].get("403", {"content": {"": {"examples": {}}}})
            [content] = refused["content"].values()
            held = permission.endswith(":write") and permission.partition(":")[0] not in {
                "profile",
                "exports",
                "company_deletion",
                "platform",
            }
            assert (codes <= content["examples"].keys()) is held, (method, path)
