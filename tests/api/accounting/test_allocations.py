"""Allocations and open items over HTTP."""

from typing import Any

import pytest

from tests.support.company import Company

ALLOCATION_ID = "alc_01JZ8B6Q0G3V5W7X9YABCDEFGH"


@pytest.fixture
async def credit(company: Company, customer: str) -> str:
    """A payment of 100.00 on 10 March that settled nothing."""
    paid = await company.post(
        "/payments",
        {
            "direction": "in",
            "contact_id": customer,
            "method": "bank",
            "amount": "100.00",
            "effective_at": "2026-03-10T12:00:00Z",
            "allocate": "none",
            "excess": "credit",
        },
    )
    return str(paid["id"])


def allocation(customer: str, **members: Any) -> dict[str, Any]:
    return {
        "contact_id": customer,
        "side": "receivable",
        "effective_at": "2026-03-31T12:00:00Z",
        **members,
    }


async def test_the_oldest_credit_settles_the_oldest_debits(
    company: Company, customer: str, credit: str, sell_on_account: Any
) -> None:
    late = await sell_on_account("03-20", "70.00")
    early = await sell_on_account("03-01", "60.00")
    made = await company.post("/allocations", allocation(customer))
    assert made == {
        "id": made["id"],
        "number": "ALC/2026/000001",
        "contact_id": customer,
        "side": "receivable",
        "currency": "GBP",
        "allocated": "100.00",
        "effective_at": "2026-03-31T12:00:00Z",
        "effective_on": "2026-03-31",
        "recorded_at": made["recorded_at"],
        "allocations": [
            {
                "credit_id": credit,
                "debit_id": early,
                "amount": "60.00",
                "effective_on": "2026-03-31",
            },
            {
                "credit_id": credit,
                "debit_id": late,
                "amount": "40.00",
                "effective_on": "2026-03-31",
            },
        ],
    }
    assert await company.get(f"/allocations/{made['id']}") == made
    head = {key: value for key, value in made.items() if key != "allocations"}
    assert (await company.get("/allocations", contact_id=customer))["data"] == [head]
    assert (await company.get("/allocations", side="payable"))["data"] == []
    paid = await company.get(f"/payments/{credit}")
    assert (paid["allocated"], paid["unallocated"]) == ("100.00", "0.00")
    assert [each["document_id"] for each in paid["allocations"]] == [early, late]
    # Nothing was posted: both stand on receivables.
    assert len((await company.get("/journal-entries"))["data"]) == 3
    await company.assert_sound()


async def test_nothing_to_allocate_is_no_error(
    company: Company, customer: str, credit: str
) -> None:
    made = await company.post("/allocations", allocation(customer))
    assert (made["allocations"], made["allocated"]) == ([], "0.00")


async def test_named_pairs_are_matched_exactly(
    company: Company, customer: str, credit: str, sell_on_account: Any
) -> None:
    first = await sell_on_account("03-01", "60.00")
    second = await sell_on_account("03-20", "70.00")
    lines = [
        {"credit_id": credit, "debit_id": second, "amount": "70.00"},
        {"credit_id": credit, "debit_id": first, "amount": "10.00"},
    ]
    body = allocation(customer, id=ALLOCATION_ID, lines=lines)
    made = await company.post("/allocations", body)
    assert [each["amount"] for each in made["allocations"]] == ["70.00", "10.00"]
    assert await company.post("/allocations", body, status=200) == made
    for change in ({"lines": lines[:1]}, {"lines": None}, {"side": "payable"}):
        problem = await company.post("/allocations", {**body, **change}, status=409)
        assert problem["code"] == "common.id_taken"
    items = (await company.get("/open-items"))["data"]
    assert [(each["document_id"], each["open"]) for each in items] == [
        (first, "50.00"),
        (credit, "-20.00"),
    ]


async def test_a_wrong_pair_is_refused_whole(
    company: Company, customer: str, credit: str, sell_on_account: Any
) -> None:
    mine = await sell_on_account("03-01", "60.00")
    other = await company.contact("Grace Hopper", "customer")
    foreign = await sell_on_account("03-01", "60.00", other)
    good = {"credit_id": credit, "debit_id": mine, "amount": "10.00"}
    cases: list[tuple[dict[str, Any], int, str, str]] = [
        ({"amount": "50.01"}, 409, "accounting.over_allocation", "/lines/1/amount"),
        ({"amount": "0"}, 422, "common.out_of_range", "/lines/1/amount"),
        ({"debit_id": foreign}, 422, "accounting.allocation_mismatch", "/lines/1/debit_id"),
        ({"debit_id": credit}, 422, "accounting.allocation_mismatch", "/lines/1"),
        (
            {"debit_id": "sal_01JZ8B6Q0G3V5W7X9YABCDEFGH"},
            422,
            "common.reference_not_found",
            "/lines/1/debit_id",
        ),
        ({"debit_id": "con_01JZ8B6Q0G3V5W7X9YABCDEFGH"}, 422, "", "/lines/1/debit_id"),
        ({"debit_id": 7}, 422, "", "/lines/1/debit_id"),
    ]
    for change, status, code, pointer in cases:
        body = allocation(customer, lines=[good, {**good, **change}])
        problem = await company.post("/allocations", body, status=status)
        assert problem["errors"][0]["pointer"] == pointer, change
        assert code in ("", problem["code"])
    shown = (await company.get("/open-items", contact_id=customer))["data"]
    assert [each["settled"] for each in shown] == ["0.00", "0.00"]


async def test_a_closed_month_keeps_what_was_open(
    company: Company, customer: str, credit: str, sell_on_account: Any
) -> None:
    await sell_on_account("03-01", "60.00")
    await company.post("/periods/2026-03/close", {}, status=200)
    problem = await company.post("/allocations", allocation(customer), status=409)
    assert problem["code"] == "accounting.period_closed"
    body = allocation(customer, effective_at="2026-04-01T08:00:00Z")
    assert (await company.post("/allocations", body))["allocated"] == "60.00"


async def test_open_items_as_of_a_past_day(
    company: Company, customer: str, credit: str, sell_on_account: Any
) -> None:
    early = await sell_on_account("03-01", "60.00")
    late = await sell_on_account("03-20", "70.00")
    await company.post("/allocations", allocation(customer))

    async def open_on(day: str) -> list[tuple[str, str, str]]:
        items = (await company.get("/open-items", contact_id=customer, as_of=day))["data"]
        return [(each["document_id"], each["settled"], each["open"]) for each in items]

    assert await open_on("2026-02-28") == []
    assert await open_on("2026-03-09") == [(early, "0.00", "60.00")]
    assert await open_on("2026-03-30") == [
        (early, "0.00", "60.00"),
        (credit, "0.00", "-100.00"),
        (late, "0.00", "70.00"),
    ]
    assert await open_on("2026-03-31") == [(late, "40.00", "30.00")]
    now = (await company.get("/open-items", contact_id=customer))["data"]
    assert now == [
        {
            "document_id": late,
            "document_kind": "sale",
            "side": "receivable",
            "contact_id": customer,
            "effective_on": "2026-03-20",
            "due_on": "2026-03-20",
            "currency": "GBP",
            "amount": "70.00",
            "settled": "40.00",
            "open": "30.00",
        }
    ]


async def test_pages_of_open_items_neither_repeat_nor_skip(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    made = [await sell_on_account(day, "1.00") for day in ("03-02", "03-01", "03-02", "03-03")]
    expected = [made[1], *sorted([made[0], made[2]]), made[3]]
    views: list[dict[str, Any]] = [{}, {"as_of": "2026-03-31"}]
    for view in views:
        params = {"limit": 3, **view}
        first = await company.get("/open-items", **params)
        rest = await company.get("/open-items", cursor=first["next_cursor"], **params)
        seen = [each["document_id"] for each in (*first["data"], *rest["data"])]
        assert (seen, rest["has_more"]) == (expected, False)
        counted = await company.get("/open-items", include_total="true", **view)
        assert counted["total"] == 4
    window = await company.get(
        "/open-items", effective_from="2026-03-02", effective_to="2026-03-02"
    )
    assert {each["document_id"] for each in window["data"]} == {made[0], made[2]}


async def test_a_batch_allocates_for_several_parties(
    company: Company, customer: str, credit: str, sell_on_account: Any
) -> None:
    sale = await sell_on_account("03-01", "60.00")
    other = await company.contact("Grace Hopper", "customer")
    items = [
        {**allocation(customer), "idempotency_key": "a"},
        {**allocation(other), "idempotency_key": "b"},
        {**allocation("con_01JZ8B6Q0G3V5W7X9YABCDEFGH"), "idempotency_key": "c"},
    ]
    answer = await company.client.post("/api/v1/allocations/batch", json={"items": items})
    first, second, third = answer.json()["items"]
    assert (answer.status_code, first["status"], second["status"]) == (207, 201, 201)
    assert [each["debit_id"] for each in first["body"]["allocations"]] == [sale]
    assert (second["body"]["number"], second["body"]["allocations"]) == ("ALC/2026/000002", [])
    assert (third["status"], third["body"]["code"]) == (422, "common.reference_not_found")
    missing = await company.get(f"/allocations/{ALLOCATION_ID}", status=404)
    assert missing["code"] == "common.not_found"


async def test_the_same_id_twice_in_one_batch_is_one_allocation(
    company: Company, customer: str, credit: str, sell_on_account: Any
) -> None:
    await sell_on_account("03-01", "60.00")
    made = allocation(customer, id=ALLOCATION_ID)
    body = {"atomic": True, "items": [{**made, "idempotency_key": key} for key in ("a", "b")]}
    answer = await company.client.post("/api/v1/allocations/batch", json=body)
    first, second = answer.json()["items"]
    assert (first["status"], second["status"]) == (201, 200)
    assert first["body"] == second["body"]
