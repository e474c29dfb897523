"""Costs against their rules and worked examples, through documents on both databases."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.company import Company
from tests.support.purchasing import Buying

ADJUSTMENT_ID = "adj_01JZ8B6Q0G3V5W7X9YABCDEFGH"
EARLY, LATE = "2026-01-10T12:00:00Z", "2026-01-11T12:00:00Z"


async def valued(company: Company, product_id: str) -> tuple[str, str, str]:
    """Quantity, value and unit cost of the only product in stock."""
    (line,) = (await company.get("/reports/stock-valuation", product_id=product_id))["data"]
    return line["quantity"], line["value"], line["unit_cost"]


@pytest.mark.parametrize(
    ("costing", "cost", "left", "after"),
    [
        ("average", "120.00", ("2", "24.00", "12.00"), ("4", "36.00", "9.00")),
        ("fifo", "112.00", ("2", "32.00", "16.00"), ("4", "44.00", "11.00")),
    ],
)
async def test_odoo_numbers(
    company: Company,
    buying: Buying,
    costing: str,
    cost: str,
    left: tuple[str, str, str],
    after: tuple[str, str, str],
) -> None:
    """Domain-notes 3.6 [T odoo]: 8 at 10, 4 at 16, deliver 10, then 2 at 6."""
    product_id = await company.product("ODOO", costing=costing)
    await buying.receive((product_id, "8", "10.00"), (product_id, "4", "16.00"))
    assert await valued(company, product_id) == ("12", "144.00", "12.00")
    sale = await company.sell((product_id, "10"))
    assert sale["lines"][0]["cost"] == cost
    assert await valued(company, product_id) == left
    await buying.receive((product_id, "2", "6.00"))
    assert await valued(company, product_id) == after
    await company.assert_sound()


async def test_tryton_numbers(company: Company, buying: Buying) -> None:
    """Domain-notes 3.6 [T tryton]: average 150 then 175; FIFO 15, 20, 25."""
    average = await company.product("TRY-A")
    await buying.receive((average, "1", "100.00"), (average, "1", "200.00"))
    assert await valued(company, average) == ("2", "300.00", "150.00")
    await buying.receive((average, "2", "200.00"))
    assert await valued(company, average) == ("4", "700.00", "175.00")
    fifo = await company.product("TRY-F", costing="fifo")
    await buying.receive((fifo, "4", "10.00"), (fifo, "2", "25.00"))
    assert await valued(company, fifo) == ("6", "90.00", "15.00")
    await company.sell((fifo, "3"))
    assert await valued(company, fifo) == ("3", "60.00", "20.00")
    await company.sell((fifo, "2"))
    assert await valued(company, fifo) == ("1", "25.00", "25.00")
    await company.assert_sound()


async def test_fifo_goods_come_back_with_the_later_bill(company: Company, buying: Buying) -> None:
    """R-11, semantics 1.6: five come back before the bill and five after; in all what they cost."""
    product_id = await company.product("LATE-F", costing="fifo", price="20")
    receipt = await buying.receive((product_id, "10", "10.00"))
    sale = await company.sell((product_id, "10"))
    body = {
        "location_id": buying.location_id,
        "lines": [{"sale_id": sale["id"], "sale_line": 1, "quantity": "5"}],
        "refund": {"method": "cash"},
    }
    before = await company.post("/returns", body)
    await buying.bill(receipt, ("10", "12.00"))
    after = await company.post("/returns", body)
    assert (before["lines"][0]["cost"], after["lines"][0]["cost"]) == ("50.00", "70.00")
    assert await valued(company, product_id) == ("10", "120.00", "12.00")
    assert (await company.balances())["cost_of_goods_sold"] == "0.00"
    await company.assert_sound()


@pytest.mark.parametrize("costing", ["average", "fifo"])
async def test_nothing_that_changes_a_cost_is_backdated(
    company: Company, buying: Buying, costing: str
) -> None:
    """R-01, semantics 2.5.2: every document before the latest costed day is refused, and says so.

    The same day is not refused, whatever the hour; another product is free.
    """
    product_id = await company.product("BACK-1", costing=costing)
    receipt = await buying.receive((product_id, "4", "1.00"), effective_at=EARLY)
    sale = await company.sell((product_id, "1"), effective_at=EARLY)
    await company.sell((product_id, "1"), effective_at=LATE)
    found = {"product_id": product_id, "quantity": "1"}
    adjustment = {"location_id": buying.location_id, "reason": "count", "lines": [found]}
    back = {
        "location_id": buying.location_id,
        "lines": [{"sale_id": sale["id"], "sale_line": 1, "quantity": "1"}],
        "refund": {"method": "cash"},
    }
    dated: Any = {"effective_at": EARLY, "status": 409}
    refusals = [
        await buying.receive((product_id, "1", "1.00"), **dated),
        await company.sell((product_id, "1"), **dated),
        await buying.bill(receipt, ("1", "1.50"), **dated),
        await buying.send_back(receipt, (1, "1"), **dated),
        await company.post("/adjustments", {**adjustment, "effective_at": EARLY}, status=409),
        await company.post("/returns", {**back, "effective_at": EARLY}, status=409),
    ]
    assert [each["code"] for each in refusals] == ["inventory.backdated"] * 6
    assert all("2026-01-11" in each["detail"] for each in refusals)
    await company.sell((product_id, "1"), effective_at="2026-01-11T00:00:00Z")
    other = await company.product("BACK-2", costing=costing)
    await buying.receive((other, "1", "1.00"), effective_at=EARLY)
    await company.assert_sound()


async def test_an_adjustment_of_the_same_id_with_another_cost_is_refused(company: Company) -> None:
    """R-21: the same client-made id with another body is 409."""
    product_id = await company.product("ADJ-1")
    line = {"product_id": product_id, "quantity": "2", "unit_cost": "3.00"}
    body = {
        "id": ADJUSTMENT_ID,
        "location_id": await company.location(),
        "reason": "found",
        "lines": [line],
    }
    first = await company.post("/adjustments", body)
    assert await company.post("/adjustments", body, status=200) == first
    other = {**body, "lines": [{**line, "unit_cost": "4.00"}]}
    assert (await company.post("/adjustments", other, status=409))["code"] == "common.id_taken"
    assert (await company.balances())["stock"] == "6.00"


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        (timedelta(hours=1), "inventory.moved_ahead"),
        (timedelta(days=400), "accounting.dated_ahead"),
    ],
)
@pytest.mark.parametrize("document", ["sale", "adjustment", "receipt", "opening stock"])
async def test_goods_do_not_move_at_an_instant_to_come(
    company: Company, document: str, ahead: timedelta, code: str
) -> None:
    """R-01 refuses what is dated before the latest cost: a wrong year would freeze the item."""
    product_id = await company.product("AHEAD")
    await company.open_stock("5", "1.00", product_id)
    dated: dict[str, Any] = {"effective_at": (datetime.now(UTC) + ahead).isoformat()}
    line = {"product_id": product_id, "quantity": "1"}
    place = {"location_id": await company.location()}
    pointer = "/effective_at"
    if document == "sale":
        refused = await company.sell((product_id, "1"), status=422, **dated)
    elif document == "adjustment":
        body = {**place, "reason": "count", "lines": [{**line, "unit_cost": "1.00"}], **dated}
        refused = await company.post("/adjustments", body, status=422)
    elif document == "receipt":
        supplier = await company.contact("Supplier", "supplier")
        body = {**place, "supplier_id": supplier, "lines": [{**line, "unit_cost": "1.00"}], **dated}
        refused = await company.post("/receipts", body, status=422)
    else:
        opening = {**place, "quantity": "1", "unit_cost": "1.00", **dated}
        unit_id = await company.first("/units", code="pcs")
        item = {"sku": "NEW", "name": "New", "unit_id": unit_id, "opening_stock": opening}
        body = {"items": [{**item, "idempotency_key": "one"}]}
        answer = await company.post("/products/batch", body, status=207)
        refused = answer["items"][0]["body"]
        pointer = "/opening_stock/effective_at"
    assert (refused["code"], refused["errors"][0]["pointer"]) == (code, pointer)
    await company.sell((product_id, "5"))
    await company.assert_sound()


async def test_what_is_dated_too_early_names_its_line(company: Company) -> None:
    """R-01: of the lines of a document, the item that was costed later is told."""
    early, late = await company.product("EARLY"), await company.product("LATE")
    await company.stock("5", "1.00", early, effective_at="2026-01-01T00:00:00Z")
    await company.stock("5", "1.00", late, effective_at="2026-02-01T00:00:00Z")
    lines = ((early, "1"), (late, "1"))
    refused = await company.sell(*lines, effective_at="2026-01-15T00:00:00Z", status=409)
    assert refused["code"] == "inventory.backdated"
    assert [error["pointer"] for error in refused["errors"]] == ["/lines/1/quantity"]


async def test_stock_of_a_product_out_of_use_can_be_taken_out(
    company: Company, deactivate: Callable[[str], Awaitable[None]]
) -> None:
    """Nothing comes in under a product or at a location that is out of use, what is left goes."""
    product_id, location_id = await company.product("STUCK"), await company.location()
    await company.open_stock("3", "2.00", product_id)
    await deactivate(f"/products/{product_id}")
    await deactivate(f"/locations/{location_id}")
    body = {"location_id": location_id, "reason": "damage"}
    line = {"product_id": product_id, "quantity": "-3"}
    found = {"product_id": product_id, "quantity": "1"}
    refused = await company.post(
        "/adjustments", {**body, "reason": "count", "lines": [found]}, status=409
    )
    assert refused["code"] == "inventory.location_inactive"
    await company.post("/adjustments", {**body, "lines": [line]})
    assert (await company.balances())["stock"] == "0.00"
    await company.assert_sound()


async def test_more_than_a_level_holds_names_its_line(company: Company) -> None:
    small, large = await company.product("SMALL"), await company.product("LARGE")
    await company.open_stock("999999999", "0.00", large)
    lines = [{"product_id": each, "quantity": "999999999"} for each in (small, large)]
    for place in range(11):
        body = {
            "location_id": await company.location(),
            "reason": "count",
            "lines": [{**line, "unit_cost": "0.00"} for line in lines],
        }
        answer = await company.client.post(
            "/api/v1/adjustments", json=body, headers={"Idempotency-Key": f"more-{place}"}
        )
        if answer.status_code != 201:
            break
    assert (answer.status_code, answer.json()["code"]) == (422, "common.out_of_range")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/lines/1/quantity"]
    await company.assert_sound()
