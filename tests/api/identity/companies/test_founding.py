"""A user who is signed in opens another company (S3-39)."""

import asyncio
from typing import Any

import httpx
import pytest

from app.application.identity.companies import founding
from tests.api.identity.support import AUTH, COMPANY, ids_of, refusal, sign_up, tokens_of, trail
from tests.support.company import Company

PATH = "/api/v1/companies"
SECOND = {**COMPANY, "name": "South Trading", "currency": "KWD", "time_zone": "Asia/Kuwait"}


async def test_he_owns_it_and_works_there(api: httpx.AsyncClient) -> None:
    """With its books, units and first location; the trail of the other one says nothing."""
    tokens = await sign_up(api)
    _, first_id = await ids_of(api, tokens)
    before = await trail(api, first_id)
    made = await api.post(PATH, json=SECOND, headers=tokens.headers)
    assert made.status_code == 201
    id_ = made.json().pop("id")
    assert made.json() == {
        "id": id_,
        "name": "South Trading",
        "role": "owner",
        "status": "active",
        "delete_at": None,
    }
    again = await api.post(PATH, json=SECOND, headers=tokens.headers)
    assert refusal(again) == (409, "common.duplicate", ["/name"])
    assert await trail(api, first_id) == before
    listed = (await api.get(f"{AUTH}/companies", headers=tokens.headers)).json()["data"]
    assert [each["name"] for each in listed] == ["North Trading", "South Trading"]
    switch = {"company_id": id_}
    there = tokens_of(await api.post(f"{AUTH}/switch", json=switch, headers=tokens.headers))
    shown = (await api.get(f"{PATH}/current", headers=there.headers)).json()
    assert (shown["id"], shown["currency"], shown["time_zone"]) == (id_, "KWD", "Asia/Kuwait")
    for path in ("units", "locations", "accounts"):
        assert (await api.get(f"/api/v1/{path}", headers=there.headers)).json()["data"], path
    _, second_id = await ids_of(api, there)
    assert (await trail(api, second_id))[0] == "company registered"


async def test_what_is_wrong_is_named(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    for change, pointer in (
        ({"currency": "XQX"}, "/currency"),
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"name": "\t"}, "/name"),
        ({"id": "cmp_1"}, "/id"),
    ):
        answer = await api.post(PATH, json={**SECOND, **change}, headers=tokens.headers)
        assert (answer.status_code, refusal(answer)[2]) == (422, [pointer])
    assert (await api.post(PATH, json=SECOND)).status_code == 401
    listed = await api.get(f"{AUTH}/companies", headers=tokens.headers)
    assert len(listed.json()["data"]) == 1


async def test_nobody_owns_more_than_so_many(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the last two are asked for at once."""
    monkeypatch.setattr(founding, "OWNED_MAX", 3)

    async def found(name: str) -> Any:
        body = {"name": name, "currency": "GBP", "time_zone": "UTC"}
        return await company.client.post(PATH, json=body)

    assert (await found("Two")).status_code == 201
    answers = await asyncio.gather(*(found(f"Three {place}") for place in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes <= {"companies.too_many", "common.concurrent_change"}
    assert len((await company.get("/auth/companies"))["data"]) == 3
