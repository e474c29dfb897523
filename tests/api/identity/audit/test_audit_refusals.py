"""What was refused is told too, in bounds, and to nobody who is not concerned."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.audit import Trail
from tests.support.company import PASSWORD, Company, colleague


@pytest.fixture
async def viewer(application: Any, company: Company) -> AsyncIterator[httpx.AsyncClient]:
    """A member of the company who may look only."""
    async with colleague(application, company, "viewer") as found:
        yield found.client


async def test_a_refused_permission_is_one_entry(
    application: Any, company: Company, viewer: httpx.AsyncClient
) -> None:
    """AU-01: who was refused what, by which request; a dry run and a read are told as well."""
    trail = await Trail.of(application, company)
    me = (await viewer.get("/api/v1/auth/me")).json()
    for method, path, permission, route in (
        ("POST", "/units", "units:write", "POST /api/v1/units"),
        ("POST", "/units?dry_run=true", "units:write", "POST /api/v1/units"),
        ("GET", "/members", "members:read", "GET /api/v1/members"),
        ("GET", "/audit-entries", "audit_entries:read", "GET /api/v1/audit-entries"),
    ):
        answer = await viewer.request(
            method, f"/api/v1{path}", json={"code": "x", "name": "X"} if method == "POST" else None
        )
        assert answer.status_code == 403, answer.text
        request_id = answer.headers["x-request-id"]
        [entry] = await trail.entries(request_id=request_id)
        assert entry | {"id": "", "recorded_at": ""} == {
            "id": "",
            "recorded_at": "",
            "actor_id": me["user_id"],
            "on_behalf_of_id": None,
            "session_id": me["session_id"],
            "request_id": request_id,
            "address": "127.0.0.1",
            "action": "permission_refused",
            "entity_kind": "operation",
            "entity_id": None,
            "changes": {
                "operation": route,
                "code": "auth.permission_missing",
                "permission": permission,
            },
        }


async def test_who_is_refused_again_and_again_fills_no_disk(
    application: Any,
    company: Company,
    viewer: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a caller some are kept each minute, and the number of the others afterwards."""
    trail = await Trail.of(application, company)
    refusals = application.state.container.identity.refusals
    now = [1_000.0]
    monkeypatch.setattr(refusals, "per_minute", 2)
    monkeypatch.setattr(refusals, "_monotonic", lambda: now[0])
    for _ in range(5):
        assert (await viewer.get("/api/v1/members")).status_code == 403
    entries = await trail.entries(action="permission_refused")
    assert len(entries) == 2
    now[0] += 59
    assert (await viewer.get("/api/v1/members")).status_code == 403
    assert await trail.entries(action="permission_refused") == entries
    now[0] += 1
    assert (await viewer.get("/api/v1/members")).status_code == 403
    entries = await trail.entries(action="permission_refused")
    assert sorted(str(each["changes"].get("more")) for each in entries) == [
        "4",
        "None",
        "None",
        "None",
    ]


async def test_a_refused_login_is_told_to_the_company(
    application: Any, company: Company, anonymous: httpx.AsyncClient
) -> None:
    """S1-42, AU-01: of a known account, not who tried: nobody knows. An unknown one is counted."""
    trail = await Trail.of(application, company)
    me = await company.get("/auth/me")
    wrong = {"email": company.email, "password": PASSWORD + "x"}
    answer = await anonymous.post("/api/v1/auth/login", json=wrong)
    assert answer.status_code == 401
    [entry] = await trail.entries(action="login_refused")
    assert (entry["actor_id"], entry["session_id"]) == (None, None)
    assert (entry["entity_kind"], entry["entity_id"]) == ("user", me["user_id"])
    assert (entry["request_id"], entry["changes"]) == (answer.headers["x-request-id"], {})
    assert PASSWORD not in str(entry)
    # The right password, for a company of which the user is not a member.
    other = {"email": company.email, "password": PASSWORD, "company_id": "cmp_" + "0" * 25 + "1"}
    assert (await anonymous.post("/api/v1/auth/login", json=other)).status_code == 401
    assert len(await trail.entries(action="login_refused")) == 2
    nobody = {"email": "nobody@nowhere.example", "password": PASSWORD}
    assert (await anonymous.post("/api/v1/auth/login", json=nobody)).status_code == 401
    assert len(await trail.entries(action="login_refused")) == 2


async def test_the_life_of_a_session_is_in_the_log(
    application: Any, company: Company, anonymous: httpx.AsyncClient
) -> None:
    """S1-41, S1-42: login, refresh, reuse detected and logout, each with its session."""
    trail = await Trail.of(application, company)
    account = {"email": company.email, "password": PASSWORD}

    async def exchange(token: str) -> httpx.Response:
        return await anonymous.post("/api/v1/auth/refresh", json={"refresh_token": token})

    first = (await anonymous.post("/api/v1/auth/login", json=account)).json()["refresh_token"]
    second = (await exchange(first)).json()["refresh_token"]
    third = (await exchange(second)).json()["refresh_token"]
    assert (await exchange(first)).status_code == 401
    last = (await anonymous.post("/api/v1/auth/login", json=account)).json()["refresh_token"]
    await anonymous.post("/api/v1/auth/logout", json={"refresh_token": last})
    assert third
    entries = [
        (each["action"], each["session_id"] == each["entity_id"], each["changes"].get("reason"))
        for each in await trail.entries(entity_kind="session")
    ]
    assert entries[1:] == [
        ("opened", True, None),
        ("refreshed", True, None),
        ("refreshed", True, None),
        ("ended", True, "reuse"),
        ("opened", True, None),
        ("ended", True, "logout"),
    ]
