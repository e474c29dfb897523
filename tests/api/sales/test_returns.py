"""POST /returns over HTTP, on both databases."""

import asyncio
from typing import Any

from tests.support.company import Company


async def test_goods_come_back_at_price_tax_and_cost_of_the_sale(company: Company) -> None:
    """Complaint 6, S1-34: the cost changed since the sale; the return does not see it."""
    tax_id = await company.first("/taxes", code="VAT20")
    product_id = await company.product("R-1", price="10.00", tax_id=tax_id)
    await company.open_stock("2", "4.00", product_id)
    sale = await company.sell((product_id, "2"))
    await company.open_stock("2", "9.00", product_id)
    line = {"sale_id": sale["id"], "sale_line": 1, "quantity": "1"}
    back = await company.take_back(line)
    assert (back["net"], back["tax"], back["total"]) == ("10.00", "2.00", "12.00")
    assert back["lines"][0]["cost"] == "4.00"
    assert back["lines"][0]["sale_line"] == 1
    shown = await company.get(f"/sales/{sale['id']}")
    assert shown["lines"][0]["returned_quantity"] == "1"
    assert await company.get(f"/returns/{back['id']}") == back
    assert await company.balances() == {
        "cash": "12.00",
        "stock": "22.00",
        "output_tax": "-2.00",
        "sales": "-20.00",
        "sales_returns": "10.00",
        "cost_of_goods_sold": "4.00",
        "opening_balances": "-26.00",
    }
    await company.assert_sound()


async def test_more_than_was_sold_does_not_come_back(company: Company) -> None:
    """Over-return is refused, also over two lines of one return and over several returns."""
    product_id = await company.product("R-2")
    await company.open_stock("9", "1.00", product_id)
    sale = await company.sell((product_id, "3"))
    line = {"sale_id": sale["id"], "sale_line": 1, "quantity": "2"}
    refused = await company.take_back(line, line, status=409)
    assert refused["code"] == "sales.over_return"
    assert refused["errors"][0]["pointer"] == "/lines/1/quantity"
    await company.take_back(line)
    assert (await company.take_back(line, status=409))["code"] == "sales.over_return"
    await company.take_back({**line, "quantity": "1"})
    await company.assert_sound()


async def test_two_returns_of_one_line_at_once(company: Company) -> None:
    """A return raced against a return of the same line: exactly what was sold comes back."""
    product_id = await company.product("R-3")
    await company.open_stock("5", "1.00", product_id)
    sale = await company.sell((product_id, "5"))
    body = {
        "location_id": await company.location(),
        "lines": [{"sale_id": sale["id"], "sale_line": 1, "quantity": "1"}],
        "refund": {"method": "cash"},
    }
    answers = await asyncio.gather(
        *(
            company.client.post(
                "/api/v1/returns", json=body, headers={"Idempotency-Key": f"back-{n}"}
            )
            for n in range(12)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 7
    await company.assert_sound()


async def test_partial_returns_add_up_to_the_sale(company: Company) -> None:
    """Semantics 1.6: 3 at 10.00 with tax, returned one by one, gives back every penny."""
    tax_id = await company.first("/taxes", code="VAT20")
    product_id = await company.product("R-4", price="3.3333", tax_id=tax_id)
    await company.open_stock("3", "3.3333", product_id)
    sale = await company.sell((product_id, "3"))
    totals = []
    for _ in range(3):
        back = await company.take_back({"sale_id": sale["id"], "sale_line": 1, "quantity": "1"})
        totals.append(round(float(back["total"]) * 100))
    assert sum(totals) == round(float(sale["total"]) * 100)
    balances = await company.balances()
    assert "cash" not in balances or balances["cash"] == "0.00"
    assert balances["stock"] == "10.00"
    await company.assert_sound()


async def test_on_account_becomes_credit_and_settles_the_oldest(company: Company) -> None:
    product_id = await company.product("R-5", price="5.00")
    await company.open_stock("9", "1.00", product_id)
    customer_id = await company.contact("Customer")
    account: Any = {"customer_id": customer_id, "tenders": [{"method": "on_account"}]}
    sale = await company.sell((product_id, "2"), **account)
    line = {"sale_id": sale["id"], "sale_line": 1, "quantity": "1"}
    refund: Any = {"refund": {"method": "on_account"}, "allocate": "oldest"}
    await company.take_back(line, customer_id=customer_id, **refund)
    items = await company.get("/open-items", contact_id=customer_id, side="receivable")
    assert [(item["document_id"], item["open"]) for item in items["data"]] == [(sale["id"], "5.00")]
    other = await company.contact("Other")
    refused = await company.take_back(line, customer_id=other, status=422)
    assert refused["code"] == "sales.return_of_other_customer"
    await company.assert_sound()


async def test_a_return_without_a_sale_states_its_price(company: Company) -> None:
    """R-13: it re-enters at the current unit cost, else the last known, else the stated one."""
    product_id = await company.product("R-6")
    line = {"product_id": product_id, "quantity": "1", "unit_price": "2.00"}
    refused = await company.take_back(line, status=422)
    assert refused["code"] == "inventory.unit_cost_needed"
    back = await company.take_back({**line, "unit_cost": "0.70"})
    assert back["lines"][0]["cost"] == "0.70"
    await company.sell((product_id, "1"))
    back = await company.take_back({**line, "unit_cost": "9.99"})
    assert back["lines"][0]["cost"] == "0.70"
    mixed = {**line, "sale_id": back["id"]}
    assert (await company.take_back(mixed, status=422))["status"] == 422
    await company.assert_sound()


async def test_fifo_goods_return_at_their_own_layers(company: Company) -> None:
    """[T] odoo PR 259630: 10, 20, 60 sold singly; the second comes back at 20."""
    product_id = await company.product("R-7", costing="fifo", price="100")
    for cost in ("10.00", "20.00", "60.00"):
        await company.open_stock("1", cost, product_id)
    sales = [await company.sell((product_id, "1")) for _ in range(3)]
    assert [sale["lines"][0]["cost"] for sale in sales] == ["10.00", "20.00", "60.00"]
    back = await company.take_back({"sale_id": sales[1]["id"], "sale_line": 1, "quantity": "1"})
    assert back["lines"][0]["cost"] == "20.00"
    await company.assert_sound()
