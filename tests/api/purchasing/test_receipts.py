"""POST /receipts over HTTP, on both databases."""

import uuid
from typing import Any

from tests.support.company import Company
from tests.support.purchasing import Buying

RECEIPT_ID = "rcp_01JZ8B6Q0G3V5W7X9YABCDEFGH"


async def test_goods_come_in_at_their_cost(company: Company, buying: Buying) -> None:
    """Semantics 3.2.1: stock against goods received not invoiced; each line rounded once."""
    first = await company.product("P-1")
    second = await company.product("P-2", costing="fifo")
    receipt = await buying.receive(
        (first, "3", "0.333333"), (second, "7", "1.255"), (first, "2", "0"), external_ref="DN 1"
    )
    assert receipt["number"].startswith("RCP/")
    assert receipt["number"].endswith("/MAIN/000001")
    assert receipt["status"] == "posted"
    assert receipt["currency"] == "GBP"
    assert receipt["value"] == "9.79"
    assert [(line["line"], line["quantity"], line["value"]) for line in receipt["lines"]] == [
        (1, "3", "1.00"),
        (2, "7", "8.79"),
        (3, "2", "0.00"),
    ]
    assert receipt["lines"][1]["unit_cost"] == "1.255"
    assert {line["billed_quantity"] for line in receipt["lines"]} == {"0"}
    assert await company.get(f"/receipts/{receipt['id']}") == receipt
    levels = (await company.get("/stock-levels", product_id=first))["data"]
    assert levels == [{"product_id": first, "location_id": buying.location_id, "on_hand": "5"}]
    moves = (await company.get("/stock-moves", source_id=receipt["id"]))["data"]
    assert [(each["line"], each["quantity"], each["source_kind"]) for each in moves] == [
        (1, "3", "receipt"),
        (2, "7", "receipt"),
        (3, "2", "receipt"),
    ]
    assert await company.balances() == {"stock": "9.79", "grni": "-9.79"}
    for found in (
        {"external_ref": "DN 1"},
        {"supplier_id": buying.supplier_id},
        {"location_id": buying.location_id},
        {"effective_from": receipt["effective_on"], "effective_to": receipt["effective_on"]},
    ):
        data = (await company.get("/receipts", **found))["data"]
        assert [each["id"] for each in data] == [receipt["id"]]
    await company.assert_sound()


async def test_receipts_that_are_refused(company: Company, buying: Buying) -> None:
    """Wrong supplier, place, product or quantity: the member is named, nothing is posted."""
    product_id = await company.product("P-3")
    service = await company.product("P-4", kind="service")
    customer = await company.contact("Customer")
    good = (product_id, "1", "1.00")
    cases: list[tuple[Any, dict[str, Any], str, str]] = [
        (good, {"supplier_id": customer}, "catalog.contact_role_missing", "/supplier_id"),
        (
            good,
            {"location_id": "loc_01JZ8B6Q0G3V5W7X9YABCDEFGH"},
            "common.reference_not_found",
            "/location_id",
        ),
        ((service, "1", "1.00"), {}, "catalog.not_stocked", "/lines/0/product_id"),
        ((product_id, "1.5", "1.00"), {}, "catalog.quantity_step", "/lines/0/quantity"),
        ((product_id, "-1", "1.00"), {}, "common.validation_failed", "/lines/0/quantity"),
        ((product_id, "1", "-0.01"), {}, "common.validation_failed", "/lines/0/unit_cost"),
        (
            (product_id, "900000000", "900000000"),
            {},
            "common.out_of_range",
            "/lines/0/unit_cost",
        ),
    ]
    for goods, members, code, pointer in cases:
        refused = await buying.receive(goods, status=422, **members)
        assert refused["code"] == code
        assert [each["pointer"] for each in refused["errors"]] == [pointer]
    assert (await company.get("/receipts"))["data"] == []
    assert (await company.get("/stock-moves"))["data"] == []


async def test_what_is_out_of_use_is_refused(company: Company, buying: Buying) -> None:
    """An inactive product, location or supplier takes part in no new receipt."""
    product_id = await company.product("P-5")
    shop = await company.post("/locations", {"code": "shop", "name": "Shop"})
    for path, code in (
        (f"/locations/{shop['id']}", "inventory.location_inactive"),
        (f"/products/{product_id}", "catalog.product_inactive"),
        (f"/contacts/{buying.supplier_id}", "catalog.contact_inactive"),
    ):
        url = f"/api/v1{path}/deactivate"
        answer = await company.client.post(url, headers={"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text
        refused = await buying.receive(
            (product_id, "1", "1.00"), status=409, location_id=shop["id"]
        )
        assert refused["code"] == code
        answer = await company.client.post(f"/api/v1{path}/activate", headers={"If-Match": '"2"'})
        assert answer.status_code == 200, answer.text
    await buying.receive((product_id, "1", "1.00"), location_id=shop["id"])


async def test_a_receipt_is_posted_once(company: Company, buying: Buying) -> None:
    """By idempotency key, by client-made id, and by external reference."""
    product_id = await company.product("P-6")
    body = {
        "id": RECEIPT_ID,
        "external_ref": "DN-9",
        "supplier_id": buying.supplier_id,
        "location_id": buying.location_id,
        "lines": [{"product_id": product_id, "quantity": "2", "unit_cost": "1.50"}],
    }
    first = await company.post("/receipts", body, key="once")
    assert await company.post("/receipts", body, key="once") == first
    await buying.bill(first, ("1", "1.50"))
    again = await company.post("/receipts", body, status=200)
    assert again["lines"][0]["billed_quantity"] == "1"
    other = {**body, "lines": [{**body["lines"][0], "unit_cost": "1.60"}]}  # type: ignore[dict-item]
    assert (await company.post("/receipts", other, status=409))["code"] == "common.id_taken"
    fresh = {**body, "id": None}
    refused = await company.post("/receipts", fresh, status=409)
    assert refused["code"] == "common.external_ref_taken"
    assert refused["errors"][0]["pointer"] == "/external_ref"
    answer = await company.client.post("/api/v1/receipts", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "common.idempotency_key_missing")
    assert (await company.balances())["stock"] == "3.00"


async def test_a_batch_answers_item_by_item(company: Company, buying: Buying) -> None:
    """Order is kept; a refused item leaves nothing, and with ``atomic`` all are undone."""
    product_id = await company.product("P-7")
    item = {
        "supplier_id": buying.supplier_id,
        "location_id": buying.location_id,
        "lines": [{"product_id": product_id, "quantity": "1", "unit_cost": "1.00"}],
    }
    bad = {**item, "lines": [{"product_id": product_id, "quantity": "0.5", "unit_cost": "1.00"}]}
    keys = [uuid.uuid4().hex for _ in range(3)]
    items = [
        {"idempotency_key": key, **each} for key, each in zip(keys, (item, bad, item), strict=True)
    ]
    answer = await company.client.post("/api/v1/receipts/batch", json={"items": items})
    assert answer.status_code == 207
    assert [each["status"] for each in answer.json()["items"]] == [201, 422, 201]
    numbers = [each["body"].get("number", "")[-6:] for each in answer.json()["items"]]
    assert numbers == ["000001", "", "000002"]
    again = await company.client.post("/api/v1/receipts/batch", json={"items": items})
    assert [each["replayed"] for each in again.json()["items"]] == [True, False, True]
    atomic = [{**each, "idempotency_key": uuid.uuid4().hex} for each in items]
    answer = await company.client.post(
        "/api/v1/receipts/batch", json={"atomic": True, "items": atomic}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/items/1/lines/0/quantity"
    assert (await company.balances())["stock"] == "2.00"
    await company.assert_sound()


async def test_the_largest_receipt(company: Company, buying: Buying) -> None:
    """R-15: 2,000 lines are taken, one more is not; then all of them are billed dearer."""
    products = [await company.product(f"L-{number}") for number in range(4)]
    goods = [(products[number % 4], "1", "1.00") for number in range(2000)]
    refused = await buying.receive(*goods, goods[0], status=422)
    assert refused["errors"][0]["pointer"] == "/lines"
    receipt = await buying.receive(*goods)
    assert receipt["value"] == "2000.00"
    bill = await buying.bill(receipt, *[("1", "1.02")] * 2000)
    assert (bill["total"], bill["received_value"]) == ("2040.00", "2000.00")
    balances = await company.balances()
    assert balances["stock"] == "2040.00"
    assert balances.get("grni", "0.00") == "0.00"
    await company.assert_sound()
