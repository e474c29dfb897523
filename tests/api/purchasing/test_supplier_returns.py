"""POST /supplier-returns over HTTP, on both databases."""

import asyncio
from typing import Any

import pytest

from tests.support.company import Company
from tests.support.purchasing import Buying


async def test_goods_leave_at_the_average_and_claim_the_receipt(
    company: Company, buying: Buying
) -> None:
    """[T] erpnext#15148: 10 at 100 and 5 at 110; 5 of the first go back before any bill."""
    product_id = await company.product("S-1")
    receipt = await buying.receive((product_id, "10", "100.00"))
    await buying.receive((product_id, "5", "110.00"))
    back = await buying.send_back(receipt, (1, "5"), external_ref="RMA 1")
    assert back["number"].startswith("SRT/")
    assert (back["value"], back["received_value"], back["credit"]) == ("516.67", "500.00", "0.00")
    (line,) = back["lines"]
    assert line == {
        "line": 1,
        "receipt_line": 1,
        "product_id": product_id,
        "quantity": "5",
        "value": "516.67",
        "received_value": "500.00",
        "net": "0.00",
        "tax": "0.00",
        "variance": "16.67",
    }
    assert await company.get(f"/supplier-returns/{back['id']}") == back
    shown = await company.get(f"/receipts/{receipt['id']}")
    assert shown["lines"][0]["returned_quantity"] == "5"
    assert await company.balances() == {
        "stock": "1033.33",
        "grni": "-1050.00",
        "purchase_price_variance": "16.67",
    }
    for found in (
        {"external_ref": "RMA 1"},
        {"receipt_id": receipt["id"]},
        {"supplier_id": buying.supplier_id},
        {"effective_from": back["effective_on"], "effective_to": back["effective_on"]},
    ):
        data = (await company.get("/supplier-returns", **found))["data"]
        assert [each["id"] for each in data] == [back["id"]]
    refused = await buying.bill(receipt, ("6", "100.00"), status=409)
    assert refused["code"] == "purchasing.over_billed"
    await buying.bill(receipt, ("5", "100.00"))
    assert (await company.balances())["grni"] == "-550.00"
    await company.assert_sound()


async def test_billed_goods_are_credited_at_their_bill(company: Company, buying: Buying) -> None:
    """[T] odoo PR 265799: 35 at 20, billed at 15, 20 go back: the cost stays 15."""
    tax_id = await company.first("/taxes", code="VAT20")
    product_id = await company.product("S-2", purchase_tax_id=tax_id)
    receipt = await buying.receive((product_id, "35", "20.00"))
    await buying.bill(receipt, ("35", "15.00"))
    assert (await company.balances())["stock"] == "525.00"
    back = await buying.send_back(receipt, (1, "20"))
    assert (back["value"], back["received_value"], back["credit"]) == ("300.00", "0.00", "360.00")
    line = back["lines"][0]
    assert (line["net"], line["tax"], line["variance"]) == ("300.00", "60.00", "0.00")
    balances = await company.balances()
    assert balances["stock"] == "225.00"  # 15 at 15.00
    assert balances["payables"] == "-270.00"
    assert balances["input_tax"] == "45.00"
    assert {balances.get(role, "0.00") for role in ("grni", "purchase_price_variance")} == {"0.00"}
    items = await company.get("/open-items", contact_id=buying.supplier_id, side="payable")
    assert sorted(item["open"] for item in items["data"]) == ["-360.00", "630.00"]
    await company.assert_sound()


async def test_what_was_not_billed_goes_back_first(company: Company, buying: Buying) -> None:
    """10 received, 4 billed at 11 and 2 at 12: of 7 back, 4 were unbilled, 3 are the oldest bill's.

    The next 3 are the last of the first bill and both of the second. Nothing is left anywhere.
    """
    await buying.settings({"price_difference_policy": "variance"})
    tax_id = await company.first("/taxes", code="VAT20")
    product_id = await company.product("S-3", purchase_tax_id=tax_id)
    receipt = await buying.receive((product_id, "10", "10.00"))
    await buying.bill(receipt, ("4", "11.00"))
    await buying.bill(receipt, ("2", "12.00"))
    back = await buying.send_back(receipt, (1, "7"))
    line = back["lines"][0]
    assert (line["received_value"], line["net"], line["tax"]) == ("40.00", "33.00", "6.60")
    assert (line["value"], line["variance"]) == ("70.00", "-3.00")
    refused = await buying.send_back(receipt, (1, "4"), status=409)
    assert refused["code"] == "purchasing.over_returned"
    assert "3" in refused["errors"][0]["message"]
    line = (await buying.send_back(receipt, (1, "3")))["lines"][0]
    assert (line["received_value"], line["net"], line["tax"]) == ("0.00", "35.00", "7.00")
    assert (line["value"], line["variance"]) == ("30.00", "-5.00")
    balances = await company.balances()
    roles = ("stock", "grni", "payables", "input_tax", "purchase_price_variance")
    assert {role: balances.get(role, "0.00") for role in roles} == dict.fromkeys(roles, "0.00")
    await company.assert_sound()


@pytest.mark.parametrize("policy", ["split", "variance"])
async def test_tax_that_was_not_recovered_is_claimed_back(
    company: Company, buying: Buying, policy: str
) -> None:
    """The kept half of the tax was part of the cost; a full return leaves no balance at all."""
    await buying.settings({"price_difference_policy": policy})
    components = [
        {"name": "Claimed", "kind": "percent", "rate": "7"},
        {"name": "Kept", "kind": "percent", "rate": "3", "recoverable": False},
    ]
    tax = await company.post("/taxes", {"code": "PART", "name": "Part", "components": components})
    product_id = await company.product("S-4", costing="fifo", purchase_tax_id=tax["id"])
    receipt = await buying.receive((product_id, "3", "3.333333"))
    await buying.bill(receipt, ("3", "3.333333"))
    for _ in range(3):
        await buying.send_back(receipt, (1, "1"))
    balances = await company.balances()
    assert set(balances.values()) <= {"0.00"}
    await company.assert_sound()


async def test_fifo_goods_leave_their_own_layer(company: Company, buying: Buying) -> None:
    """Semantics 2.3.4: the goods of that receipt leave if still there, else the oldest."""
    product_id = await company.product("S-5", costing="fifo")
    await buying.receive((product_id, "5", "10.00"))
    receipt = await buying.receive((product_id, "5", "12.00"))
    back = await buying.send_back(receipt, (1, "2"))
    assert (back["value"], back["lines"][0]["variance"]) == ("24.00", "0.00")
    await company.sell((product_id, "7"))  # 5 at 10 and 2 at 12; one at 12 is left
    await buying.receive((product_id, "1", "9.00"))
    back = await buying.send_back(receipt, (1, "2"))
    assert (back["value"], back["received_value"]) == ("21.00", "24.00")
    assert back["lines"][0]["variance"] == "-3.00"
    await company.assert_sound()


async def test_returns_that_are_refused(company: Company, buying: Buying) -> None:
    """Goods that were sold, lines that do not exist, a receipt that does not."""
    first, second = await company.product("S-6"), await company.product("S-7")
    receipt = await buying.receive((first, "5", "1.00"), (second, "5", "1.00"))
    await company.sell((first, "4"), (second, "4"))
    refused = await buying.send_back(receipt, (1, "2"), (2, "3"), status=409)
    assert refused["code"] == "inventory.insufficient_stock"
    assert [each["pointer"] for each in refused["errors"]] == [
        "/lines/0/quantity",
        "/lines/1/quantity",
    ]
    refused = await buying.send_back(receipt, (3, "1"), status=422)
    assert refused["errors"][0]["pointer"] == "/lines/0/receipt_line"
    refused = await buying.send_back(receipt, (1, "0.5"), status=422)
    assert refused["code"] == "catalog.quantity_step"
    missing = {"id": "rcp_01JZ8B6Q0G3V5W7X9YABCDEFGH"}
    refused = await buying.send_back(missing, (1, "1"), status=422)
    assert refused["code"] == "common.reference_not_found"
    assert refused["errors"][0]["pointer"] == "/receipt_id"
    await company.get("/supplier-returns/srt_01JZ8B6Q0G3V5W7X9YABCDEFGH", status=404)
    await company.assert_sound()


async def test_a_return_is_posted_once(company: Company, buying: Buying) -> None:
    """By client-made id and by external reference; four at once of the last piece: one."""
    product_id = await company.product("S-8")
    receipt = await buying.receive((product_id, "3", "1.00"))
    members: dict[str, Any] = {"id": "srt_01JZ8B6Q0G3V5W7X9YABCDEFGH", "external_ref": "RMA-7"}
    back = await buying.send_back(receipt, (1, "2"), **members)
    assert await buying.send_back(receipt, (1, "2"), status=200, **members) == back
    refused = await buying.send_back(receipt, (1, "1"), status=409, **members)
    assert refused["code"] == "common.id_taken"
    refused = await buying.send_back(receipt, (1, "1"), status=409, external_ref="RMA-7")
    assert refused["code"] == "common.external_ref_taken"
    answers = await asyncio.gather(*(buying.post_return(receipt, (1, "1")) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {each.json().get("code") for each in answers if each.status_code == 409} == {
        "purchasing.over_returned"
    }
    await company.assert_sound()


async def test_a_bill_and_a_return_of_the_same_goods_at_once(
    company: Company, buying: Buying
) -> None:
    """Either the bill finds them gone, or the return credits what was billed; nothing is lost."""
    for number in range(4):
        product_id = await company.product(f"S-9-{number}")
        receipt = await buying.receive((product_id, "2", "3.00"))
        back, bill = await asyncio.gather(
            buying.post_return(receipt, (1, "2")), buying.post_bill(receipt, ("2", "3.50"))
        )
        assert back.status_code == 201
        assert bill.status_code in {201, 409}
        assert back.json()["credit"] == ("7.00" if bill.status_code == 201 else "0.00")
    balances = await company.balances()
    assert {balances.get(role, "0.00") for role in ("stock", "grni", "payables")} == {"0.00"}
    await company.assert_sound()
