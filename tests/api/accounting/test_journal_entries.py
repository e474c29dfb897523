"""Journal entries by hand over HTTP, and their reversal."""

import asyncio
from typing import Any

import pytest

from tests.support.company import Company

ENTRY_ID = "jnl_01JZ8B6Q0G3V5W7X9YABCDEFGH"
Body = dict[str, Any]


@pytest.fixture
async def wages(company: Company) -> Body:
    """Wages of 1,250.50 paid from the bank at the end of January."""
    [expense] = (await company.get("/accounts", code="6000"))["data"]
    bank = await company.first("/accounts", role="bank")
    return {
        "effective_at": "2026-01-31T17:00:00Z",
        "memo": "Wages of January",
        "lines": [
            {"account_id": expense["id"], "debit": "1250.50", "memo": "Two people"},
            {"account_id": bank, "credit": "1250.5"},
        ],
    }


async def test_an_entry_is_posted_with_a_number_and_shown(company: Company, wages: Body) -> None:
    posted = await company.post("/journal-entries", {**wages, "external_ref": "PAYROLL-01"})
    first, second = wages["lines"]
    assert posted == {
        "id": posted["id"],
        "number": "JNL/2026/000001",
        "external_ref": "PAYROLL-01",
        "effective_at": "2026-01-31T17:00:00Z",
        "effective_on": "2026-01-31",
        "source_kind": "journal",
        "source_id": posted["id"],
        "purpose": "posting",
        "memo": "Wages of January",
        "reverses_id": None,
        "currency": "GBP",
        "total": "1250.50",
        "recorded_at": posted["recorded_at"],
        "reversed_by_id": None,
        "lines": [
            {
                "line": 1,
                "account_id": first["account_id"],
                "debit": "1250.50",
                "credit": "0.00",
                "memo": "Two people",
                "contact_id": None,
            },
            {
                "line": 2,
                "account_id": second["account_id"],
                "debit": "0.00",
                "credit": "1250.50",
                "memo": "",
                "contact_id": None,
            },
        ],
    }
    assert await company.get(f"/journal-entries/{posted['id']}") == posted
    head = {key: value for key, value in posted.items() if key not in ("lines", "reversed_by_id")}
    assert (await company.get("/journal-entries", external_ref="PAYROLL-01"))["data"] == [head]
    balances = await company.balances()
    assert (balances["6000"], balances["bank"]) == ("1250.50", "-1250.50")


async def test_the_key_is_required(company: Company, wages: Body) -> None:
    answer = await company.client.post("/api/v1/journal-entries", json=wages)
    assert (answer.status_code, answer.json()["code"]) == (400, "common.idempotency_key_missing")


async def test_a_refused_entry_costs_no_number(company: Company, wages: Body) -> None:
    wrong = {**wages, "lines": [wages["lines"][0], {**wages["lines"][1], "credit": "1250.51"}]}
    problem = await company.post("/journal-entries", wrong, status=422)
    assert problem["code"] == "accounting.entry_unbalanced"
    assert (await company.get("/journal-entries"))["data"] == []
    posted = await company.post("/journal-entries", wages)
    assert posted["number"] == "JNL/2026/000001"


async def test_a_line_is_a_debit_or_a_credit_on_an_account_of_ones_own(
    company: Company, wages: Body
) -> None:
    debit, credit = wages["lines"]
    receivables = await company.first("/accounts", role="receivables")
    unknown = "acc_01JZ8B6Q0G3V5W7X9YABCDEFGH"
    cases = [
        ([debit], 422, "accounting.entry_too_short", None),
        ([debit, {"account_id": credit["account_id"]}], 422, "accounting.entry_line_zero", ""),
        ([debit, {**credit, "debit": "1"}], 422, "common.invalid_value", "/credit"),
        ([debit, {**credit, "credit": "1250.505"}], 422, "common.invalid_value", "/credit"),
        (
            [debit, {**credit, "account_id": receivables}],
            422,
            "accounting.control_account",
            "/account_id",
        ),
        (
            [debit, {**credit, "account_id": unknown}],
            422,
            "common.reference_not_found",
            "/account_id",
        ),
    ]
    for lines, status, code, member in cases:
        problem = await company.post("/journal-entries", {**wages, "lines": lines}, status=status)
        assert problem["code"] == code
        if member is not None:
            assert problem["errors"][0]["pointer"] == f"/lines/1{member}"


async def test_the_same_id_is_the_same_entry(company: Company, wages: Body) -> None:
    body = {**wages, "id": ENTRY_ID}
    posted = await company.post("/journal-entries", body)
    for same in (body, {**body, "memo": " Wages of January "}):
        assert await company.post("/journal-entries", same, status=200) == posted
    assert len((await company.get("/journal-entries"))["data"]) == 1
    missing = await company.get(f"/journal-entries/{ENTRY_ID[:-1]}X", status=404)
    assert missing["code"] == "common.not_found"
    for change in ({"memo": "Other"}, {"effective_at": "2026-01-30T17:00:00Z"}):
        problem = await company.post("/journal-entries", {**body, **change}, status=409)
        assert (problem["code"], problem["errors"][0]["pointer"]) == ("common.id_taken", "/id")
    # A repeat that states no time keeps the time of the first, also once the month is closed.
    await company.post("/periods/2026-01/close", {}, status=200)
    del body["effective_at"]
    assert await company.post("/journal-entries", body, status=200) == posted


async def test_the_same_id_at_once_is_one_entry(company: Company, wages: Body) -> None:
    body = {**wages, "id": ENTRY_ID}

    async def post(number: int) -> int:
        headers = {"Idempotency-Key": f"race-{number}"}
        answer = await company.client.post("/api/v1/journal-entries", json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return answer.status_code

    results = await asyncio.gather(*(post(number) for number in range(6)))
    assert sorted(results) == [200] * 5 + [201]
    [entry] = (await company.get("/journal-entries"))["data"]
    assert entry["number"] == "JNL/2026/000001"


async def test_an_external_reference_is_used_once(company: Company, wages: Body) -> None:
    body = {**wages, "external_ref": "PAYROLL-01"}
    await company.post("/journal-entries", body)
    problem = await company.post("/journal-entries", body, status=409)
    assert problem["code"] == "common.external_ref_taken"
    assert problem["errors"][0]["pointer"] == "/external_ref"
    for bad in ("", " R-1", "x" * 101):
        problem = await company.post("/journal-entries", {**wages, "external_ref": bad}, status=422)
        assert problem["errors"][0]["pointer"] == "/external_ref"


async def test_a_dry_run_keeps_nothing(company: Company, wages: Body) -> None:
    answer = await company.client.post("/api/v1/journal-entries?dry_run=true", json=wages)
    assert (answer.status_code, answer.json()["number"]) == (201, "JNL/2026/000001")
    assert (await company.get("/journal-entries"))["data"] == []


async def test_a_reversal_swaps_the_sides_and_is_linked(company: Company, wages: Body) -> None:
    posted = await company.post("/journal-entries", wages)
    path = f"/journal-entries/{posted['id']}/reverse"
    body = {"effective_at": "2026-02-02T09:00:00Z", "memo": "Paid twice"}
    before = {"effective_at": "2026-01-30T23:59:59Z"}
    problem = await company.post(path, before, status=422)
    assert problem["code"] == "accounting.reversal_before_entry"
    assert problem["errors"][0]["pointer"] == "/effective_at"
    reversal = await company.post(path, body)
    assert (reversal["number"], reversal["effective_on"]) == ("JNL/2026/000002", "2026-02-02")
    assert (reversal["reverses_id"], reversal["source_id"]) == (posted["id"], posted["id"])
    assert (reversal["purpose"], reversal["memo"]) == ("reversal", "Paid twice")
    sides = [(line["debit"], line["credit"]) for line in reversal["lines"]]
    assert sides == [("0.00", "1250.50"), ("1250.50", "0.00")]
    shown = await company.get(f"/journal-entries/{posted['id']}")
    assert shown == {**posted, "reversed_by_id": reversal["id"]}
    balances = await company.balances()
    assert set(balances.values()) == {"0.00"}
    january = await company.balances(as_of="2026-01-31")
    assert january["bank"] == "-1250.50"

    problem = await company.post(path, body, status=409)
    assert problem["code"] == "accounting.already_reversed"
    again = f"/journal-entries/{reversal['id']}/reverse"
    problem = await company.post(again, {}, status=422)
    assert problem["code"] == "accounting.reversal_of_reversal"
    missing = await company.post(f"/journal-entries/{ENTRY_ID}/reverse", {}, status=404)
    assert missing["code"] == "common.not_found"


async def test_a_reversal_lands_in_an_open_month(company: Company, wages: Body) -> None:
    """The month of the original may be closed: the reversal carries its own day."""
    posted = await company.post("/journal-entries", wages)
    await company.post("/periods/2026-01/close", {}, status=200)
    path = f"/journal-entries/{posted['id']}/reverse"
    problem = await company.post(path, {"effective_at": "2026-01-31T18:00:00Z"}, status=409)
    assert problem["code"] == "accounting.period_closed"
    reversal = await company.post(path, {})
    assert reversal["effective_on"] > "2026-01-31"
    assert (await company.balances(as_of="2026-01-31"))["bank"] == "-1250.50"


async def test_the_entry_of_a_document_is_not_reversed_by_hand(
    company: Company, sell_on_account: Any
) -> None:
    sale_id = await sell_on_account("03-01", "10.00")
    [entry] = (await company.get("/journal-entries", source_id=sale_id))["data"]
    assert (entry["source_kind"], entry["source_id"]) == ("sale", sale_id)
    assert (await company.get("/journal-entries", source_kind="bill"))["data"] == []
    problem = await company.get("/journal-entries", status=422, source_id="prd_1")
    assert problem["errors"][0]["parameter"] == "source_id"
    assert (entry["total"], entry["number"]) == ("10.00", None)
    path = f"/journal-entries/{entry['id']}/reverse"
    problem = await company.post(path, {}, status=422)
    assert problem["code"] == "accounting.entry_of_document"
    shown = await company.get(f"/journal-entries/{entry['id']}")
    parties = {line["contact_id"] for line in shown["lines"]}
    assert len(parties - {None}) == 1


async def test_pages_follow_the_business_day_in_one_statement(
    company: Company, wages: Body
) -> None:
    days = ["2026-01-05", "2026-01-03", "2026-01-05", "2026-02-01", "2026-01-04"]
    for day in days:
        await company.post("/journal-entries", {**wages, "effective_at": f"{day}T10:00:00Z"})
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2, "effective_to": "2026-01-31"}
    while True:
        page = await company.get("/journal-entries", **params)
        seen += [each["effective_on"] for each in page["data"]]
        if not page["has_more"]:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == ["2026-01-03", "2026-01-04", "2026-01-05", "2026-01-05"]
    latest = await company.get("/journal-entries", sort="-effective_on", limit=1)
    assert latest["data"][0]["effective_on"] == "2026-02-01"
    counted = await company.get("/journal-entries", include_total="true", limit=1)
    assert counted["total"] == 5
