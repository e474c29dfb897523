"""API keys over HTTP: made, used, rotated, revoked (AK-01)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.application.identity.keys.ports import API_KEYS
from app.application.shared.kinds import Lock, Needs
from app.domain.shared.ids import Id, read
from app.infrastructure.db.kernel_tables import audit_entries
from app.infrastructure.db.query import Query, of_tenant
from app.main import create_app
from tests.api.identity.keys.support import (
    API,
    KEYS,
    NOBODY,
    OVER,
    SHOP,
    alter,
    bearer,
    forget,
    hired,
    made,
    make,
    new_unit,
    rotate,
    sign_up,
    units,
)
from tests.api.identity.members.test_members import id_of
from tests.api.identity.support import AUTH, events, ids_of, parts_of, refusal, trail
from tests.conftest import Running, settings_for

_LAST_ACTOR = Query(
    select(audit_entries.c.actor_id, audit_entries.c.session_id)
    .where(*of_tenant(audit_entries), audit_entries.c.entity_kind == "unit")
    .order_by(audit_entries.c.id.desc())
)


@pytest.fixture
def application(shared: Running) -> Any:
    """The one that all share: nobody fails to sign in here."""
    return shared.app


@pytest.fixture
def database_url(shared: Running) -> str:
    """Its database."""
    return shared.url


async def test_a_key_is_shown_once_and_works_within_its_permissions(api: httpx.AsyncClient) -> None:
    """AK-01: prefix, id, secret; hashed; listed without it."""
    owner = await sign_up(api)
    key = await made(api, owner, allowed_addresses=["127.0.0.1", "2001:db8::1"])
    text = key.pop("key")
    assert text.startswith("tp_live_")
    assert len(text) == 109
    assert key["permissions"] == sorted(SHOP["permissions"])
    assert key["allowed_addresses"] == ["127.0.0.1/32", "2001:db8::/64"]
    assert (key["mode"], key["active"], key["version"], key["revoked_at"]) == (
        "live",
        True,
        1,
        None,
    )
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
    key = await made(api, owner, permissions=["units:read"])
    found = (await api.get(f"{AUTH}/me", headers=bearer(key["key"]))).json()
    assert found["api_key"] == {
        "id": key["id"],
        "name": "Web shop",
        "mode": "live",
        "expires_at": key["expires_at"],
    }
    assert (found["session_id"], found["role"]) == (None, "api_key")
    assert found["user_id"] == key["made_by_id"] == await id_of(api, owner)
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
    async with parts_of(api).database.read(tenant_id) as scope:
        row = await scope.row(_LAST_ACTOR)
    assert row is not None
    assert (Id(row[0]), row[1]) == (read("key", key["id"]), bytes(16))


async def test_the_end_of_a_key_is_bounded(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    now = datetime.now(UTC)
    for end in (now - timedelta(seconds=5), now + timedelta(days=367)):
        answer = await make(api, owner, expires_at=end.isoformat())
        assert refusal(answer) == (422, "common.out_of_range", ["/expires_at"])
    end = (now + timedelta(days=30)).replace(microsecond=0)
    key = await made(api, owner, expires_at=end.isoformat())
    assert datetime.fromisoformat(key["expires_at"]) == end


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
    api: httpx.AsyncClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S0-07: at the first look-up after the bound; until then it may go on."""
    owner = await sign_up(api)
    key = await made(api, owner)
    app = create_app(settings_for(database_url))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as node,
    ):
        assert (await units(node, key["key"])).status_code == 200
        await api.post(f"{KEYS}/{key['id']}/revoke", headers=owner.headers)
        assert (await units(node, key["key"])).status_code == 200
        remembered = app.state.container.identity.tokens._keys._known
        late = remembered._monotonic() + 5.0
        monkeypatch.setattr(remembered, "_monotonic", lambda: late)
        assert refusal(await units(node, key["key"])) == OVER


async def test_a_rotation_overlaps_as_long_as_it_says(api: httpx.AsyncClient) -> None:
    """The old secret stays good until the stated instant, and only the last one does."""
    owner = await sign_up(api)
    key = await made(api, owner)
    first = key["key"]
    answer = await rotate(api, owner, key["id"], overlap_seconds=600)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    turned = answer.json()
    second = turned["key"]
    assert first[:60] == second[:60]  # the ids in it are the same
    overlap = datetime.fromisoformat(turned["previous_expires_at"]) - datetime.fromisoformat(
        turned["rotated_at"]
    )
    assert overlap == timedelta(seconds=600)
    for text in (first, second):
        assert (await units(api, text)).status_code == 200
    past = datetime.now(UTC) - timedelta(seconds=1)
    await alter(api, owner, key["id"], previous_expires_at=past)
    await forget(api, owner, key["id"])
    assert refusal(await units(api, first)) == OVER
    assert (await units(api, second)).status_code == 200
    third = (await rotate(api, owner, key["id"], 3, overlap_seconds=0)).json()
    assert third["previous_expires_at"] is None
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


async def test_who_rotates_answers_for_the_key(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    second = await hired(api, owner, role="owner")
    key = await made(api, second)
    assert key["made_by_id"] == await id_of(api, second)
    turned = (await rotate(api, owner, key["id"])).json()
    assert turned["made_by_id"] == await id_of(api, owner)


async def test_a_change_of_a_key_counts_at_once(api: httpx.AsyncClient) -> None:
    """PATCH with If-Match; what is left out stays."""
    owner = await sign_up(api)
    key = await made(api, owner)
    path, headers = f"{KEYS}/{key['id']}", {**owner.headers, "If-Match": '"1"'}
    assert (await new_unit(api, key["key"], "crate")).status_code == 201
    answer = await api.patch(path, json={"permissions": ["units:read"]}, headers=headers)
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
    key = await made(api, owner, mode="test")
    text = key["key"]
    assert text.startswith("tp_test_")
    found = (await api.get(f"{AUTH}/me", headers=bearer(text))).json()
    assert found["api_key"]["mode"] == "test"
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
    modes = {"t": "test", "l": "live"}
    keys = {name: (await made(api, owner, mode=modes[name]))["key"] for name in modes}
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
    uses = parts_of(api).identity.tokens._keys._uses
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
