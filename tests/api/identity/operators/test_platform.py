"""Operators of the platform: apart from companies, and every act of theirs is kept (TE-06)."""

import re
import sqlite3
from typing import Any

import asyncpg
import httpx
import pytest

from app.application.shared.permissions import (
    PLATFORM_PERMISSIONS,
    built_in_roles,
    every_permission,
)
from app.domain.shared.ids import read
from app.infrastructure.db.guards import APP_ROLE
from app.infrastructure.db.schema import driver_url
from tests.api.identity.support import OTHER_PASSWORD, alike, refusal, trail
from tests.support.company import PASSWORD, Company, register_company
from tests.support.operators import add_operator, make_operator, platform_login

API = "/api/v1"
PLATFORM = f"{API}/platform"
WHY = {"reason": "Unpaid since January"}
EMAIL = "root@platform.example"


@pytest.fixture
async def operator(application: Any) -> dict[str, str]:
    return await make_operator(application, EMAIL)


async def company_id(company: Company) -> str:
    return str((await company.get("/auth/me"))["company_id"])


async def actions_of(company: Company, operator: dict[str, str], query: str = "") -> list[Any]:
    answer = await company.client.get(f"{PLATFORM}/audit-entries{query}", headers=operator)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def upon(
    company: Company, operator: dict[str, str], verb: str, **more: Any
) -> httpx.Response:
    path = f"{PLATFORM}/companies/{await company_id(company)}/{verb}"
    return await company.client.post(path, json=WHY, headers=operator | more)


async def test_an_operator_is_no_member_and_a_member_no_operator(
    company: Company, application: Any, operator: dict[str, str]
) -> None:
    """Each token is refused where it does not belong, whatever its bearer may do elsewhere."""
    get = company.client.get
    for path in ("/auth/me", "/units", "/companies/current", "/exports", "/auth/companies"):
        assert refusal(await get(API + path, headers=operator)) == (
            401,
            "auth.unauthenticated",
            [],
        )
    for path, methods in application.openapi()["paths"].items():
        if path.startswith(PLATFORM):
            for method, operation in methods.items():
                assert operation["x-permission"] in PLATFORM_PERMISSIONS
                answer = await company.client.request(
                    method.upper(), path.replace("{id}", await company_id(company))
                )
                assert refusal(answer) == (401, "auth.unauthenticated", []), path
    assert not PLATFORM_PERMISSIONS & every_permission()
    assert not any(PLATFORM_PERMISSIONS & held for held in built_in_roles().values())


async def test_who_is_no_operator_is_told_nothing(
    company: Company, application: Any, operator: dict[str, str], anonymous: httpx.AsyncClient
) -> None:
    """PW-05: no operator, a wrong password and an unknown address are alike."""
    wrong = await platform_login(application, company.email)
    assert refusal(wrong) == (401, "auth.invalid_credentials", [])
    assert alike(wrong, await platform_login(application, "nobody@platform.example"))
    account = {"email": EMAIL, "password": OTHER_PASSWORD, "scope": "platform"}
    assert alike(wrong, await anonymous.post(f"{API}/auth/login", json=account))
    # An operator without a company has nowhere else to go.
    account = {"email": EMAIL, "password": PASSWORD}
    assert alike(wrong, await anonymous.post(f"{API}/auth/login", json=account))
    answer = await company.client.get(f"{PLATFORM}/audit-entries", headers=operator)
    assert [each["action"] for each in answer.json()["data"]] == [
        "operator.added",
        "session.opened",
    ]


async def test_who_is_both_says_as_whom_he_signs_in(company: Company, application: Any) -> None:
    await add_operator(application, company.email)
    answer = await platform_login(application, company.email)
    body = answer.json()
    assert (answer.status_code, body["scope"], body["token_type"]) == (200, "platform", "Bearer")
    assert set(body) == {"access_token", "token_type", "expires_in_seconds", "scope"}
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    assert (
        await company.client.get(f"{PLATFORM}/audit-entries", headers=headers)
    ).status_code == 200
    assert (await company.client.get(f"{API}/units", headers=headers)).status_code == 401
    assert (await company.client.get(f"{API}/units")).status_code == 200


async def test_headers_that_name_a_company_mean_nothing(
    company: Company, application: Any, operator: dict[str, str]
) -> None:
    """TE-06: neither for a member nor for an operator."""
    async with register_company(application) as other:
        named = dict.fromkeys(("X-Tenant-ID", "X-Company-ID", "Tenant"), await company_id(other))
    shown = await company.client.get(f"{API}/companies/current", headers=named)
    assert shown.json()["id"] == await company_id(company)
    refused = await company.client.get(f"{API}/units", headers=operator | named)
    assert refused.status_code == 401


async def test_a_company_is_suspended_and_resumed_at_once_and_everybody_can_see_by_whom(
    company: Company, operator: dict[str, str]
) -> None:
    """S3-39: the act is kept with its reason; the company's own trail names the operator."""
    id_ = await company_id(company)
    unit = {"code": "crate", "name": "Crate", "decimals": 0}
    assert (await company.client.post(f"{API}/units", json=unit)).status_code == 201
    tried = await company.client.post(
        f"{PLATFORM}/companies/{id_}/suspend?dry_run=true", json=WHY, headers=operator
    )
    assert tried.json()["status"] == "suspended"
    keyed = {"Idempotency-Key": "suspend-1", "X-Request-ID": "req-suspend"}
    suspended = await upon(company, operator, "suspend", **keyed)
    assert (suspended.status_code, suspended.json()) == (
        200,
        {"id": id_, "status": "suspended", "delete_at": None},
    )
    repeated = await upon(company, operator, "suspend", **keyed)
    assert repeated.headers["idempotent-replayed"] == "true"
    assert refusal(await upon(company, operator, "suspend")) == (
        409,
        "companies.status_conflict",
        [],
    )
    unit["code"] = "box"
    refused = await company.client.post(f"{API}/units", json=unit)
    assert refusal(refused) == (403, "companies.suspended", [])
    [kept] = await actions_of(company, operator, "?action=company.suspended")
    assert (kept["company_id"], kept["reason"]) == (id_, WHY["reason"])
    assert kept["request_id"] == suspended.headers["x-request-id"] == "req-suspend"
    assert kept["changes"] == {"status": ["active", "suspended"]}
    assert kept["address"] == "127.0.0.1"
    assert (await upon(company, operator, "resume")).json()["status"] == "active"
    assert (await company.client.post(f"{API}/units", json=unit)).status_code == 201
    entries = await trail(company.client, read("cmp", id_))
    assert [each for each in entries if each.startswith("company ")] == [
        "company registered",
        "company suspended",
        "company resumed",
    ]
    [by] = {
        each["operator_id"] for each in await actions_of(company, operator, f"?company_id={id_}")
    }
    assert by == kept["operator_id"]


async def test_only_a_suspended_company_is_scheduled_for_deletion(
    company: Company, operator: dict[str, str]
) -> None:
    """And comes back suspended: its owner cannot call it off."""
    refused = await upon(company, operator, "schedule-deletion")
    assert refusal(refused) == (409, "companies.status_conflict", [])
    await upon(company, operator, "suspend")
    scheduled = (await upon(company, operator, "schedule-deletion")).json()
    assert (scheduled["status"], scheduled["delete_at"] is None) == ("suspended", False)
    assert refusal(await upon(company, operator, "schedule-deletion"))[1] == (
        "companies.status_conflict"
    )
    cancelled = (await upon(company, operator, "cancel-deletion")).json()
    assert (cancelled["status"], cancelled["delete_at"]) == ("suspended", None)
    refused = await upon(company, operator, "cancel-deletion")
    assert refusal(refused) == (409, "companies.status_conflict", [])


async def test_a_company_that_is_none_is_not_found(
    company: Company, operator: dict[str, str]
) -> None:
    missing = f"cmp_{'0' * 26}"
    for verb in ("suspend", "resume", "schedule-deletion", "cancel-deletion"):
        for id_ in (missing, "x"):
            path = f"{PLATFORM}/companies/{id_}/{verb}"
            answer = await company.client.post(path, json=WHY, headers=operator)
            assert refusal(answer) == (404, "common.not_found", [])
    shown = await company.client.get(
        f"{PLATFORM}/companies/{missing}", params=WHY, headers=operator
    )
    assert refusal(shown) == (404, "common.not_found", [])
    actions = [each["action"] for each in await actions_of(company, operator)]
    assert actions == ["operator.added", "session.opened", "company.shown"]


async def test_companies_and_users_are_found_and_whoever_looks_says_why(
    company: Company, application: Any, operator: dict[str, str]
) -> None:
    get = company.client.get
    for path in ("companies", "users", f"companies/{await company_id(company)}"):
        answer = await get(f"{PLATFORM}/{path}", headers=operator)
        assert answer.status_code == 422
        assert [each["parameter"] for each in answer.json()["errors"]] == ["reason"]
    async with register_company(application, name="Zebra & Sons_50%") as other:
        await upon(other, operator, "suspend")
        zebra = await company_id(other)

    async def names(**params: str) -> list[str]:
        answer = await get(f"{PLATFORM}/companies", params=WHY | params, headers=operator)
        assert answer.status_code == 200, answer.text
        return [each["name"] for each in answer.json()["data"]]

    assert await names() == ["Test Trading", "Zebra & Sons_50%"]
    assert await names(q="zebra") == await names(q="_50%") == ["Zebra & Sons_50%"]
    assert await names(q="%") == await names(status="suspended") == ["Zebra & Sons_50%"]
    assert await names(sort="-name") == ["Zebra & Sons_50%", "Test Trading"]
    assert await names(status="deletion_scheduled") == []
    shown = (await get(f"{PLATFORM}/companies/{zebra}", params=WHY, headers=operator)).json()
    assert (shown["member_count"], shown["status"]) == (1, "suspended")
    users = await get(f"{PLATFORM}/users", params=WHY | {"q": "ROOT@"}, headers=operator)
    [found] = users.json()["data"]
    assert (found["email"], found["company_count"], found["active"]) == (EMAIL, 0, True)
    assert "password" not in users.text
    kept = [each for each in await actions_of(company, operator) if "listed" in each["action"]]
    assert {each["reason"] for each in kept} == {WHY["reason"]}
    assert [each["changes"] for each in kept][:2] == [{}, {"query": "zebra"}]
    assert [each["action"] for each in kept].count("users.listed") == 1
    page = await get(f"{PLATFORM}/audit-entries?limit=2&sort=-id", headers=operator)
    assert len(page.json()["data"]) == 2
    assert re.fullmatch(r"<.+>; rel=\"next\"", page.headers["link"])
    since = page.json()["data"][0]["recorded_at"]
    later = await actions_of(company, operator, f"?recorded_from={since}&recorded_to={since}")
    assert [each["id"] for each in later] == [page.json()["data"][0]["id"]]


async def test_a_session_of_an_operator_ends(
    company: Company, application: Any, operator: dict[str, str]
) -> None:
    """By logging out, by another password, and by the end of the operator role."""
    out = await company.client.post(f"{PLATFORM}/logout", headers=operator)
    assert out.status_code == 204
    gone = await company.client.get(f"{PLATFORM}/audit-entries", headers=operator)
    assert refusal(gone) == (401, "auth.session_expired", [])
    both = await make_operator(application, company.email)
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    changed = await company.client.post(f"{API}/auth/password", json=body)
    assert changed.status_code == 204
    tokens = application.state.container.identity.operator_tokens
    tokens._known.forget_where(lambda _: True)  # what five seconds do
    gone = await company.client.get(f"{PLATFORM}/audit-entries", headers=both)
    assert refusal(gone) == (401, "auth.session_expired", [])


async def test_acts_are_final_and_nobody_makes_himself_an_operator(
    company: Company, operator: dict[str, str], database_url: str
) -> None:
    """The role of the service reads who is an operator, and adds acts: nothing more."""
    await upon(company, operator, "suspend")
    acts_ = ("UPDATE {} SET reason = 'none'", "DELETE FROM {}")
    if database_url.startswith("sqlite"):
        with sqlite3.connect(database_url.split("///", 1)[1]) as file:
            for sql in acts_:
                with pytest.raises(sqlite3.IntegrityError):
                    file.execute(sql.format("operator_acts"))
        return
    service = await asyncpg.connect(driver_url(database_url), server_settings={"role": APP_ROLE})
    owner = await asyncpg.connect(driver_url(database_url))
    refused = [sql.format("platform.operator_acts") for sql in acts_]
    refused += [
        "INSERT INTO platform.operators SELECT id, now(), true FROM platform.users",
        "UPDATE platform.operators SET active = true",
        "DELETE FROM platform.operators",
        "DELETE FROM platform.operator_sessions",
    ]
    for sql in refused:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(sql)
    for sql in refused[:2]:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner.execute(sql)
    assert await service.fetchval("SELECT count(*) FROM platform.operator_acts") == 3
    await service.close()
    await owner.close()
