"""API keys over HTTP: made, used, rotated, revoked, and attacked (AK-01)."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.application.identity.api_key_ports import API_KEYS
from app.application.identity.api_key_tokens import ApiKeyToken
from app.application.identity.api_keys import SCOPES
from app.application.identity.ports import MEMBERSHIPS, TENANTS
from app.application.shared.kinds import Lock, Needs
from app.application.shared.permissions import ROLES
from app.domain.identity.tenant import TenantState
from app.domain.shared.ids import Id, read
from app.main import create_app
from tests.api.identity.support import (
    AUTH,
    COMPANY,
    EMAIL,
    Tokens,
    change,
    events,
    ids_of,
    parts_of,
    refusal,
    register,
    sign_up,
    trail,
    try_login,
)
from tests.api.identity.test_members import ask, hired, id_of
from tests.conftest import settings_for

API = "/api/v1"
KEYS = f"{API}/api-keys"
SHOP = {"name": "Web shop", "scopes": ["units:read", "units:write", "products:read"]}
OVER = (401, "api_keys.over", [])
NOBODY = (401, "auth.unauthenticated", [])


async def make(api: httpx.AsyncClient, tokens: Tokens, **members: Any) -> httpx.Response:
    return await api.post(KEYS, json={**SHOP, **members}, headers=tokens.headers)


async def made(api: httpx.AsyncClient, tokens: Tokens, **members: Any) -> dict[str, Any]:
    answer = await make(api, tokens, **members)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def units(api: httpx.AsyncClient, key: str) -> httpx.Response:
    return await api.get(f"{API}/units", headers=bearer(key))


async def new_unit(api: httpx.AsyncClient, key: str, code: str, **more: Any) -> httpx.Response:
    body = {"code": code, "name": "Crate", "decimals": 0}
    return await api.post(f"{API}/units", json=body, headers={**bearer(key), **more})


async def act(
    api: httpx.AsyncClient, tokens: Tokens, key_id: str, verb: str, body: Any = None, version: int = 1
) -> httpx.Response:
    headers = {**tokens.headers, "If-Match": f'"{version}"'}
    return await api.post(f"{KEYS}/{key_id}/{verb}", json=body, headers=headers)


async def rotate(
    api: httpx.AsyncClient, tokens: Tokens, key_id: str, version: int = 1, **body: Any
) -> httpx.Response:
    return await act(api, tokens, key_id, "rotate", body, version)


def other_secret(key: str) -> str:
    """The same ids with another secret, in good form."""
    token = ApiKeyToken.read(key)
    return str(ApiKeyToken.fresh(token.tenant_id, token.key_id, test=token.test))


async def alter(api: httpx.AsyncClient, tokens: Tokens, key_id: str, **fields: Any) -> None:
    """Change the row behind the service's back, as another node would."""
    _, tenant_id = await ids_of(api, tokens)
    key = read("key", key_id)
    await change(api, API_KEYS, (key,), lambda each: replace(each, **fields), tenant_id)


async def forget(api: httpx.AsyncClient, tokens: Tokens, key_id: str) -> None:
    """As if the bound of five seconds were over."""
    _, tenant_id = await ids_of(api, tokens)
    parts_of(api).identity.api_keys._verifier.forget(tenant_id, read("key", key_id))


async def test_a_key_is_shown_once_and_works_within_its_scopes(api: httpx.AsyncClient) -> None:
    """AK-01: prefix, id, secret; hashed; listed without it."""
    owner = await sign_up(api)
    key = await made(api, owner, allowed_addresses=["127.0.0.1", "2001:db8::1"])
    text = key.pop("key")
    assert text.startswith("tp_live_")
    assert len(text) == 109
    assert key["scopes"] == sorted(SHOP["scopes"])
    assert key["allowed_addresses"] == ["127.0.0.1/32", "2001:db8::/64"]
    assert (key["test"], key["version"], key["revoked_at"]) == (False, 1, None)
    life = datetime.fromisoformat(key["expires_at"]) - datetime.fromisoformat(key["created_at"])
    assert life == timedelta(days=366)
    listed = await api.get(KEYS, headers=owner.headers)
    assert listed.json()["data"] == [key]
    shown = await api.get(f"{KEYS}/{key['id']}", headers=owner.headers)
    assert (shown.json(), shown.headers["etag"]) == (key, '"1"')
    assert text not in listed.text + shown.text
    assert (await units(api, text)).status_code == 200
    assert (await new_unit(api, text, "crate")).status_code == 201
    refused = await api.get(f"{API}/sales", headers=bearer(text))
    assert refusal(refused) == (403, "auth.permission_missing", [])
    _, tenant_id = await ids_of(api, owner)
    assert "api_key.created" in await events(api, tenant_id)
    assert "api_key created" in await trail(api, tenant_id)
    loaded = await parts_of(api).reader.load(
        tenant_id, Needs().one(API_KEYS, read("key", key["id"]), lock=Lock.NONE)
    )
    [stored] = loaded.present[API_KEYS].values()
    assert len(stored.secret_hash) == 32
    assert text[60:] not in repr(stored)


async def test_a_key_says_who_it_is(api: httpx.AsyncClient) -> None:
    """/auth/me answers for every key: itself, who answers for it, and what it may do."""
    owner = await sign_up(api)
    key = await made(api, owner, scopes=["units:read"])
    found = (await api.get(f"{AUTH}/me", headers=bearer(key["key"]))).json()
    assert found["api_key"] == {
        "id": key["id"],
        "name": "Web shop",
        "test": False,
        "expires_at": key["expires_at"],
    }
    assert (found["email"], found["session_id"], found["role"]) == (EMAIL, None, "api_key")
    assert found["user_id"] == key["made_by"] == await id_of(api, owner)
    assert found["permissions"] == ["units:read"]
    assert (await api.get(f"{AUTH}/me", headers=owner.headers)).json()["api_key"] is None


async def test_what_a_key_does_stands_under_its_name(api: httpx.AsyncClient) -> None:
    """AU-01: the key acts; the trail names it, not its maker."""
    owner = await sign_up(api)
    key = await made(api, owner)
    answer = await new_unit(api, key["key"], "crate", **{"Idempotency-Key": "shop-1"})
    assert answer.status_code == 201
    again = await new_unit(api, key["key"], "crate", **{"Idempotency-Key": "shop-1"})
    assert again.headers["idempotent-replayed"] == "true"
    own = await api.post(
        f"{API}/units",
        json={"code": "crate", "name": "Crate", "decimals": 0},
        headers={**owner.headers, "Idempotency-Key": "shop-1"},
    )
    assert own.status_code == 409  # keys of idempotency belong to their caller
    _, tenant_id = await ids_of(api, owner)
    from app.infrastructure.db.kernel_tables import audit_entries
    from app.infrastructure.db.query import Query, of_tenant
    from sqlalchemy import select

    actors = Query(
        select(audit_entries.c.actor_id, audit_entries.c.session_id)
        .where(*of_tenant(audit_entries), audit_entries.c.entity_kind == "unit")
        .order_by(audit_entries.c.id.desc())
    )
    async with parts_of(api).database.read(tenant_id) as scope:
        row = await scope.row(actors)
    assert (Id(row[0]), row[1]) == (read("key", key["id"]), bytes(16))


async def test_a_wrong_key_proves_nothing(api: httpx.AsyncClient) -> None:
    """Unknown id, wrong secret, other company, other mode, no form: one answer, told alike."""
    owner = await sign_up(api)
    text = (await made(api, owner))["key"]
    token = ApiKeyToken.read(text)
    foreign = ApiKeyToken(Id(b"\1" * 16), token.key_id, token.secret, test=False)
    unknown = ApiKeyToken(token.tenant_id, Id(b"\1" * 16), token.secret, test=False)
    answers = [
        await units(api, wrong)
        for wrong in (
            other_secret(text),
            str(foreign),
            str(unknown),
            str(replace(token, test=True)),
            text[:-1],
            text[:-1] + ("0" if text[-1] != "0" else "1"),
            text.replace("tp_live_", "tp_test_"),
            text + "A",
            "tp_live_",
            "tp_live_" + "z" * 101,
        )
    ]
    assert {refusal(each) for each in answers} == {NOBODY} or all(
        refusal(each) == NOBODY for each in answers
    )
    assert (await units(api, text)).status_code == 200


async def test_a_key_of_another_company_is_not_seen(api: httpx.AsyncClient) -> None:
    """TE-05: its id is as one that never was, and its secret opens its own company only."""
    owner = await sign_up(api)
    await register(api, email="per@south.example", company={"name": "South"})
    answer = await try_login(api, "per@south.example")
    other = Tokens(answer.json()["access_token"], answer.json()["refresh_token"])
    key = await made(api, other)
    for method, path in (("GET", ""), ("POST", "/revoke")):
        refused = await api.request(method, f"{KEYS}/{key['id']}{path}", headers=owner.headers)
        assert refusal(refused) == (404, "common.not_found", [])
    assert refusal(await rotate(api, owner, key["id"]))[:2] == (404, "common.not_found")
    own = (await made(api, owner))["key"]
    mixed = ApiKeyToken.read(key["key"])
    crossed = replace(mixed, tenant_id=ApiKeyToken.read(own).tenant_id)
    assert refusal(await units(api, str(crossed))) == NOBODY
    assert (await units(api, key["key"])).status_code == 200


@pytest.mark.parametrize("name", ["access_token", "api_key", "token", "q", "limit", "made-up"])
async def test_a_key_in_the_address_is_refused_wherever_it_stands(
    api: httpx.AsyncClient, name: str
) -> None:
    """AK-01, JW-03: 401, also beside a good header."""
    owner = await sign_up(api)
    text = (await made(api, owner))["key"]
    for value in (text, owner.access, text.replace("_", "%5F")):
        for headers in ({}, owner.headers):
            answer = await api.get(f"{API}/products?{name}={value}", headers=headers)
            assert refusal(answer) == (401, "auth.credential_in_query", [])
            assert text not in answer.text
    assert (await api.get(f"{API}/products?{text}", headers=owner.headers)).status_code == 401


async def test_one_header_and_no_other(api: httpx.AsyncClient) -> None:
    """Two credentials are none, and no other header carries one."""
    owner = await sign_up(api)
    text = (await made(api, owner))["key"]
    for pair in ([text, text], [text, owner.access], [owner.access, text]):
        headers = [("Authorization", f"Bearer {each}") for each in pair]
        assert refusal(await api.get(f"{API}/units", headers=headers)) == NOBODY
    for headers in ({"X-API-Key": text}, {"Authorization": text}, {"Cookie": f"key={text}"}):
        assert refusal(await api.get(f"{API}/units", headers=headers)) == NOBODY
    basic = {"Authorization": f"Basic {text}"}
    assert refusal(await api.get(f"{API}/units", headers=basic)) == NOBODY


async def test_an_expired_key_is_over(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    key = await made(api, owner)
    assert (await units(api, key["key"])).status_code == 200
    past = datetime.now(UTC) - timedelta(seconds=1)
    created = past - timedelta(days=1)
    await alter(api, owner, key["id"], created_at=created, expires_at=past)
    await forget(api, owner, key["id"])
    assert refusal(await units(api, key["key"])) == OVER
    assert refusal(await units(api, other_secret(key["key"]))) == NOBODY


async def test_the_end_of_a_key_is_bounded(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    now = datetime.now(UTC)
    for end in (now - timedelta(seconds=5), now + timedelta(days=367)):
        answer = await make(api, owner, expires_at=end.isoformat())
        assert refusal(answer) == (422, "common.out_of_range", ["/expires_at"])
    end = now + timedelta(days=30)
    assert datetime.fromisoformat((await made(api, owner, expires_at=end.isoformat()))["expires_at"])


async def test_a_revoked_key_is_over_at_once(api: httpx.AsyncClient) -> None:
    """On the node that revokes; revoking again changes nothing, and nothing brings it back."""
    owner = await sign_up(api)
    key = await made(api, owner)
    assert (await units(api, key["key"])).status_code == 200
    tried = await api.post(f"{KEYS}/{key['id']}/revoke?dry_run=true", headers=owner.headers)
    assert tried.json()["revoked_at"] is not None
    assert (await units(api, key["key"])).status_code == 200
    revoked = await api.post(f"{KEYS}/{key['id']}/revoke", headers=owner.headers)
    assert (revoked.status_code, revoked.headers["etag"]) == (200, '"2"')
    assert refusal(await units(api, key["key"])) == OVER
    again = await api.post(f"{KEYS}/{key['id']}/revoke", headers=owner.headers)
    assert again.json() == revoked.json()
    assert refusal(await rotate(api, owner, key["id"], 2)) == (409, "api_keys.revoked", [])
    patched = await api.patch(
        f"{KEYS}/{key['id']}", json={"name": "x"}, headers={**owner.headers, "If-Match": '"2"'}
    )
    assert refusal(patched) == (409, "api_keys.revoked", [])
    for active, count in (("true", 0), ("false", 1)):
        listed = await api.get(f"{KEYS}?active={active}", headers=owner.headers)
        assert len(listed.json()["data"]) == count
    _, tenant_id = await ids_of(api, owner)
    assert (await trail(api, tenant_id)).count("api_key revoked") == 1


async def test_another_node_refuses_a_revoked_key_within_five_seconds(
    api: httpx.AsyncClient, own_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S0-07: at the first look-up after the bound; until then it may go on."""
    owner = await sign_up(api)
    key = await made(api, owner)
    app = create_app(settings_for(own_database_url))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as node,
    ):
        assert (await units(node, key["key"])).status_code == 200
        await api.post(f"{KEYS}/{key['id']}/revoke", headers=owner.headers)
        assert (await units(node, key["key"])).status_code == 200
        remembered = app.state.parts.identity.api_keys._verifier._known
        late = remembered._monotonic() + 5.0
        monkeypatch.setattr(remembered, "_monotonic", lambda: late)
        assert refusal(await units(node, key["key"])) == OVER


async def test_a_rotation_overlaps_as_long_as_it_says(api: httpx.AsyncClient) -> None:
    """The old secret stays good until the stated instant, and only the last one does."""
    owner = await sign_up(api)
    key = await made(api, owner)
    first = key["key"]
    answer = await rotate(api, owner, key["id"], overlap_seconds=600)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    turned = answer.json()
    second = turned["key"]
    assert first[:60] == second[:60]  # the ids in it are the same
    overlap = datetime.fromisoformat(turned["previous_until"]) - datetime.fromisoformat(
        turned["rotated_at"]
    )
    assert overlap == timedelta(seconds=600)
    for text in (first, second):
        assert (await units(api, text)).status_code == 200
    past = datetime.now(UTC) - timedelta(seconds=1)
    await alter(api, owner, key["id"], previous_until=past)
    await forget(api, owner, key["id"])
    assert refusal(await units(api, first)) == OVER
    assert (await units(api, second)).status_code == 200
    third = (await rotate(api, owner, key["id"], 3, overlap_seconds=0)).json()
    assert third["previous_until"] is None
    assert refusal(await units(api, second)) == NOBODY
    assert (await units(api, third["key"])).status_code == 200
    stale = await rotate(api, owner, key["id"], 3)
    assert refusal(stale) == (412, "common.stale_version", [])
    missing = await api.post(f"{KEYS}/{key['id']}/rotate", json={}, headers=owner.headers)
    assert refusal(missing) == (428, "common.version_required", [])
    for seconds in (-1, 86_401):
        refused = await rotate(api, owner, key["id"], 4, overlap_seconds=seconds)
        assert refusal(refused)[0::2] == (422, ["/overlap_seconds"])


async def test_a_revocation_ends_both_secrets(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    key = await made(api, owner)
    second = (await rotate(api, owner, key["id"])).json()["key"]
    await api.post(f"{KEYS}/{key['id']}/revoke", headers=owner.headers)
    assert refusal(await units(api, second)) == OVER
    assert refusal(await units(api, key["key"])) == NOBODY


async def test_a_key_is_bound_to_its_networks(own_database_url: str) -> None:
    """Behind a trusted proxy too; what a caller writes in front of it counts for nothing."""
    app = create_app(settings_for(own_database_url, trusted_proxies="10.0.0.0/8"))

    def client(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app, client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url="http://test")

    async with (
        app.router.lifespan_context(app),
        client("198.51.100.9") as outside,
        client("192.0.2.77") as inside,
        client("10.1.2.3") as proxy,
        client("2001:db8::7") as six,
    ):
        owner = await sign_up(inside)
        networks = ["192.0.2.0/24", "2001:db8::/48"]
        key = (await made(inside, owner, allowed_addresses=networks))["key"]
        refused = (403, "api_keys.address_refused", [])
        assert (await units(inside, key)).status_code == 200
        assert (await units(six, key)).status_code == 200
        assert refusal(await units(outside, key)) == refused
        forged = {**bearer(key), "X-Forwarded-For": "192.0.2.77"}
        assert refusal(await outside.get(f"{API}/units", headers=forged)) == refused
        for forwarded, status in (
            ("192.0.2.5", 200),
            ("198.51.100.9", 403),
            ("192.0.2.5, 198.51.100.9", 403),
            ("198.51.100.9, 192.0.2.5, 10.9.9.9", 200),
            ("rubbish", 403),
        ):
            headers = {**bearer(key), "X-Forwarded-For": forwarded}
            answer = await proxy.get(f"{API}/units", headers=headers)
            assert answer.status_code == status, forwarded
        # A stranger does not learn whether the address would do.
        assert refusal(await units(outside, other_secret(key))) == NOBODY


async def test_networks_have_their_form(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    for wrong in ("192.0.2.1/24", "rubbish", "2001:db8::/65", "300.1.1.1", "192.0.2.0/33"):
        answer = await make(api, owner, allowed_addresses=["192.0.2.0/24", wrong])
        assert refusal(answer) == (422, "common.invalid_value", ["/allowed_addresses/1"])


async def test_nobody_makes_a_key_that_may_do_more(api: httpx.AsyncClient) -> None:
    """Scope escalation at create, change and rotate; a manager reads keys and makes none."""
    owner = await sign_up(api)
    for scope in ("profile:read", "api_keys:write", "members:write", "roles:write", "no:such"):
        answer = await make(api, owner, scopes=["units:read", scope])
        assert refusal(answer) == (422, "api_keys.scope_refused", ["/scopes/1"])
    assert refusal(await make(api, owner, scopes=[]))[0] == 422
    key = await made(api, owner)
    manager = await hired(api, owner, role="manager")
    assert (await api.get(KEYS, headers=manager.headers)).json()["data"][0]["id"] == key["id"]
    for refused in (await make(api, manager), await rotate(api, manager, key["id"])):
        assert refusal(refused) == (403, "auth.permission_missing", [])


async def test_a_key_keeps_no_keys_and_no_people(api: httpx.AsyncClient) -> None:
    """Whatever its scopes say, behind the service's back too."""
    owner = await sign_up(api)
    key = await made(api, owner, scopes=sorted(SCOPES))
    await alter(api, owner, key["id"], scopes=tuple(sorted(ROLES["owner"])))
    await forget(api, owner, key["id"])
    headers = bearer(key["key"])
    assert (await api.get(f"{API}/members", headers=headers)).status_code == 200
    for method, path, body in (
        ("GET", KEYS, None),
        ("POST", KEYS, SHOP),
        ("POST", f"{KEYS}/{key['id']}/rotate", {}),
        ("POST", f"{KEYS}/{key['id']}/revoke", None),
        ("POST", f"{API}/invitations", {"email": "x@y.example", "role": "owner"}),
        ("PATCH", f"{API}/members/{key['made_by']}", {"role": "viewer"}),
        ("GET", f"{AUTH}/sessions", None),
        ("POST", f"{AUTH}/logout-all", None),
        ("PATCH", f"{API}/tenants/current", {"name": "Mine"}),
    ):
        answer = await api.request(method, path, json=body, headers=headers)
        assert refusal(answer)[:2] == (403, "auth.permission_missing"), (method, path)


async def test_a_key_may_never_do_more_than_its_maker(api: httpx.AsyncClient) -> None:
    """A demoted maker takes it from the key; one who is switched off ends it. At once here."""
    owner = await sign_up(api)
    second = await hired(api, owner, role="owner")
    maker = await id_of(api, second)
    key = (await made(api, second))["key"]
    assert (await new_unit(api, key, "crate")).status_code == 201
    assert (await ask(api, owner, maker, role="viewer")).status_code == 200
    assert refusal(await new_unit(api, key, "box")) == (403, "auth.permission_missing", [])
    assert (await units(api, key)).status_code == 200
    assert (await ask(api, owner, maker, "deactivate", version=2)).status_code == 200
    assert refusal(await units(api, key)) == OVER
    assert (await ask(api, owner, maker, "activate", version=3)).status_code == 200
    assert (await units(api, key)).status_code == 200


async def test_a_demoted_maker_cannot_widen_or_rotate(api: httpx.AsyncClient) -> None:
    """What he holds is read in the transaction, not from a token that is seconds old."""
    owner = await sign_up(api)
    second = await hired(api, owner, role="owner")
    key = await made(api, second, scopes=["units:read"])
    wide = await made(api, second)
    user_id, tenant_id = await ids_of(api, second)
    # On another node: this one still remembers him as an owner.
    await change(api, MEMBERSHIPS, (tenant_id, user_id), lambda each: replace(each, role="cashier"))
    refused = (403, "api_keys.beyond_own_permissions", ["/scopes"])
    assert refusal(await make(api, second)) == refused
    assert refusal(await rotate(api, second, wide["id"])) == refused
    patched = await api.patch(
        f"{KEYS}/{key['id']}",
        json={"scopes": ["units:read", "units:write"]},
        headers={**second.headers, "If-Match": '"1"'},
    )
    assert refusal(patched) == refused


async def test_who_rotates_answers_for_the_key(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    second = await hired(api, owner, role="owner")
    key = await made(api, second)
    assert key["made_by"] == await id_of(api, second)
    turned = (await rotate(api, owner, key["id"])).json()
    assert turned["made_by"] == await id_of(api, owner)


async def test_a_suspended_company_has_no_keys(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    key = await made(api, owner)
    _, tenant_id = await ids_of(api, owner)
    suspended = {"state": TenantState.SUSPENDED}
    await change(api, TENANTS, (tenant_id,), lambda each: replace(each, **suspended))
    assert refusal(await units(api, key["key"])) == OVER


async def test_a_change_of_a_key_counts_at_once(api: httpx.AsyncClient) -> None:
    """PATCH with If-Match; what is left out stays."""
    owner = await sign_up(api)
    key = await made(api, owner)
    path, headers = f"{KEYS}/{key['id']}", {**owner.headers, "If-Match": '"1"'}
    assert (await new_unit(api, key["key"], "crate")).status_code == 201
    answer = await api.patch(path, json={"scopes": ["units:read"]}, headers=headers)
    assert (answer.status_code, answer.json()["name"]) == (200, "Web shop")
    assert refusal(await new_unit(api, key["key"], "box"))[1] == "auth.permission_missing"
    assert refusal(await api.patch(path, json={"name": "x"}, headers=headers))[0] == 412
    away = {**headers, "If-Match": '"2"'}
    await api.patch(path, json={"allowed_addresses": ["192.0.2.0/24"]}, headers=away)
    assert refusal(await units(api, key["key"]))[1] == "api_keys.address_refused"
    _, tenant_id = await ids_of(api, owner)
    assert (await trail(api, tenant_id)).count("api_key changed") == 2


async def test_a_test_key_reads_and_only_tries(api: httpx.AsyncClient) -> None:
    """Known by its prefix; what it asks for is decided, answered, and not kept."""
    owner = await sign_up(api)
    key = await made(api, owner, test=True)
    text = key["key"]
    assert text.startswith("tp_test_")
    found = (await api.get(f"{AUTH}/me", headers=bearer(text))).json()
    assert found["api_key"]["test"] is True
    _, tenant_id = await ids_of(api, owner)
    before = await trail(api, tenant_id), await events(api, tenant_id)
    tried = await new_unit(api, text, "crate", **{"Idempotency-Key": "t-1"})
    assert (tried.status_code, tried.json()["code"]) == (201, "crate")
    plain = await api.post(
        f"{API}/units?dry_run=false",
        json={"code": "crate", "name": "Crate", "decimals": 0},
        headers=bearer(text),
    )
    assert plain.status_code == 201
    codes = [each["code"] for each in (await units(api, text)).json()["data"]]
    assert "crate" not in codes
    assert (await trail(api, tenant_id), await events(api, tenant_id)) == before
    refused = await new_unit(api, text, "pcs")
    assert refusal(refused)[0] == 409  # a rule is a rule


async def test_trials_and_changes_that_wait_together_do_not_mix(api: httpx.AsyncClient) -> None:
    """Group commit: what a test key tries beside real commands is dropped, those are kept."""
    owner = await sign_up(api)
    test, live = (await made(api, owner, test=each) for each in (True, False))
    keys = {"t": (await test)["key"], "l": (await live)["key"]}
    answers = await asyncio.gather(
        *(new_unit(api, keys["tl"[n % 2]], f"{'tl'[n % 2]}{n}") for n in range(12))
    )
    assert {each.status_code for each in answers} == {201}
    codes = {each["code"] for each in (await units(api, keys["l"])).json()["data"]}
    assert codes >= {f"l{n}" for n in range(1, 12, 2)}
    assert not [code for code in codes if code.startswith("t") and code[1:].isdigit()]


async def test_the_last_use_is_told_once_a_minute(api: httpx.AsyncClient) -> None:
    """Behind the request, and without a new version."""
    owner = await sign_up(api)
    key = await made(api, owner)
    path = f"{KEYS}/{key['id']}"
    assert (await api.get(path, headers=owner.headers)).json()["last_used_at"] is None
    uses = parts_of(api).identity.api_keys._verifier._uses
    assert (await units(api, key["key"])).status_code == 200
    await uses.close()
    shown = (await api.get(path, headers=owner.headers)).json()
    assert (shown["last_used_address"], shown["version"]) == ("127.0.0.1", 1)
    assert shown["last_used_at"] is not None
    uses._noted.clear()  # as another node, which knows nothing of this use
    assert (await units(api, key["key"])).status_code == 200
    await uses.close()
    again = (await api.get(path, headers=owner.headers)).json()
    assert again["last_used_at"] == shown["last_used_at"]
    listed = (await api.get(KEYS, headers=owner.headers)).json()["data"]
    assert listed == [again]
    assert COMPANY["name"]
