"""Signing up: a company with all it starts with, and no word on who is known (R-22, PW-05)."""

import asyncio
import time
from typing import Any

import httpx

from app.application.accounting.contract import BOOKS
from app.application.catalog.units import UNIT, UNITS
from app.application.shared.kinds import Needs
from tests.api.identity.support import (
    COMPANY,
    EMAIL,
    OTHER_PASSWORD,
    PASSWORD,
    alike,
    events,
    ids_of,
    login,
    me,
    parts_of,
    refusal,
    register,
    trail,
    try_login,
)


async def test_a_company_begins_with_owner_books_and_units(api: httpx.AsyncClient) -> None:
    """S1-15."""
    answer = await register(api, display_name="Olga Petrova", email="Olga@North.example")
    assert (answer.status_code, answer.json()) == (201, {"status": "registered"})
    tokens = await login(api)
    user_id, tenant_id = await ids_of(api, tokens)
    found = (await me(api, tokens)).json()
    assert found["email"] == "Olga@North.example"
    assert (found["display_name"], found["company"]) == ("Olga Petrova", "North Trading")
    assert found["role"] == "owner"
    assert {"sales:write", "companies:write", "audit_entries:read"} <= set(found["permissions"])
    assert await trail(api, tenant_id) == ["company registered", "session opened"]
    assert await events(api, tenant_id) == ["company.registered"]
    by_code = UNIT.finders["code"]
    needs = Needs().one(BOOKS).search(by_code, "pcs").search(by_code, "kg")
    loaded = await parts_of(api).reader.load(tenant_id, needs)
    assert loaded.present[BOOKS][()].currency == "GBP"
    assert {unit.decimals for unit in loaded.present[UNITS].values()} == {0, 3}
    assert user_id != tenant_id
    for shown in (answer, await me(api, tokens), await try_login(api, password="no")):
        assert PASSWORD not in shown.text
        assert "argon2" not in shown.text


async def test_a_known_address_gets_the_same_answer_and_its_owner_is_told(
    api: httpx.AsyncClient,
) -> None:
    first = await register(api)
    second = await register(
        api, email=EMAIL.upper(), password=OTHER_PASSWORD, company={"name": "Impostor Ltd"}
    )
    assert first.status_code == 201
    assert alike(first, second)
    assert (await try_login(api, password=OTHER_PASSWORD)).status_code == 401
    tokens = await login(api)
    _, tenant_id = await ids_of(api, tokens)
    assert (await me(api, tokens)).json()["company"] == COMPANY["name"]
    assert await events(api, tenant_id) == ["company.registered", "user.registration_repeated"]
    assert "user registration_repeated" in await trail(api, tenant_id)


async def test_of_registrations_at_once_one_makes_the_company(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(register(api) for _ in range(8)))
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (201, '{"status":"registered"}')
    }
    _, tenant_id = await ids_of(api, await login(api))
    types = await events(api, tenant_id)
    # Repeated registrations are recorded only once an hour.
    assert sorted(types) == ["company.registered", "user.registration_repeated"]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"email": "olga@north"}, "validation.email", "/email"),
    ({"display_name": " "}, "validation.name", "/display_name"),
    ({"company": {"currency": "XXX"}}, "validation.currency", "/company/currency"),
    ({"company": {"currency": "gbp"}}, "validation.pattern", "/company/currency"),
    ({"company": {"time_zone": "Mars/Base"}}, "validation.zone", "/company/time_zone"),
    ({"company": {"name": "\t"}}, "validation.name", "/company/name"),
    ({"company": {"tax_rounding": "never"}}, "validation.choice", "/company/tax_rounding"),
    ({"company": {"owner": "me"}}, "validation.unknown_member", "/company/owner"),
    ({"role": "owner"}, "validation.unknown_member", "/role"),
    ({"password": "short"}, "auth.password_too_short", "/password"),
    ({"password": "passwordpassword"}, "auth.password_common", "/password"),
    ({"password": "my-north-trading-key"}, "auth.password_personal", "/password"),
    ({"password": 15}, "validation.type", "/password"),
]


async def test_what_is_wrong_is_named_whether_or_not_the_address_is_known(
    api: httpx.AsyncClient,
) -> None:
    unknown = [await register(api, **changes) for changes, _, _ in REFUSED]
    assert (await register(api)).status_code == 201
    known = [await register(api, **changes) for changes, _, _ in REFUSED]
    for (_, code, pointer), before, after in zip(REFUSED, unknown, known, strict=True):
        assert (refusal(before)[0], refusal(before)[2]) == (422, [pointer])
        assert before.json()["errors"][0]["code"] == code
        assert alike(before, after)
        assert "passwordpassword" not in before.text
    await login(api)


async def test_a_password_of_a_megabyte_is_refused_in_a_second(api: httpx.AsyncClient) -> None:
    """PW-04."""
    for send in (register(api, password="a" * 1_000_000), try_login(api, password="a" * 1_000_000)):
        started = time.perf_counter()
        answer = await send
        assert time.perf_counter() - started < 1
        assert answer.status_code == 422
        assert "a" * 100 not in answer.text
