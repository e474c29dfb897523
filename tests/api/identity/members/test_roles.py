"""Roles of a company's own: what they allow, who makes them, and how soon a change counts."""

import asyncio
from typing import Any

import httpx
import pytest

from app.application.identity.members.views import built_in_views
from app.application.shared.permissions import ALWAYS, built_in_roles, every_permission
from app.domain.identity.members.role import OWN_ROLES_MAX
from app.domain.shared.ids import show
from tests.api.identity.members.test_members import ask, id_of, invite, join, members
from tests.api.identity.members.test_members import hired as hired_as
from tests.api.identity.support import Tokens, events, ids_of, login, me, refusal, register, trail
from tests.conftest import Running
from tests.support.route import tag

ROLES_PATH = "/api/v1/roles"
BEYOND = (403, "members.beyond_own_permissions")


@pytest.fixture
def application(shared: Running) -> Any:
    """The one that all tests share: nobody here signs in in vain, and each company is its own."""
    return shared.app


def mail() -> str:
    """An address that nobody has."""
    return f"{tag()}@north.example"


async def sign_up(api: httpx.AsyncClient) -> Tokens:
    """The owner of a new company."""
    email = mail()
    answer = await register(api, email=email)
    assert answer.status_code == 201, answer.text
    return await login(api, email)


async def hired(api: httpx.AsyncClient, tokens: Tokens, role: str) -> Tokens:
    """A new member, signed in."""
    return await hired_as(api, tokens, role, mail())


async def make(
    api: httpx.AsyncClient, tokens: Tokens, code: str = "shift-lead", *held: str, **more: Any
) -> httpx.Response:
    """Make a role; it may sell unless stated."""
    body = {
        "code": code,
        "name": "Shift lead",
        "permissions": list(held or ("sales:read", "sales:write")),
        **more,
    }
    return await api.post(ROLES_PATH, json=body, headers=tokens.headers)


async def change(
    api: httpx.AsyncClient, tokens: Tokens, role: Any, action: str = "", **body: Any
) -> httpx.Response:
    """Change the role that an answer showed, by ``action`` or to what is stated."""
    return await api.request(
        "POST" if action else "PATCH",
        f"{ROLES_PATH}/{role['id']}{action and '/' + action}",
        json=body or None,
        headers={**tokens.headers, "If-Match": f'"{role["version"]}"'},
    )


async def listed(api: httpx.AsyncClient, tokens: Tokens, **query: Any) -> Any:
    answer = await api.get(ROLES_PATH, params=query, headers=tokens.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def held(api: httpx.AsyncClient, tokens: Tokens) -> set[str]:
    return set((await me(api, tokens)).json()["permissions"])


async def test_a_company_makes_a_role_and_somebody_works_in_it(api: httpx.AsyncClient) -> None:
    """S1-18: a member can use the permissions of the role and the own sign-in, nothing else."""
    owner = await sign_up(api)
    made = await make(api, owner, "Shift-Lead", "sales:write", "sales:read", "stock:read")
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    role = made.json()
    assert role == {
        "id": role["id"],
        "code": "shift-lead",
        "name": "Shift lead",
        "built_in": False,
        "permissions": sorted({"sales:write", "sales:read", "stock:read", *ALWAYS}),
        "active": True,
        "version": 1,
    }
    assert made.headers["location"] == f"{ROLES_PATH}/{role['id']}"
    emil = await hired(api, owner, "SHIFT-LEAD")
    found = (await me(api, emil)).json()
    assert (found["role"], found["permissions"]) == ("shift-lead", role["permissions"])
    for path, status in (("sales", 200), ("stock-levels", 200), ("products", 403), ("roles", 403)):
        answer = await api.get(f"/api/v1/{path}", headers=emil.headers)
        assert answer.status_code == status, path
    [member] = await members(api, owner, "?role=Shift-Lead")
    assert member["id"] == found["user_id"]
    _, tenant_id = await ids_of(api, owner)
    assert "role created" in await trail(api, tenant_id)
    assert "role.created" in await events(api, tenant_id)


async def test_the_roles_of_every_company_stand_in_the_list(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    own = (await make(api, owner, "dock")).json()
    everything = (await listed(api, owner))["data"]
    assert [each["code"] for each in everything] == sorted([*built_in_roles(), "dock"])
    assert {each["code"]: set(each["permissions"]) for each in everything if each["built_in"]} == {
        code: set(permissions) for code, permissions in built_in_roles().items()
    }
    assert (await listed(api, owner, built_in="false"))["data"] == [own]
    first = await listed(api, owner, sort="-name", limit=3, include_total="true")
    assert ([each["name"] for each in first["data"]], first["total"]) == (
        ["Warehouse", "Viewer", "Shift lead"],
        8,
    )
    rest = await listed(api, owner, sort="-name", limit=50, cursor=first["next_cursor"])
    assert [each["name"] for each in rest["data"]] == [
        "Owner",
        "Manager",
        "Cashier",
        "Buyer",
        "Accountant",
    ]
    assert not rest["has_more"]
    assert (await listed(api, owner, page=2, limit=4))["data"] == everything[4:]
    for each in everything:
        answer = await api.get(f"{ROLES_PATH}/{each['id']}", headers=owner.headers)
        assert answer.json() == each
        fresh = {**owner.headers, "If-None-Match": answer.headers["etag"]}
        again = await api.get(f"{ROLES_PATH}/{each['id']}", headers=fresh)
        assert again.status_code == 304
    nothing = await api.get(f"{ROLES_PATH}/{show('rol', bytes(16))}", headers=owner.headers)
    assert nothing.status_code == 404


async def test_a_code_is_taken_without_regard_to_case(api: httpx.AsyncClient) -> None:
    """Also by the roles of every company; and a repeat with the same id is the same role."""
    owner = await sign_up(api)
    made = (await make(api, owner, "dock")).json()
    for code in ("Dock", "owner", "CASHIER"):
        taken = await make(api, owner, code)
        assert refusal(taken) == (409, "common.duplicate", ["/code"]), code
    again = await make(api, owner, "dock", id=made["id"])
    assert (again.status_code, again.json()) == (200, made)
    other = await make(api, owner, "dock", "stock:read", id=made["id"])
    assert refusal(other)[:2] == (409, "common.id_taken")
    of_everybody = show("rol", next(iter(built_in_views())))
    assert refusal(await make(api, owner, "mine", id=of_everybody))[:2] == (409, "common.duplicate")
    for code in ("", "a b", "ß", "-a", "\u212a"):
        assert (await make(api, owner, code)).status_code == 422, code
    unknown = await make(api, owner, "other", "sales:delete")
    assert refusal(unknown) == (422, "common.validation_failed", ["/permissions/0"])


async def test_a_role_that_every_company_has_stays(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    for role in (await listed(api, owner, built_in="true"))["data"]:
        for action, body in (("", {"name": "X"}), ("deactivate", {}), ("activate", {})):
            refused = await change(api, owner, role, action, **body)
            assert refusal(refused)[:2] == (409, "roles.built_in"), (role["code"], action)


async def test_a_change_counts_at_once_and_ends_no_session(api: httpx.AsyncClient) -> None:
    """On the node that made it; elsewhere within 5 s, as the test of the tokens shows."""
    owner = await sign_up(api)
    role = (await make(api, owner)).json()
    emil = await hired(api, owner, "shift-lead")
    assert "returns:read" not in await held(api, emil)
    wider = await change(api, owner, role, permissions=["sales:read", "returns:read"], name="Lead")
    assert (wider.status_code, wider.json()["name"]) == (200, "Lead")
    assert await held(api, emil) == {"sales:read", "returns:read", *ALWAYS}
    stale = await change(api, owner, role, permissions=[])
    assert refusal(stale)[:2] == (412, "common.stale_version")
    none = await change(api, owner, wider.json(), permissions=[])
    assert (none.status_code, none.headers["etag"]) == (200, '"3"')
    assert await held(api, emil) == set(ALWAYS)
    refused = await api.get("/api/v1/sales", headers=emil.headers)
    assert refusal(refused) == (403, "auth.permission_missing", [])
    _, tenant_id = await ids_of(api, owner)
    assert "role changed" in await trail(api, tenant_id)
    assert "session ended" not in await trail(api, tenant_id)


async def test_a_role_goes_out_of_use_when_nobody_has_it(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    role = (await make(api, owner)).json()
    emil = await hired(api, owner, "shift-lead")
    emil_id = await id_of(api, emil)
    in_use = await change(api, owner, role, "deactivate")
    assert refusal(in_use)[:2] == (409, "roles.in_use")
    waiting = (await invite(api, owner, "shift-lead", mail())).json()["token"]
    assert (await ask(api, owner, emil_id, "deactivate")).status_code == 200
    off = await change(api, owner, role, "deactivate")
    assert (off.status_code, off.json()["active"]) == (200, False)
    # Nobody is given it any more: not by an invitation, old or new, nor by being switched on.
    inactive = (409, "roles.inactive", ["/role"])
    assert refusal(await invite(api, owner, "shift-lead", mail())) == inactive
    assert refusal(await join(api, waiting))[:2] == (422, "members.invitation_invalid")
    assert refusal(await ask(api, owner, emil_id, "activate", version=2)) == inactive
    assert (await ask(api, owner, emil_id, role="viewer", version=2)).status_code == 200
    assert (await ask(api, owner, emil_id, "activate", version=3)).status_code == 200
    assert refusal(await ask(api, owner, emil_id, role="shift-lead", version=4)) == inactive
    on = await change(api, owner, off.json(), "activate")
    assert (on.status_code, on.json()["active"]) == (200, True)
    again = await ask(api, owner, emil_id, role="shift-lead", version=4)
    assert (again.status_code, again.json()["role"]) == (200, "shift-lead")


async def test_nobody_makes_or_gives_what_he_does_not_hold(api: httpx.AsyncClient) -> None:
    """RB-03: neither by a new role, nor by a wider one, nor by giving one that is there."""
    owner = await sign_up(api)
    keeper = ("roles:read", "roles:write", "members:read", "members:write", "sales:read")
    await make(api, owner, "keeper", *keeper)
    higher = (await make(api, owner, "higher", *keeper, "sales:write")).json()
    emil = await hired(api, owner, "keeper")
    mine = await make(api, emil, "mine", "sales:read", "members:read")
    assert mine.status_code == 201
    assert refusal(await make(api, emil, "more", "sales:write"))[:2] == BEYOND
    wider = await change(api, emil, mine.json(), permissions=["sales:read", "sales:write"])
    assert refusal(wider)[:2] == BEYOND
    for action, body in (("", {"name": "X"}), ("", {"permissions": []}), ("deactivate", {})):
        refused = await change(api, emil, higher, action, **body)
        assert refusal(refused)[:2] == BEYOND, (action, body)
    for role in ("higher", "owner", "cashier"):
        refused = await invite(api, emil, role, mail())
        assert refusal(refused)[:2] == BEYOND, role
        refused = await ask(api, emil, await id_of(api, emil), role=role)
        assert refusal(refused)[:2] == BEYOND, role
    assert (await invite(api, emil, "mine", mail())).status_code == 201
    assert await held(api, emil) == {*keeper, *ALWAYS}
    missing = await invite(api, owner, "nobody", mail())
    assert refusal(missing) == (422, "common.reference_not_found", ["/role"])
    gone = await ask(api, owner, await id_of(api, emil), role="nobody")
    assert refusal(gone) == (422, "common.reference_not_found", ["/role"])


async def test_a_role_with_everything_owns_nothing(api: httpx.AsyncClient) -> None:
    """Who holds all permissions by a role of the company's own is no owner: the last one stays."""
    owner = await sign_up(api)
    await make(api, owner, "deputy", *every_permission())
    deputy = await hired(api, owner, "deputy")
    assert await held(api, deputy) == every_permission()
    owner_id = await id_of(api, owner)
    last = await ask(api, deputy, owner_id, role="viewer")
    assert refusal(last)[:2] == (409, "members.last_owner")


async def test_a_role_is_known_to_its_company_only(api: httpx.AsyncClient) -> None:
    """The same code elsewhere is another role, or none."""
    owner = await sign_up(api)
    role = (await make(api, owner, "dock", "stock:read")).json()
    eve = await sign_up(api)
    path = f"{ROLES_PATH}/{role['id']}"
    assert (await api.get(path, headers=eve.headers)).status_code == 404
    assert (await change(api, eve, role, name="Mine")).status_code == 404
    assert (await change(api, eve, role, "deactivate")).status_code == 404
    assert (await listed(api, eve, built_in="false"))["data"] == []
    assert (await invite(api, eve, "dock", mail())).status_code == 422
    other = await make(api, eve, "dock", "sales:read")
    assert other.status_code == 201
    emil = await hired(api, owner, "dock")
    assert await held(api, emil) == {"stock:read", *ALWAYS}
    # The id of another company's role is free here, as any that was never seen.
    same_id = await make(api, eve, "gate", "sales:read", id=role["id"])
    assert same_id.status_code == 201


async def test_the_bound_of_roles(api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.application.identity.members.roles.OWN_ROLES_MAX", 2)
    owner = await sign_up(api)
    assert OWN_ROLES_MAX == 100
    for code in ("a", "b"):
        assert (await make(api, owner, code)).status_code == 201
    assert refusal(await make(api, owner, "c"))[:2] == (409, "roles.too_many")


async def test_a_trial_and_a_repeat(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    body = {"code": "dock", "name": "Dock", "permissions": ["stock:read"]}
    trial = await api.post(f"{ROLES_PATH}?dry_run=true", json=body, headers=owner.headers)
    assert trial.status_code == 201
    assert (await listed(api, owner, built_in="false"))["data"] == []
    keyed = {**owner.headers, "Idempotency-Key": "dock-1"}
    answers = [await api.post(ROLES_PATH, json=body, headers=keyed) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotent-replayed"] == "true"


async def test_a_role_is_not_given_away_while_it_goes_out_of_use(api: httpx.AsyncClient) -> None:
    """However the two meet, nobody works in a role that is out of use."""
    owner = await sign_up(api)
    emil = await hired(api, owner, "viewer")
    emil_id, version = await id_of(api, emil), 1
    for number in range(4):
        code = f"dock-{number}"
        role = (await make(api, owner, code)).json()
        token = (await invite(api, owner, code, mail())).json()["token"]
        given, off, joined = await asyncio.gather(
            ask(api, owner, emil_id, role=code, version=version),
            change(api, owner, role, "deactivate"),
            join(api, token),
        )
        shown = await api.get(f"{ROLES_PATH}/{role['id']}", headers=owner.headers)
        working = await members(api, owner, f"?role={code}&active=true")
        assert shown.json()["active"] is (off.status_code != 200)
        assert shown.json()["active"] or working == []
        assert bool(working) is (200 in {given.status_code} or 204 in {joined.status_code})
        assert {given.status_code, off.status_code} <= {200, 409}
        version += given.status_code == 200


async def test_one_of_two_makes_the_code_his(api: httpx.AsyncClient) -> None:
    owner = await sign_up(api)
    answers = await asyncio.gather(*(make(api, owner, "dock") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len((await listed(api, owner, built_in="false"))["data"]) == 1
