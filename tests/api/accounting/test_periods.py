"""Months of the books over HTTP: open, closed, locked, reopened."""

import asyncio
from typing import Any

from tests.support.company import Company


async def entry(company: Company, day: str, status: int = 201) -> Any:
    """A small entry on a day."""
    cash = await company.first("/accounts", role="cash")
    bank = await company.first("/accounts", role="bank")
    lines = [{"account_id": bank, "debit": "1.00"}, {"account_id": cash, "credit": "1.00"}]
    body = {"effective_at": f"{day}T12:00:00Z", "memo": "To the bank", "lines": lines}
    return await company.post("/journal-entries", body, status=status)


async def step(company: Company, month: str, verb: str, status: int = 200) -> Any:
    """Close or lock a month."""
    return await company.post(f"/periods/{month}/{verb}", {}, status=status)


async def test_a_month_is_made_by_its_first_posting(company: Company) -> None:
    assert (await company.get("/periods"))["data"] == []
    await entry(company, "2026-02-10")
    await entry(company, "2026-01-31")
    months = (await company.get("/periods"))["data"]
    assert [(each["period"], each["status"]) for each in months] == [
        ("2026-01", "open"),
        ("2026-02", "open"),
    ]
    assert months[1] == {
        "period": "2026-02",
        "starts_on": "2026-02-01",
        "ends_on": "2026-02-28",
        "status": "open",
        "closed_at": None,
        "locked_at": None,
        "reason": "",
        "version": 1,
    }
    assert await company.get("/periods/2026-02") == months[1]
    assert (await company.get("/periods/2031-07"))["status"] == "open"


async def test_months_close_in_order_and_take_no_more_postings(company: Company) -> None:
    await entry(company, "2026-01-31")
    await entry(company, "2026-02-01")
    early = await step(company, "2026-02", "close", status=409)
    assert early["code"] == "accounting.earlier_period_open"
    closed = await step(company, "2026-01", "close")
    assert (closed["status"], closed["version"]) == ("closed", 2)
    assert closed["closed_at"] is not None
    again = await step(company, "2026-01", "close", status=409)
    assert again["code"] == "accounting.period_closed"
    refused = await entry(company, "2026-01-15", status=409)
    assert refused["code"] == "accounting.period_closed"
    await entry(company, "2026-02-02")
    assert [each["status"] for each in (await company.get("/periods"))["data"]] == [
        "closed",
        "open",
    ]
    assert (await company.client.get("/api/v1/periods?status=closed")).json()["data"] == [closed]


async def test_closing_a_month_closes_the_empty_ones_before_it(company: Company) -> None:
    closed = await step(company, "2026-03", "close")
    assert (closed["status"], closed["version"]) == ("closed", 1)
    assert (await company.get("/periods/2025-12"))["status"] == "closed"
    refused = await step(company, "2026-02", "close", status=409)
    assert refused["code"] == "accounting.period_closed"
    assert (await entry(company, "2026-01-05", status=409))["code"] == "accounting.period_closed"


async def test_a_month_reopens_with_a_reason_the_latest_first(company: Company) -> None:
    await step(company, "2026-01", "close")
    await step(company, "2026-02", "close")
    body = {"reason": "A bill came late"}
    refused = await company.post("/periods/2026-01/reopen", body, status=409)
    assert refused["code"] == "accounting.later_period_closed"
    blank = await company.post("/periods/2026-02/reopen", {"reason": " "}, status=422)
    assert blank["code"] == "accounting.period_reason_missing"
    opened = await company.post("/periods/2026-02/reopen", body, status=200)
    assert (opened["status"], opened["reason"], opened["closed_at"]) == (
        "open",
        "A bill came late",
        None,
    )
    await entry(company, "2026-02-28")
    assert (await entry(company, "2026-01-31", status=409))["code"] == "accounting.period_closed"
    again = await company.post("/periods/2026-02/reopen", body, status=409)
    assert again["code"] == "accounting.period_open"


async def test_a_locked_month_stays_locked(company: Company) -> None:
    refused = await step(company, "2026-01", "lock", status=409)
    assert refused["code"] == "accounting.period_open"
    await step(company, "2026-01", "close")
    locked = await step(company, "2026-01", "lock")
    assert (locked["status"], locked["locked_at"] is None) == ("locked", False)
    for verb, body in (("reopen", {"reason": "No"}), ("close", {}), ("lock", {})):
        refused = await company.post(f"/periods/2026-01/{verb}", body, status=409)
        assert refused["code"] == "accounting.period_locked"
    assert (await entry(company, "2026-01-05", status=409))["code"] == "accounting.period_locked"


async def test_what_is_no_month_is_not_found(company: Company) -> None:
    for label in ("2026-13", "2026-1", "0026-01", "january"):
        assert (await company.get(f"/periods/{label}", status=404))["code"] == "common.month_form"
    await step(company, "2026-00", "close", status=404)


async def test_a_close_and_postings_at_once_leave_no_entry_behind(company: Company) -> None:
    await entry(company, "2026-01-01")
    cash, bank = (
        await company.first("/accounts", role="cash"),
        await company.first("/accounts", role="bank"),
    )
    lines = [{"account_id": bank, "debit": "1.00"}, {"account_id": cash, "credit": "1.00"}]
    body = {"effective_at": "2026-01-20T12:00:00Z", "memo": "", "lines": lines}

    async def post(number: int) -> int:
        answer = await company.client.post(
            "/api/v1/journal-entries", json=body, headers={"Idempotency-Key": f"race-{number}"}
        )
        assert answer.status_code == 201 or answer.json()["code"] == "accounting.period_closed"
        return answer.status_code

    results = await asyncio.gather(
        *(post(number) for number in range(8)), step(company, "2026-01", "close")
    )
    posted = results.count(201)
    entries = (await company.get("/journal-entries"))["data"]
    assert len(entries) == posted + 1
    numbers = sorted(each["number"] for each in entries)
    assert numbers == [f"JNL/2026/{place:06d}" for place in range(1, posted + 2)]


async def test_of_closings_at_once_one_closes_the_month(company: Company) -> None:
    await entry(company, "2026-01-01")

    async def close(number: int) -> int:
        answer = await company.client.post(
            "/api/v1/periods/2026-01/close", headers={"Idempotency-Key": f"race-{number}"}
        )
        assert answer.status_code == 200 or answer.json()["code"] == "accounting.period_closed"
        return answer.status_code

    results = await asyncio.gather(*(close(number) for number in range(6)))
    assert sorted(results) == [200] + [409] * 5
    assert (await company.get("/periods/2026-01"))["version"] == 2
