"""Members: invited, given roles, switched off; one user in several companies (RB-03, S1-16)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from app.application.identity.directory.kinds import MEMBERSHIPS, SESSIONS
from app.application.identity.members.kinds import INVITATIONS
from app.application.shared.kinds import Needs
from app.application.shared.permissions import built_in_roles
from app.domain.shared.ids import read, show
from tests.api.identity.support import (
    AUTH,
    COMPANY,
    EMAIL,
    OTHER_PASSWORD,
    PASSWORD,
    Tokens,
    change,
    events,
    ids_of,
    login,
    me,
    parts_of,
    refresh,
    refusal,
    register,
    sign_up,
    tokens_of,
    trail,
    try_login,
)

API = "/api/v1"
EMIL = "emil@north.example"


async def invite(
    api: httpx.AsyncClient, tokens: Tokens, role: str = "cashier", email: str = EMIL
) -> httpx.Response:
    body = {"email": email, "role": role}
    return await api.post(f"{API}/invitations", json=body, headers=tokens.headers)


async def join(
    api: httpx.AsyncClient, token: str, password: str = OTHER_PASSWORD, **more: Any
) -> httpx.Response:
    return await api.post(f"{AUTH}/join", json={"token": token, "password": password, **more})


async def hired(
    api: httpx.AsyncClient, tokens: Tokens, role: str = "cashier", email: str = EMIL
) -> Tokens:
    """A new member, signed in."""
    invited = await invite(api, tokens, role, email)
    assert invited.status_code == 201, invited.text
    joined = await join(api, invited.json()["token"])
    assert joined.status_code == 204, joined.text
    return await login(api, email, OTHER_PASSWORD)


async def id_of(api: httpx.AsyncClient, tokens: Tokens) -> str:
    return str((await me(api, tokens)).json()["user_id"])


async def ask(
    api: httpx.AsyncClient,
    tokens: Tokens,
    member: str,
    action: str = "",
    role: str | None = None,
    version: int = 1,
) -> httpx.Response:
    """Change a member: by ``action``, or to ``role``."""
    return await api.request(
        "PATCH" if role else "POST",
        f"{API}/members/{member}{action and '/' + action}",
        json={"role": role} if role else None,
        headers={**tokens.headers, "If-Match": f'"{version}"'},
    )


async def members(api: httpx.AsyncClient, tokens: Tokens, query: str = "") -> list[dict[str, Any]]:
    answer = await api.get(f"{API}/members{query}", headers=tokens.headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def test_somebody_is_invited_and_works_in_his_role(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    answer = await invite(api, owner)
    assert answer.status_code == 201
    invited = answer.json()
    assert invited.keys() == {"id", "email", "role", "created_at", "expires_at", "token"}
    assert (invited["email"], invited["role"]) == (EMIL, "cashier")
    open_ones = await api.get(f"{API}/invitations", headers=owner.headers)
    assert open_ones.json()["data"] == [{k: v for k, v in invited.items() if k != "token"}]
    joined = await join(api, invited["token"], display_name="Emil")
    assert (joined.status_code, joined.content) == (204, b"")
    emil = await login(api, EMIL, OTHER_PASSWORD)
    found = (await me(api, emil)).json()
    assert (found["company"], found["role"], found["display_name"]) == (
        COMPANY["name"],
        "cashier",
        "Emil",
    )
    assert set(found["permissions"]) == built_in_roles()["cashier"]
    assert [(each["email"], each["role"]) for each in await members(api, owner)] == [
        (EMAIL, "owner"),
        (EMIL, "cashier"),
    ]
    assert (await api.get(f"{API}/invitations", headers=owner.headers)).json()["data"] == []
    _, tenant_id = await ids_of(api, owner)
    assert {"member.invited", "member.joined"} <= set(await events(api, tenant_id))
    assert {"invitation invited", "member joined"} <= set(await trail(api, tenant_id))


async def test_a_token_is_kept_as_a_hash_only(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    invited = (await invite(api, owner)).json()
    _, tenant_id = await ids_of(api, owner)
    key = read("inv", invited["id"])
    loaded = await parts_of(api).reader.load(tenant_id, Needs().one(INVITATIONS, key))
    stored = loaded.present[INVITATIONS][key,]
    assert stored.expires_at - stored.created_at == timedelta(days=7)
    assert len(stored.token_hash) == 32
    assert invited["token"] not in repr(stored)


async def test_a_token_is_good_once_and_while_it_is_open(api: httpx.AsyncClient) -> None:
    """Taken up, replaced, withdrawn, too old, of another company, of no form: one answer."""
    owner = await sign_up(api)
    bad = (422, "members.invitation_invalid", ["/token"])
    used = (await invite(api, owner)).json()["token"]
    assert (await join(api, used)).status_code == 204
    replaced = (await invite(api, owner, email="b@north.example")).json()["token"]
    withdrawn = (await invite(api, owner, email="b@north.example")).json()
    path = f"{API}/invitations/{withdrawn['id']}"
    assert (await api.delete(path, headers=owner.headers)).status_code == 204
    assert (await api.delete(path, headers=owner.headers)).status_code == 404
    for token in (used, replaced, withdrawn["token"], "it_" + "A" * 64, "it_x", "rt_" + "A" * 64):
        assert refusal(await join(api, token))[:2] == bad[:2]
    assert refusal(await join(api, "it_x")) == bad
    assert len(await members(api, owner)) == 2
    assert (await try_login(api, "b@north.example", OTHER_PASSWORD)).status_code == 401


async def test_an_invitation_grows_old(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    invited = (await invite(api, owner)).json()
    _, tenant_id = await ids_of(api, owner)
    await change(
        api,
        INVITATIONS,
        (read("inv", invited["id"]),),
        lambda each: replace(each, expires_at=each.created_at),
        tenant_id,
    )
    assert refusal(await join(api, invited["token"]))[:2] == (422, "members.invitation_invalid")
    assert (await api.get(f"{API}/invitations", headers=owner.headers)).json()["data"] == []


async def test_one_invitation_is_taken_up_once(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    token = (await invite(api, owner)).json()["token"]
    answers = await asyncio.gather(*(join(api, token) for _ in range(8)))
    won = [answer for answer in answers if answer.status_code == 204]
    assert len(won) == 1
    assert {answer.status_code for answer in answers} <= {204, 409, 422, 401, 429}
    assert len(await members(api, owner)) == 2
    _, tenant_id = await ids_of(api, owner)
    assert (await trail(api, tenant_id)).count("member joined") == 1


async def test_the_policy_holds_for_who_joins(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    token = (await invite(api, owner)).json()["token"]
    answer = await join(api, token, "short")
    assert refusal(answer) == (422, "auth.password_too_short", ["/password"])
    assert (await join(api, token)).status_code == 204


async def test_a_known_user_joins_with_his_own_password(api: httpx.AsyncClient) -> None:
    """And works for both companies, in another role in each."""
    owner = await sign_up(api)
    await register(api, email=EMIL, password=OTHER_PASSWORD, company={"name": "South Goods"})
    token = (await invite(api, owner, "accountant")).json()["token"]
    assert refusal(await join(api, token, PASSWORD))[:2] == (401, "auth.invalid_credentials")
    assert (await join(api, token, OTHER_PASSWORD)).status_code == 204
    emil = await login(api, EMIL, OTHER_PASSWORD)
    listed = await api.get(f"{AUTH}/companies", headers=emil.headers)
    companies = {each["name"]: each for each in listed.json()["data"]}
    assert {name: each["role"] for name, each in companies.items()} == {
        "North Trading": "accountant",
        "South Goods": "owner",
    }
    for name, company in companies.items():
        body = {"company_id": company["id"]}
        answer = await api.post(f"{AUTH}/switch", json=body, headers=emil.headers)
        assert answer.status_code == 200, answer.text
        there = (await me(api, tokens_of(answer))).json()
        assert (there["company"], there["role"]) == (name, company["role"])
        direct = await api.post(
            f"{AUTH}/login", json={"email": EMIL, "password": OTHER_PASSWORD, **body}
        )
        assert (await me(api, tokens_of(direct))).json()["company"] == name
    assert (await me(api, emil)).status_code == 200  # the first session goes on
    sessions = (await api.get(f"{AUTH}/sessions", headers=emil.headers)).json()["data"]
    assert {each["company"] for each in sessions} == {"North Trading", "South Goods"}


async def test_nobody_gets_into_a_company_that_is_not_his(api: httpx.AsyncClient) -> None:
    """A foreign company is as one that never was, in a switch and in a login."""
    owner = await sign_up(api)
    _, tenant_id = await ids_of(api, owner)
    await register(api, email="eve@south.example", company={"name": "South Goods"})
    eve = await login(api, "eve@south.example")
    for company in (show("cmp", tenant_id), show("cmp", bytes(16))):
        body = {"company_id": company}
        answer = await api.post(f"{AUTH}/switch", json=body, headers=eve.headers)
        assert refusal(answer) == (422, "common.reference_not_found", ["/company_id"])
        account = {"email": "eve@south.example", "password": PASSWORD, **body}
        answer = await api.post(f"{AUTH}/login", json=account)
        assert refusal(answer) == (401, "auth.invalid_credentials", [])
    assert "session opened" in await trail(api, tenant_id)
    assert (await trail(api, tenant_id)).count("session opened") == 1


async def test_another_role_ends_the_sessions_and_counts_at_once(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    emil = await hired(api, owner, "manager")
    emil_id = await id_of(api, emil)
    answer = await ask(api, owner, emil_id, role="viewer")
    assert answer.status_code == 200
    assert (answer.json()["role"], answer.headers["etag"]) == ("viewer", '"2"')
    assert refusal(await me(api, emil))[:2] == (401, "auth.session_expired")
    assert refusal(await refresh(api, emil.refresh))[:2] == (401, "auth.invalid_refresh_token")
    again = await login(api, EMIL, OTHER_PASSWORD)
    assert (await me(api, again)).json()["role"] == "viewer"
    assert refusal(await ask(api, owner, emil_id, role="buyer"))[:2] == (
        412,
        "common.stale_version",
    )
    unchanged = await ask(api, owner, emil_id, role="viewer", version=2)
    assert (unchanged.status_code, unchanged.headers["etag"]) == (200, '"2"')
    assert (await me(api, again)).status_code == 200


async def test_a_member_is_switched_off_and_on_again(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    emil = await hired(api, owner)
    emil_id = await id_of(api, emil)
    off = await ask(api, owner, emil_id, "deactivate")
    assert (off.status_code, off.json()["active"]) == (200, False)
    assert refusal(await me(api, emil))[:2] == (401, "auth.session_expired")
    assert refusal(await try_login(api, EMIL, OTHER_PASSWORD))[:2] == (
        401,
        "auth.invalid_credentials",
    )
    assert [each["email"] for each in await members(api, owner, "?active=false")] == [EMIL]
    on = await ask(api, owner, emil_id, "activate", version=2)
    assert (on.status_code, on.json()["role"]) == (200, "cashier")
    assert (await try_login(api, EMIL, OTHER_PASSWORD)).status_code == 200


async def test_the_sessions_of_a_member_are_ended_in_this_company_only(
    api: httpx.AsyncClient,
) -> None:
    owner = await sign_up(api)
    await register(api, email=EMIL, password=OTHER_PASSWORD, company={"name": "South Goods"})
    token = (await invite(api, owner)).json()["token"]
    await join(api, token, OTHER_PASSWORD)
    north = await login(api, EMIL, OTHER_PASSWORD)  # the company that was made first
    listed = await api.get(f"{AUTH}/companies?sort=-id&limit=1", headers=north.headers)
    body = {"company_id": listed.json()["data"][0]["id"]}
    south = tokens_of(await api.post(f"{AUTH}/switch", json=body, headers=north.headers))
    assert (await me(api, south)).json()["company"] == "South Goods"
    answer = await ask(api, owner, await id_of(api, north), "end-sessions")
    assert (answer.status_code, answer.json()) == (200, {"ended": 1})
    assert refusal(await me(api, north))[:2] == (401, "auth.session_expired")
    assert (await me(api, south)).status_code == 200


async def test_the_last_owner_stays(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    owner_id = await id_of(api, owner)
    for action, role in (("deactivate", None), ("", "viewer")):
        answer = await ask(api, owner, owner_id, action, role)
        assert refusal(answer)[:2] == (409, "members.last_owner")
    assert (await me(api, owner)).json()["role"] == "owner"
    emil = await hired(api, owner, "owner")
    assert (await ask(api, emil, owner_id, role="viewer")).status_code == 200
    emil_id = await id_of(api, emil)
    answer = await ask(api, emil, emil_id, "deactivate")
    assert refusal(answer)[:2] == (409, "members.last_owner")


async def test_two_owners_cannot_remove_each_other(api: httpx.AsyncClient) -> None:
    """However often, and at the same moment: an owner is left."""
    owner = await sign_up(api)
    emil = await hired(api, owner, "owner")
    ids = await id_of(api, owner), await id_of(api, emil)
    _, tenant_id = await ids_of(api, owner)
    answers = await asyncio.gather(
        ask(api, owner, ids[1], role="viewer"), ask(api, emil, ids[0], role="viewer")
    )
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert sorted(answer.status_code for answer in answers)[1] in {401, 403, 409}
    keys = [(tenant_id, read("usr", each)) for each in ids]
    loaded = await parts_of(api).reader.load(None, Needs().many(MEMBERSHIPS, keys))
    roles = sorted(each.role for each in loaded.present[MEMBERSHIPS].values())
    assert roles == ["owner", "viewer"]


async def test_nobody_grants_more_than_he_holds(api: httpx.AsyncClient) -> None:
    """RB-03: a manager hires cashiers, and cannot grant more than the manager's own role."""
    owner = await sign_up(api)
    boss = await hired(api, owner, "manager")
    emil = await hired(api, boss, "cashier", "c@north.example")
    emil_id, boss_id, owner_id = [await id_of(api, each) for each in (emil, boss, owner)]
    beyond = (403, "members.beyond_own_permissions")
    for role in ("owner", "accountant"):  # an accountant closes months, a manager does not
        assert refusal(await invite(api, boss, role, "d@north.example"))[:2] == beyond
        for member in (emil_id, boss_id):
            assert refusal(await ask(api, boss, member, role=role))[:2] == beyond
    for action, wanted in (("deactivate", None), ("end-sessions", None), ("", "viewer")):
        assert refusal(await ask(api, boss, owner_id, action, wanted))[:2] == beyond
    assert (await me(api, owner)).json()["role"] == "owner"
    assert (await ask(api, boss, emil_id, role="warehouse")).status_code == 200
    viewer = await hired(api, owner, "viewer", "e@north.example")
    assert refusal(await invite(api, viewer, "viewer", "f@north.example"))[:2] == (
        403,
        "auth.permission_missing",
    )


async def test_an_invitation_ends_with_the_power_behind_it(api: httpx.AsyncClient) -> None:
    """The invitations of a deactivated owner are void."""
    owner = await sign_up(api)
    emil = await hired(api, owner, "owner")
    token = (await invite(api, emil, "manager", "c@north.example")).json()["token"]
    assert (await ask(api, owner, await id_of(api, emil), "deactivate")).status_code == 200
    assert refusal(await join(api, token))[:2] == (422, "members.invitation_invalid")
    assert len(await members(api, owner)) == 2


async def test_a_member_is_not_invited_again(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    emil = await hired(api, owner)
    assert refusal(await invite(api, owner)) == (409, "members.already_member", ["/email"])
    # One who was switched off comes back by an invitation, in its role.
    await ask(api, owner, await id_of(api, emil), "deactivate")
    token = (await invite(api, owner, "buyer")).json()["token"]
    assert (await join(api, token, OTHER_PASSWORD)).status_code == 204
    assert (await me(api, await login(api, EMIL, OTHER_PASSWORD))).json()["role"] == "buyer"


async def test_a_session_that_has_ended_opens_no_other(api: httpx.AsyncClient) -> None:
    """RT-03: also where this node does not know yet that another one ended it."""
    owner = await sign_up(api)
    shown = (await me(api, owner)).json()
    session_id = read("ses", shown["session_id"])
    now = parts_of(api).clock.now()
    await change(api, SESSIONS, (session_id,), lambda each: each.revoked(now))
    body = {"company_id": shown["company_id"]}
    answer = await api.post(f"{AUTH}/switch", json=body, headers=owner.headers)
    assert refusal(answer)[:2] == (401, "auth.session_expired")
