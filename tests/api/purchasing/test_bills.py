"""POST /bills over HTTP, on both databases."""

import asyncio
from typing import Any

import pytest

from tests.support.company import Company
from tests.support.purchasing import Buying

VARIANCE = {"price_difference_policy": "variance"}


async def test_a_bill_at_the_receipt_price_clears_what_was_received(
    company: Company, buying: Buying
) -> None:
    """Semantics 3.2.1: GRNI at the value of the receipt, input tax and payable."""
    tax_id = await company.first("/taxes", code="VAT20")
    product_id = await company.product("B-1", purchase_tax_id=tax_id)
    receipt = await buying.receive((product_id, "10", "10.00"))
    bill = await buying.bill(receipt, ("10", "10.00"), due_on="2021-01-31")
    assert (bill["net"], bill["tax"], bill["total"]) == ("100.00", "20.00", "120.00")
    assert bill["number"].startswith("BIL/")
    assert bill["status"] == "posted"
    assert bill["due_on"] == "2021-01-31"
    assert bill["taxes"] == [{"tax_id": tax_id, "base": "100.00", "amount": "20.00"}]
    (line,) = bill["lines"]
    assert line == {
        "line": 1,
        "receipt_id": receipt["id"],
        "receipt_line": 1,
        "product_id": product_id,
        "quantity": "10",
        "unit_price": "10.00",
        "net": "100.00",
        "tax": "20.00",
        "total": "120.00",
        "tax_id": tax_id,
        "received_value": "100.00",
        "difference": "0.00",
        "difference_in_stock": "0.00",
    }
    assert await company.get(f"/bills/{bill['id']}") == bill
    shown = await company.get(f"/receipts/{receipt['id']}")
    assert shown["lines"][0]["billed_quantity"] == "10"
    balances = await company.balances()
    assert balances.get("grni", "0.00") == "0.00"
    assert balances["stock"] == "100.00"
    assert balances["input_tax"] == "20.00"
    assert balances["payables"] == "-120.00"
    items = await company.get("/open-items", contact_id=buying.supplier_id, side="payable")
    assert [(each["document_id"], each["open"]) for each in items["data"]] == [
        (bill["id"], "120.00")
    ]
    await company.assert_sound()


@pytest.mark.parametrize("costing", ["average", "fifo"])
async def test_a_price_difference_is_split_by_what_is_on_hand(
    company: Company, buying: Buying, costing: str
) -> None:
    """[C] receive 10 at 10, issue 6, bill at 12: 20 more, 8 to stock and 12 to cost of sales."""
    product_id = await company.product("B-2", costing=costing)
    receipt = await buying.receive((product_id, "10", "10.00"))
    await company.sell((product_id, "6"))
    bill = await buying.bill(receipt, ("10", "12.00"))
    assert bill["lines"][0]["difference"] == "20.00"
    assert bill["lines"][0]["difference_in_stock"] == "8.00"
    balances = await company.balances()
    assert balances["stock"] == "48.00"
    assert balances["cost_of_goods_sold"] == "72.00"
    assert balances["payables"] == "-120.00"
    assert balances.get("grni", "0.00") == "0.00"
    assert "purchase_price_variance" not in balances
    await company.assert_sound()


async def test_a_price_difference_goes_to_the_variance_where_chosen(
    company: Company, buying: Buying
) -> None:
    """R-10: all to variance is a setting; the stock keeps the received value."""
    await buying.settings(VARIANCE)
    product_id = await company.product("B-3")
    receipt = await buying.receive((product_id, "10", "10.00"))
    await company.sell((product_id, "6"))
    bill = await buying.bill(receipt, ("10", "9.50"))
    assert bill["lines"][0]["difference"] == "-5.00"
    assert bill["lines"][0]["difference_in_stock"] == "0.00"
    balances = await company.balances()
    assert balances["purchase_price_variance"] == "-5.00"
    assert balances["stock"] == "40.00"
    assert balances["cost_of_goods_sold"] == "60.00"
    await company.assert_sound()


async def test_parts_of_a_receipt_add_up(company: Company, buying: Buying) -> None:
    """Semantics 1.6: 3 received for 10.00, billed one by one, leave nothing in GRNI."""
    product_id = await company.product("B-4")
    receipt = await buying.receive((product_id, "3", "3.333333"))
    assert receipt["value"] == "10.00"
    values = []
    for _ in range(3):
        bill = await buying.bill(receipt, ("1", "3.333333"))
        values.append(bill["lines"][0]["received_value"])
    assert values == ["3.33", "3.34", "3.33"]
    balances = await company.balances()
    assert balances.get("grni", "0.00") == "0.00"
    assert balances["payables"] == "-9.99"
    await company.assert_sound()


async def test_more_than_was_received_is_not_billed(company: Company, buying: Buying) -> None:
    """Semantics 7.2, each line by itself; nothing is posted."""
    first = await company.product("B-5")
    second = await company.product("B-6")
    receipt = await buying.receive((first, "10", "1.00"), (second, "5", "1.00"))
    await buying.bill(receipt, ("4", "1.00"))
    refused = await buying.bill(receipt, ("7", "1.00"), ("6", "1.00"), status=409)
    assert refused["code"] == "purchasing.over_billed"
    assert [each["pointer"] for each in refused["errors"]] == [
        "/lines/0/quantity",
        "/lines/1/quantity",
    ]
    assert "6" in refused["errors"][0]["message"]
    assert "5" in refused["errors"][1]["message"]
    twice = [
        {"receipt_id": receipt["id"], "receipt_line": 2, "quantity": "3", "unit_price": "1.00"}
    ] * 2
    refused = await buying.bill(receipt, lines=twice, status=409)
    assert [each["pointer"] for each in refused["errors"]] == ["/lines/1/quantity"]
    balances = await company.balances()
    assert balances["payables"] == "-4.00"
    assert balances["grni"] == "-11.00"
    await company.assert_sound()


async def test_bills_of_one_receipt_at_once(company: Company, buying: Buying) -> None:
    """Twelve bills race for five pieces: exactly five are booked."""
    product_id = await company.product("B-7")
    receipt = await buying.receive((product_id, "5", "2.00"))
    answers = await asyncio.gather(
        *(buying.post_bill(receipt, ("1", "2.50"), supplier_number=f"R{n}") for n in range(12))
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] * 5 + [409] * 7
    refused = [each.json()["code"] for each in answers if each.status_code == 409]
    assert set(refused) == {"purchasing.over_billed"}
    balances = await company.balances()
    assert balances["payables"] == "-12.50"
    assert balances["stock"] == "12.50"
    await company.assert_sound()


async def test_the_same_supplier_number_twice(company: Company, buying: Buying) -> None:
    """Semantics 7.4; another supplier may use the number."""
    product_id = await company.product("B-8")
    receipt = await buying.receive((product_id, "5", "2.00"))
    await buying.bill(receipt, ("1", "2.00"), supplier_number="INV-7")
    refused = await buying.bill(receipt, ("1", "2.00"), supplier_number="INV-7", status=409)
    assert refused["code"] == "purchasing.supplier_number_taken"
    assert refused["errors"][0]["pointer"] == "/supplier_number"
    other = await company.contact("Other supplier", "supplier")
    theirs = await buying.receive((product_id, "5", "2.00"), supplier_id=other)
    body: dict[str, Any] = {"supplier_number": "INV-7", "supplier_id": other}
    assert (await buying.bill(theirs, ("1", "2.00"), **body))["supplier_number"] == "INV-7"
    answers = await asyncio.gather(
        *(buying.post_bill(receipt, ("1", "2.00"), supplier_number="INV-8") for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    await company.assert_sound()


async def test_references_of_a_bill(company: Company, buying: Buying) -> None:
    """A receipt of the same supplier, a line that exists, a supplier that is one."""
    product_id = await company.product("B-9")
    receipt = await buying.receive((product_id, "5", "2.00"))
    other = await company.contact("Second supplier", "supplier")
    refused = await buying.bill(receipt, ("1", "2.00"), supplier_id=other, status=422)
    assert refused["code"] == "purchasing.other_supplier"
    line = {"receipt_id": receipt["id"], "receipt_line": 2, "quantity": "1", "unit_price": "1"}
    refused = await buying.bill(receipt, lines=[line], status=422)
    assert refused["code"] == "common.reference_not_found"
    assert refused["errors"][0]["pointer"] == "/lines/0/receipt_line"
    missing = {**line, "receipt_id": "rcp_01JZ8B6Q0G3V5W7X9YABCDEFGH"}
    refused = await buying.bill(receipt, lines=[missing], status=422)
    assert refused["errors"][0]["pointer"] == "/lines/0/receipt_id"
    half = {**line, "receipt_line": 1, "quantity": "0.5"}
    refused = await buying.bill(receipt, lines=[half], status=422)
    assert refused["code"] == "catalog.quantity_step"
    customer = await company.contact("Customer")
    refused = await buying.bill(receipt, ("1", "2.00"), supplier_id=customer, status=422)
    assert refused["code"] == "catalog.contact_role_missing"
    refused = await buying.bill(receipt, ("1", "2.00"), due_on="2026-02-30", status=422)
    assert refused["errors"][0]["pointer"] == "/due_on"
    assert await company.get("/bills") == {"data": [], "next_cursor": None, "has_more": False}


async def test_a_bill_is_repeated_and_found(company: Company, buying: Buying) -> None:
    """A client-made id: the same again answers 200, other content is refused."""
    product_id = await company.product("B-10")
    receipt = await buying.receive((product_id, "5", "2.00"))
    members: dict[str, Any] = {
        "id": "bil_01JZ8B6Q0G3V5W7X9YABCDEFGH",
        "external_ref": "their bill",
        "supplier_number": "77",
        "effective_at": "2021-03-31T12:00:00Z",
    }
    bill = await buying.bill(receipt, ("2", "2.00"), **members)
    assert await buying.bill(receipt, ("2", "2.00"), status=200, **members) == bill
    refused = await buying.bill(receipt, ("1", "2.00"), status=409, **members)
    assert refused["code"] == "common.id_taken"
    later = {**members, "effective_at": "2021-03-31T12:00:01Z"}
    assert (await buying.bill(receipt, ("2", "2.00"), status=409, **later))["code"] == (
        "common.id_taken"
    )
    again = {"external_ref": "their bill", "supplier_number": "78"}
    refused = await buying.bill(receipt, ("1", "2.00"), status=409, **again)
    assert refused["code"] == "common.external_ref_taken"
    filters: list[dict[str, Any]] = [
        {"external_ref": "their bill"},
        {"supplier_number": "77"},
        {"supplier_id": buying.supplier_id},
        {"effective_from": "2021-03-31", "effective_to": "2021-03-31"},
    ]
    for found in filters:
        data = (await company.get("/bills", **found))["data"]
        assert [each["id"] for each in data] == [bill["id"]]
        assert "lines" not in data[0]
    assert (await company.get("/bills", effective_from="2021-04-01"))["data"] == []


async def test_tax_that_is_not_recovered_joins_the_cost(company: Company, buying: Buying) -> None:
    """Semantics 3.2.4: half of the tax is claimed back, the other half raises the stock value."""
    components = [
        {"name": "Claimed", "kind": "percent", "rate": "10"},
        {"name": "Kept", "kind": "percent", "rate": "10", "recoverable": False},
    ]
    tax = await company.post(
        "/taxes", {"code": "HALF", "name": "Half recovered", "components": components}
    )
    product_id = await company.product("B-11", purchase_tax_id=tax["id"])
    receipt = await buying.receive((product_id, "4", "25.00"))
    await company.sell((product_id, "1"))
    bill = await buying.bill(receipt, ("4", "25.00"))
    assert (bill["total"], bill["tax"]) == ("120.00", "20.00")
    assert bill["lines"][0]["difference"] == "10.00"
    balances = await company.balances()
    assert balances["input_tax"] == "10.00"
    assert balances["stock"] == "82.50"
    assert balances["cost_of_goods_sold"] == "27.50"
    assert balances["payables"] == "-120.00"
    await company.assert_sound()


async def test_a_stated_tax_goes_before_the_product(company: Company, buying: Buying) -> None:
    """A null tax means none; a price that includes its tax keeps its total."""
    tax_id = await company.first("/taxes", code="VAT20")
    inside = await company.post(
        "/taxes",
        {
            "code": "IN20",
            "name": "20 % inside",
            "included": True,
            "components": [{"name": "VAT", "kind": "percent", "rate": "20"}],
        },
    )
    product_id = await company.product("B-12", purchase_tax_id=tax_id)
    receipt = await buying.receive((product_id, "10", "10.00"))
    without = await buying.bill(receipt, ("1", "10.00"), tax_id=None)
    assert (without["tax"], without["taxes"]) == ("0.00", [])
    included = await buying.bill(receipt, ("1", "12.00"), tax_id=inside["id"])
    assert (included["net"], included["tax"], included["total"]) == ("10.00", "2.00", "12.00")
    assert included["lines"][0]["difference"] == "0.00"
    foreign = "tax_01JZ8B6Q0G3V5W7X9YABCDEFGH"
    refused = await buying.bill(receipt, ("1", "12.00"), tax_id=foreign, status=422)
    assert refused["errors"][0]["pointer"] == "/lines/0/tax_id"
    await company.assert_sound()


async def test_a_bill_dated_before_a_later_cost_is_refused_only_if_it_changes_it(
    company: Company, buying: Buying
) -> None:
    """R-01: without a difference no pool is touched, so the day does not matter to it."""
    product_id = await company.product("B-13")
    receipt = await buying.receive((product_id, "10", "10.00"), effective_at="2021-03-01T09:00:00Z")
    await company.sell((product_id, "1"), effective_at="2021-03-05T09:00:00Z")
    early: dict[str, Any] = {"effective_at": "2021-03-02T09:00:00Z"}
    refused = await buying.bill(receipt, ("5", "11.00"), status=409, **early)
    assert refused["code"] == "inventory.backdated"
    await buying.bill(receipt, ("5", "10.00"), **early)
    await company.assert_sound()


async def test_a_free_bill_leaves_nothing_open(company: Company, buying: Buying) -> None:
    """A sample: nothing is owed, and its received value leaves the stock again."""
    product_id = await company.product("B-14")
    receipt = await buying.receive((product_id, "2", "5.00"))
    bill = await buying.bill(receipt, ("2", "0"))
    assert bill["total"] == "0.00"
    assert bill["lines"][0]["difference"] == "-10.00"
    items = await company.get("/open-items", contact_id=buying.supplier_id, side="payable")
    assert items["data"] == []
    balances = await company.balances()
    assert {balances.get(role, "0.00") for role in ("stock", "grni", "payables")} == {"0.00"}
    await company.assert_sound()


async def test_a_trial_keeps_nothing(company: Company, buying: Buying) -> None:
    """dry_run answers as the bill would and books nothing."""
    product_id = await company.product("B-15")
    receipt = await buying.receive((product_id, "2", "5.00"))
    answer = await buying.post_bill(receipt, ("2", "6.00"), query="?dry_run=true")
    assert answer.status_code == 201
    assert answer.json()["lines"][0]["difference_in_stock"] == "2.00"
    assert (await company.get("/bills"))["data"] == []
    assert (await company.balances())["grni"] == "-10.00"
