"""API keys, attacked: what is no key, from elsewhere, or wants to do more (AK-01, S0-50)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.application.identity.directory.kinds import MEMBERSHIPS, TENANTS
from app.application.identity.keys.api_keys import permissions_of_keys
from app.application.identity.keys.tokens import ApiKeyToken
from app.application.shared.permissions import built_in_roles
from app.domain.identity.companies.tenant import TenantState
from app.domain.shared.ids import Id
from app.main import create_app
from tests.api.edge.support import captured_log
from tests.api.identity.keys.support import (
    API,
    KEYS,
    NOBODY,
    OVER,
    SHOP,
    Refusal,
    alter,
    bearer,
    forget,
    hired,
    made,
    make,
    new_unit,
    other_secret,
    rotate,
    sign_up,
    units,
)
from tests.api.identity.members.test_members import ask, id_of
from tests.api.identity.support import AUTH, change, ids_of, refusal
from tests.conftest import Running, settings_for


@pytest.fixture
def application(shared: Running) -> Any:
    """The one that all share: nobody fails to sign in here."""
    return shared.app


@pytest.fixture
def database_url(shared: Running) -> str:
    """Its database."""
    return shared.url


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
    assert [refusal(each) for each in answers] == [NOBODY] * len(answers)
    assert (await units(api, text)).status_code == 200


async def test_a_key_of_another_company_is_not_seen(api: httpx.AsyncClient) -> None:
    """TE-05: its id is as one that never was, and its secret opens its own company only."""
    owner = await sign_up(api)
    other = await sign_up(api, name="South")
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


@pytest.mark.parametrize("start", ["rt_", "it_", "x-rT_", "rT_"])
async def test_a_cursor_may_be_any_letters(api: httpx.AsyncClient, start: str) -> None:
    """It is signed and no token, whatever it looks like."""
    owner = await sign_up(api)
    answer = await api.get(f"{API}/products?cursor={start}{'a' * 80}", headers=owner.headers)
    assert refusal(answer)[:2] == (400, "common.cursor_invalid")
    token = await api.get(f"{API}/products?q={owner.refresh}", headers=owner.headers)
    assert refusal(token) == (401, "auth.credential_in_query", [])


async def test_rotation_does_not_bring_back_what_was_over(api: httpx.AsyncClient) -> None:
    """AK-01: the secret of a key that has expired gets no overlap."""
    owner = await sign_up(api)
    key = await made(api, owner)
    now = datetime.now(UTC)
    past = {"created_at": now - timedelta(days=2), "expires_at": now - timedelta(days=1)}
    await alter(api, owner, key["id"], **past)
    await forget(api, owner, key["id"])
    assert refusal(await units(api, key["key"])) == OVER
    until = (now + timedelta(days=1)).isoformat()
    shown = await api.get(f"{KEYS}/{key['id']}", headers=owner.headers)
    fresh = await rotate(api, owner, key["id"], shown.json()["version"], expires_at=until)
    assert fresh.status_code == 200, fresh.text
    assert refusal(await units(api, key["key"]))[0] == 401
    assert (await units(api, fresh.json()["key"])).status_code == 200


async def test_no_key_stands_in_the_log(database_url: str) -> None:
    """AK-01: neither from the address, nor from a header, nor where it is the name itself."""
    with captured_log() as log:
        app = create_app(settings_for(database_url))
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as api,
        ):
            owner = await sign_up(api)
            text = (await made(api, owner))["key"]
            await api.get(f"{API}/units?api_key={text}", headers=bearer(text))
            await api.get(f"{API}/units?{text}=1")
            await api.get(f"{API}/nothing?q={text}")
            await units(api, text[:-1])
            await api.get(f"{API}/units/{text}", headers=bearer(text))
        lines = log.getvalue().decode()
    assert lines.count('"logger":"app.access"') == 8
    assert text[:-1] not in lines


async def test_one_header_and_no_other(api: httpx.AsyncClient) -> None:
    """Two credentials are none, and no other header carries one."""
    owner = await sign_up(api)
    text = (await made(api, owner))["key"]
    for pair in ([text, text], [text, owner.access], [owner.access, text]):
        twice = [("Authorization", f"Bearer {each}") for each in pair]
        answer = await api.get(f"{API}/units", headers=twice)
        assert refusal(answer) == (400, "common.header_repeated", [])
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


async def test_a_key_is_bound_to_its_networks(database_url: str) -> None:
    """Behind a trusted proxy too; what a caller writes in front of it counts for nothing."""
    app = create_app(settings_for(database_url, trusted_proxies="10.0.0.0/8"))

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
        refused: Refusal = (403, "api_keys.address_refused", [])
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
        assert answer.json()["errors"][0]["code"] == "validation.network"


async def test_nobody_makes_a_key_that_may_do_more(api: httpx.AsyncClient) -> None:
    """Scope escalation at create, change and rotate; a manager reads keys and makes none."""
    owner = await sign_up(api)
    for scope in ("profile:read", "api_keys:write", "members:write", "roles:write", "no:such"):
        answer = await make(api, owner, permissions=["units:read", scope])
        assert refusal(answer) == (422, "api_keys.permission_refused", ["/permissions/1"])
    assert refusal(await make(api, owner, permissions=[]))[0] == 422
    key = await made(api, owner)
    manager = await hired(api, owner, role="manager")
    assert (await api.get(KEYS, headers=manager.headers)).json()["data"][0]["id"] == key["id"]
    for refused in (await make(api, manager), await rotate(api, manager, key["id"])):
        assert refusal(refused) == (403, "auth.permission_missing", [])


async def test_a_key_keeps_no_keys_and_no_people(api: httpx.AsyncClient) -> None:
    """Whatever its permissions say, behind the service's back too."""
    owner = await sign_up(api)
    key = await made(api, owner, permissions=sorted(permissions_of_keys()))
    await alter(api, owner, key["id"], permissions=tuple(sorted(built_in_roles()["owner"])))
    await forget(api, owner, key["id"])
    headers = bearer(key["key"])
    assert (await api.get(f"{API}/members", headers=headers)).status_code == 200
    for method, path, body in (
        ("GET", KEYS, None),
        ("POST", KEYS, SHOP),
        ("POST", f"{KEYS}/{key['id']}/rotate", {}),
        ("POST", f"{KEYS}/{key['id']}/revoke", None),
        ("POST", f"{API}/invitations", {"email": "x@y.example", "role": "owner"}),
        ("PATCH", f"{API}/members/{key['made_by_id']}", {"role": "viewer"}),
        ("GET", f"{AUTH}/sessions", None),
        ("POST", f"{AUTH}/logout-all", None),
        ("PATCH", f"{API}/companies/current", {"name": "Mine"}),
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
    """The permissions of the caller are read in the transaction, not from an older token."""
    owner = await sign_up(api)
    second = await hired(api, owner, role="owner")
    key = await made(api, second, permissions=["units:read"])
    wide = await made(api, second)
    user_id, tenant_id = await ids_of(api, second)
    # On another node: this one still has the owner role cached.
    await change(api, MEMBERSHIPS, (tenant_id, user_id), lambda each: replace(each, role="cashier"))
    refused = (403, "api_keys.beyond_own_permissions", ["/permissions"])
    assert refusal(await make(api, second)) == refused
    assert refusal(await rotate(api, second, wide["id"])) == refused
    patched = await api.patch(
        f"{KEYS}/{key['id']}",
        json={"permissions": ["units:read", "units:write"]},
        headers={**second.headers, "If-Match": '"1"'},
    )
    assert refusal(patched) == refused


async def test_keys_of_a_suspended_company_only_read(api: httpx.AsyncClient) -> None:
    """As its people do; and those of a company that is being deleted do nothing."""
    owner = await sign_up(api)
    key = await made(api, owner, permissions=["units:read", "units:write"])
    _, tenant_id = await ids_of(api, owner)
    suspended = {"state": TenantState.SUSPENDED}
    await change(api, TENANTS, (tenant_id,), lambda each: replace(each, **suspended))
    await forget(api, owner, key["id"])
    assert (await units(api, key["key"])).status_code == 200
    headers = {"Authorization": f"Bearer {key['key']}"}
    unit = {"code": "crate", "name": "Crate", "decimals": 0}
    refused = await api.post("/api/v1/units", json=unit, headers=headers)
    assert refusal(refused) == (403, "companies.suspended", [])
    await change(api, TENANTS, (tenant_id,), lambda each: replace(each, purging=True))
    await forget(api, owner, key["id"])
    assert refusal(await units(api, key["key"])) == OVER
