"""POST /sales over HTTP, on both databases: figures, books, refusals, repeats."""

import asyncio
import uuid
from typing import Any

import pytest

from tests.support.company import Company, register_company


async def goods(company: Company, quantity: str = "10", cost: str = "1.00", **members: Any) -> str:
    product_id = await company.product(f"SKU-{uuid.uuid4().hex[:8]}", **members)
    await company.open_stock(quantity, cost, product_id)
    return product_id


async def test_a_cash_sale_moves_stock_cost_tax_and_money_at_once(company: Company) -> None:
    """S1-33: 3 x 2.50 less 10 % at 20 % on top: 6.75 + 1.35 = 8.10; cost 3 of 10 worth 10.00."""
    tax_id = await company.first("/taxes", code="VAT20")
    product_id = await goods(company, price="2.50", tax_id=tax_id)
    line = {"product_id": product_id, "quantity": "3", "discount_percent": "10"}
    tenders = [{"method": "cash", "amount": "10.00"}]
    sale = await company.sell(lines=[line], tenders=tenders, external_ref="T-1")
    figures = ("6.75", "1.35", "8.10", "1.90")
    assert (sale["net"], sale["tax"], sale["total"], sale["change"]) == figures
    assert sale["tenders"] == [{"method": "cash", "amount": "8.10"}]
    assert sale["taxes"] == [{"tax_id": tax_id, "base": "6.75", "amount": "1.35"}]
    [sold] = sale["lines"]
    assert (sold["discount"], sold["cost"], sold["returned_quantity"]) == ("0.75", "3.00", "0")
    assert sale["number"].startswith("SAL/")
    assert await company.get(f"/sales/{sale['id']}") == sale
    assert await company.balances() == {
        "cash": "8.10",
        "stock": "7.00",
        "output_tax": "-1.35",
        "sales": "-6.75",
        "cost_of_goods_sold": "3.00",
        "opening_balances": "-10.00",
    }
    levels = await company.get("/stock-levels", product_id=product_id)
    assert [level["on_hand"] for level in levels["data"]] == ["7"]
    listed = await company.get("/sales", external_ref="T-1")
    assert [each["id"] for each in listed["data"]] == [sale["id"]]
    await company.assert_sound()


async def test_a_repeat_answers_the_same_and_does_nothing(company: Company) -> None:
    """ID-01, ID-02: same key and body replays byte for byte; another body is refused."""
    product_id = await goods(company)
    body = await company.sale((product_id, "1"))
    headers = {"Idempotency-Key": "till-1-0001"}
    first = await company.client.post("/api/v1/sales", json=body, headers=headers)
    again = await company.client.post("/api/v1/sales", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    other = {**body, "lines": [{"product_id": product_id, "quantity": "2"}]}
    refused = await company.client.post("/api/v1/sales", json=other, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["code"] == "common.idempotency_key_reused"
    assert len((await company.get("/sales"))["data"]) == 1


async def test_a_refusal_does_not_burn_the_key(company: Company) -> None:
    """ID-05: the same key serves once the reason of the refusal is gone."""
    product_id = await goods(company, quantity="1")
    body = await company.sale((product_id, "2"))
    refused = await company.post("/sales", body, key="k-1", status=409)
    assert refused["code"] == "inventory.insufficient_stock"
    await company.open_stock("1", "1.00", product_id)
    await company.post("/sales", body, key="k-1")


async def test_the_same_command_64_times_in_parallel_sells_once(company: Company) -> None:
    """Complaint 1, G-11: one effect, 64 identical answers."""
    product_id = await goods(company)
    body = await company.sale((product_id, "1"))
    headers = {"Idempotency-Key": "one-sale"}
    answers = await asyncio.gather(
        *(company.client.post("/api/v1/sales", json=body, headers=headers) for _ in range(64))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len((await company.get("/sales"))["data"]) == 1
    await company.assert_sound()


async def test_stock_of_5_and_20_buyers_sells_5(company: Company) -> None:
    """Complaint 3, S1-34: the last unit is sold once; every refusal names the shortage."""
    product_id = await goods(company, quantity="5")
    body = await company.sale((product_id, "1"))
    answers = await asyncio.gather(
        *(
            company.client.post(
                "/api/v1/sales", json=body, headers={"Idempotency-Key": f"buyer-{n}"}
            )
            for n in range(20)
        )
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * 5 + [409] * 15
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes == {"inventory.insufficient_stock"}
    numbers = sorted(sale["number"][-6:] for sale in (await company.get("/sales"))["data"])
    assert numbers == ["000001", "000002", "000003", "000004", "000005"]
    await company.assert_sound()


async def test_lines_that_share_an_item_are_refused_together(company: Company) -> None:
    """Complaint 2: stock 5, lines 3 + 3: both lines are named, nothing moves."""
    product_id = await goods(company, quantity="5")
    refused = await company.sell((product_id, "3"), (product_id, "3"), status=409)
    assert [error["pointer"] for error in refused["errors"]] == [
        "/lines/0/quantity",
        "/lines/1/quantity",
    ]
    assert (await company.get("/sales"))["data"] == []
    assert (await company.balances())["stock"] == "5.00"


async def test_on_account_owes_and_a_payment_settles(company: Company) -> None:
    """A sale on account is an open item of its customer until it is paid."""
    product_id = await goods(company, price="4.00")
    customer_id = await company.contact("Customer")
    sale = await company.sell(
        (product_id, "2"), customer_id=customer_id, tenders=[{"method": "on_account"}]
    )
    items = await company.get("/open-items", contact_id=customer_id, side="receivable")
    assert [(item["document_id"], item["open"]) for item in items["data"]] == [(sale["id"], "8.00")]
    paid = {"direction": "in", "contact_id": customer_id, "method": "bank", "amount": "8.00"}
    await company.post("/payments", {**paid, "allocate": "oldest"})
    items = await company.get("/open-items", contact_id=customer_id, side="receivable")
    assert items["data"] == []
    assert (await company.balances())["bank"] == "8.00"
    await company.assert_sound()


@pytest.mark.parametrize(
    ("tenders", "code"),
    [
        ([{"method": "cash", "amount": "2.54"}], "sales.tender_mismatch"),
        ([{"method": "card", "amount": "2.56"}], "sales.change_without_cash"),
        ([{"method": "on_account"}], "sales.customer_needed"),
        ([{"method": "cash"}, {"method": "card"}], "sales.tender_mismatch"),
        ([], "sales.tender_mismatch"),
        ([{"method": "cash", "amount": "2.555"}], "common.invalid_value"),
    ],
)
async def test_tenders_that_do_not_fit_are_refused(
    company: Company, tenders: list[Any], code: str
) -> None:
    product_id = await goods(company)
    refused = await company.sell((product_id, "1"), tenders=tenders, status=422)
    assert refused["code"] == code
    assert (await company.balances())["stock"] == "10.00"


async def test_a_sale_at_nothing_posts_only_its_cost(company: Company) -> None:
    """A give-away has no revenue and no tender, and its goods still leave at cost."""
    product_id = await goods(company, price="0")
    sale = await company.sell((product_id, "1"), tenders=[])
    assert (sale["total"], sale["tenders"]) == ("0.00", [])
    assert await company.balances() == {
        "stock": "9.00",
        "cost_of_goods_sold": "1.00",
        "opening_balances": "-10.00",
    }


async def test_a_dry_run_shows_the_effect_and_keeps_nothing(company: Company) -> None:
    product_id = await goods(company)
    before = await company.balances()
    tried = await company.sell((product_id, "4"))
    body = await company.sale((product_id, "4"))
    for place, said in enumerate(("true", "1", "True", "on", "yes")):  # all that pydantic reads so
        headers = {"Idempotency-Key": f"trial-{place}"}
        dry = await company.client.post(f"/api/v1/sales?dry_run={said}", json=body, headers=headers)
        assert dry.status_code == 201
        assert dry.json()["total"] == tried["total"]
        missing = await company.get(f"/sales/{dry.json()['id']}", status=404)
        assert missing["code"] == "common.not_found"
    assert len((await company.get("/sales"))["data"]) == 1
    assert before["stock"] == "10.00"


async def test_money_moves_need_a_key(company: Company) -> None:
    """ID-07: without an idempotency key nothing happens."""
    product_id = await goods(company)
    body = await company.sale((product_id, "1"))
    answer = await company.client.post("/api/v1/sales", json=body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "common.idempotency_key_missing"


async def test_an_external_ref_is_unique_and_an_id_is_answered_again(company: Company) -> None:
    """R-14: the reference is unique for ever; the same client-made id answers what is there."""
    product_id = await goods(company)
    made = await company.sell((product_id, "1"), external_ref="INV-1")
    refused = await company.sell((product_id, "1"), external_ref="INV-1", status=409)
    assert refused["code"] == "common.external_ref_taken"
    own = "sal_01JZ8B6Q0G3V5W7X9YABCDEFGH"
    first = await company.sell((product_id, "1"), id=own)
    again = await company.sell((product_id, "1"), id=own, status=200)
    assert again == first
    other = await company.sell((product_id, "2"), id=own, status=409)
    assert other["code"] == "common.id_taken"
    assert made["id"] != own


async def test_a_batch_answers_each_item_in_order(company: Company) -> None:
    """AC-08, R-15: per item 207, each with its own key; atomic all or none."""
    product_id = await goods(company, quantity="3")

    async def item(key: str, quantity: str) -> dict[str, Any]:
        return {"idempotency_key": key, **await company.sale((product_id, quantity))}

    items = [await item(*each) for each in (("a", "1"), ("b", "9"), ("c", "1"))]
    refused = await company.post("/sales/batch", {"atomic": True, "items": items}, status=409)
    assert refused["errors"][0]["pointer"] == "/items/1/lines/0/quantity"
    assert (await company.get("/sales"))["data"] == []
    answer = await company.post("/sales/batch", {"atomic": False, "items": items}, status=207)
    assert [each["status"] for each in answer["items"]] == [201, 409, 201]
    again = await company.post("/sales/batch", {"atomic": False, "items": items}, status=207)
    assert [each["replayed"] for each in again["items"]] == [True, False, True]
    assert again["items"][0]["body"] == answer["items"][0]["body"]
    alone = {name: value for name, value in items[0].items() if name != "idempotency_key"}
    replayed = await company.post("/sales", alone, key="a")
    assert replayed == answer["items"][0]["body"]
    assert len((await company.get("/sales"))["data"]) == 2
    await company.assert_sound()


async def test_another_tenants_ids_do_not_exist(company: Company, application: Any) -> None:
    """TE-04, TE-05: foreign ids in path and body look like missing ones, byte for byte."""
    product_id = await goods(company)
    sale = await company.sell((product_id, "1"))
    async with register_company(application) as other:
        missing = "sal_01JZ8B6Q0G3V5W7X9YABCDEFGH"
        answers = []
        for id_ in (sale["id"], missing):
            answer = await other.client.get(
                f"/api/v1/sales/{id_}", headers={"X-Request-ID": "same-request"}
            )
            answers.append(answer.json() | {"instance": "", "trace_id": ""})
        assert answers[0] == answers[1]
        assert answers[0]["status"] == 404
        body = await other.sale((product_id, "1"))
        refused = await other.post("/sales", body, status=422)
        assert refused["code"] == "common.reference_not_found"
        assert refused["errors"][0]["pointer"] == "/lines/0/product_id"
        assert (await other.get("/products"))["data"] == []


async def test_a_closed_month_takes_no_sale(company: Company) -> None:
    product_id = await goods(company)
    early = "2020-01-15T12:00:00Z"
    other = await company.product("EARLY")
    body = {"location_id": await company.location(), "reason": "opening", "effective_at": early}
    line = {"product_id": other, "quantity": "5", "unit_cost": "1.00"}
    await company.post("/adjustments", {**body, "lines": [line]})
    await company.post("/periods/2020-01/close", {}, status=200)
    refused = await company.sell((other, "1"), effective_at=early, status=409)
    assert refused["code"] == "accounting.period_closed"
    refused = await company.sell((product_id, "1"), effective_at=early, status=409)
    assert refused["code"] == "accounting.period_closed"
    await company.post("/periods/2020-01/reopen", {"reason": "a late slip"}, status=200)
    await company.sell((other, "1"), effective_at=early)
    await company.assert_sound()


async def test_goods_leave_after_they_came(company: Company) -> None:
    """R-01: a day before the latest costed day of the pool is refused."""
    product_id = await goods(company)
    refused = await company.sell((product_id, "1"), effective_at="2020-01-01T00:00:00Z", status=409)
    assert refused["code"] == "inventory.backdated"


async def test_an_inactive_product_is_not_sold(company: Company) -> None:
    product_id = await goods(company)
    await company.client.post(
        f"/api/v1/products/{product_id}/deactivate", headers={"If-Match": '"1"'}
    )
    refused = await company.sell((product_id, "1"), status=409)
    assert refused["code"] == "catalog.product_inactive"
    refused = await company.sell((product_id, "0.5"), status=409)
    assert refused["code"] == "catalog.product_inactive"
