"""POST /products/batch with opening stock, on both databases."""

from typing import Any

import pytest

from tests.support.company import Company
from tests.support.stock import make_products, on_hand

PRODUCT_ID = "prd_01JZ8B6Q0G3V5W7X9YABCDEFGH"
STORE = {"code": "STORE", "name": "Store"}


def stock(location_id: str, quantity: str, unit_cost: str) -> dict[str, str]:
    """Opening stock as of the first of 2021."""
    return {
        "location_id": location_id,
        "quantity": quantity,
        "unit_cost": unit_cost,
        "effective_at": "2021-01-01T00:00:00Z",
    }


async def test_products_with_their_opening_stock(company: Company) -> None:
    """One command a product: the product, its stock, and the entry against opening balances."""
    location_id = await company.location()
    opening = {"location_id": location_id, "quantity": "4", "unit_cost": "1.255"}
    answer = await make_products(
        company,
        {
            "sku": "O-1",
            "price": "2.55",
            "opening_stock": {**opening, "effective_at": "2021-01-01T00:00:00Z"},
        },
        {"sku": "O-2", "costing": "fifo", "opening_stock": opening},
        {"sku": "O-3"},
    )
    assert answer.status_code == 207, answer.text
    items = answer.json()["items"]
    assert [item["status"] for item in items] == [201, 201, 201]
    ids = [item["body"]["id"] for item in items]
    assert await on_hand(company, ids[0]) == {location_id: "4"}
    assert await on_hand(company, ids[2]) == {}
    posted = (await company.get("/adjustments", reason="opening"))["data"]
    assert sorted(each["value"] for each in posted) == ["5.02", "5.02"]  # of two instants
    assert "2021-01-01" in {each["effective_on"] for each in posted}
    assert await company.balances() == {"stock": "10.04", "opening_balances": "-10.04"}
    await company.sell((ids[0], "4"))
    await company.assert_sound()


@pytest.mark.parametrize("atomic", [False, True])
async def test_the_stock_of_one_import_is_one_document(company: Company, atomic: bool) -> None:
    """One adjustment and one entry for a place and an instant; what is refused has no line."""
    shop, store = await company.location(), (await company.post("/locations", STORE))["id"]
    answer = await make_products(
        company,
        {"sku": "D-1", "opening_stock": stock(shop, "4", "1.25")},
        {"sku": "D-2", "opening_stock": stock(store, "1", "7")},
        *([] if atomic else [{"sku": "D-1", "opening_stock": stock(shop, "9", "9")}]),
        {"sku": "D-3", "opening_stock": stock(shop, "2", "0.50")},
        atomic=atomic,
    )
    made = [item["body"]["id"] for item in answer.json()["items"] if item["status"] == 201]
    assert len(made) == 3
    listed = (await company.get("/adjustments", sort="id"))["data"]
    posted = [await company.get(f"/adjustments/{each['id']}") for each in listed]
    assert [
        (each["number"], each["location_id"], [tuple(line.values()) for line in each["lines"]])
        for each in posted
    ] == [
        ("ADJ/2021/MAIN/000001", shop, [(1, made[0], "4", "5.00"), (2, made[2], "2", "1.00")]),
        ("ADJ/2021/STORE/000001", store, [(1, made[1], "1", "7.00")]),
    ]
    entries = (await company.get("/journal-entries"))["data"]
    assert sorted(each["source_id"] for each in entries) == sorted(each["id"] for each in posted)
    entry = await company.get(f"/journal-entries/{posted[0]['entry_id']}")
    assert [(line["debit"], line["credit"]) for line in entry["lines"]] == [
        ("6.00", "0.00"),
        ("0.00", "6.00"),
    ]
    moves = (await company.get("/stock-moves"))["data"]
    assert {each["product_id"]: each["source_id"] for each in moves} == {
        made[0]: posted[0]["id"],
        made[1]: posted[1]["id"],
        made[2]: posted[0]["id"],
    }
    assert await company.balances() == {"stock": "13.00", "opening_balances": "-13.00"}
    await company.assert_sound()


async def test_stock_too_valuable_for_one_document(company: Company) -> None:
    """Each item fits and their sum does not: alone each has its document, all at once none."""
    location_id = await company.location()
    dear = stock(location_id, "900000", "9000000")
    both = [{"sku": f"V-{number}", "opening_stock": dear} for number in (1, 2)]
    atomic = await make_products(company, *both, atomic=True)
    assert (atomic.status_code, atomic.json()["code"]) == (422, "common.out_of_range")
    assert (await company.get("/products"))["data"] == []
    answer = await make_products(company, *both)
    assert [item["status"] for item in answer.json()["items"]] == [201, 201]
    posted = (await company.get("/adjustments", sort="id"))["data"]
    assert [each["number"][-6:] for each in posted] == ["000001", "000002"]
    assert [each["value"] for each in posted] == ["8100000000000.00"] * 2
    await company.assert_sound()


async def test_a_trial_of_an_import_keeps_nothing(company: Company) -> None:
    """Decided to the end, the shared document included."""
    location_id = await company.location()
    products = [{"sku": f"T-{n}", "opening_stock": stock(location_id, "1", "1")} for n in (1, 2)]
    answer = await make_products(company, *products, query="?dry_run=true")
    assert [item["status"] for item in answer.json()["items"]] == [201, 201]
    for path in ("/products", "/adjustments", "/stock-moves", "/journal-entries"):
        assert (await company.get(path))["data"] == []


async def test_a_product_is_stocked_once(company: Company) -> None:
    """A client-made id: the same again answers 200 and posts nothing."""
    location_id = await company.location()
    opening = {"location_id": location_id, "quantity": "4", "unit_cost": "1.00"}
    product: dict[str, Any] = {"id": PRODUCT_ID, "sku": "O-4"}
    first = await make_products(company, {**product, "opening_stock": opening})
    again = await make_products(company, {**product, "opening_stock": opening})
    (item,) = again.json()["items"]
    assert item["status"] == 200
    assert item["body"] == first.json()["items"][0]["body"]
    assert await on_hand(company, PRODUCT_ID) == {location_id: "4"}
    other = {**product, "name": "Other", "opening_stock": opening}
    (item,) = (await make_products(company, other)).json()["items"]
    assert item["body"]["code"] == "common.id_taken"
    more = {**product, "opening_stock": {**opening, "quantity": "5"}}
    (item,) = (await make_products(company, more)).json()["items"]
    assert item["body"]["code"] == "common.id_taken"
    plain = {"id": "prd_01JZ8B6Q0G3V5W7X9YABCDEFGJ", "sku": "O-5"}
    await make_products(company, plain)
    (item,) = (await make_products(company, {**plain, "opening_stock": opening})).json()["items"]
    assert item["body"]["code"] == "common.id_taken"
    assert (await company.balances())["stock"] == "4.00"


async def test_opening_stock_that_is_refused(company: Company) -> None:
    """The pointer leads into the item; the product is not made either."""
    opening = {"location_id": await company.location(), "quantity": "1", "unit_cost": "1.00"}
    missing = "loc_01JZ8B6Q0G3V5W7X9YABCDEFGH"
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"kind": "service"}, "catalog.not_stocked", "/opening_stock"),
        (
            {"opening_stock": {**opening, "quantity": "0.5"}},
            "catalog.quantity_step",
            "/opening_stock/quantity",
        ),
        (
            {"opening_stock": {**opening, "location_id": missing}},
            "common.reference_not_found",
            "/opening_stock/location_id",
        ),
        (
            {"opening_stock": {**opening, "quantity": "900000000", "unit_cost": "900000000"}},
            "common.out_of_range",
            "/opening_stock/unit_cost",
        ),
        (
            {"opening_stock": {**opening, "quantity": "5000000000"}},
            "common.out_of_range",
            "/opening_stock/quantity",
        ),
    ]
    products = [{"sku": "O-6", "opening_stock": opening, **members} for members, _, _ in cases]
    answer = await make_products(company, *products)
    for item, (_, code, pointer) in zip(answer.json()["items"], cases, strict=True):
        assert (item["status"], item["body"]["code"]) == (422, code)
        assert [each["pointer"] for each in item["body"]["errors"]] == [pointer]
    atomic = await make_products(
        company, {"sku": "O-7", "opening_stock": opening}, products[1], atomic=True
    )
    assert atomic.json()["errors"][0]["pointer"] == "/items/1/opening_stock/quantity"
    assert (await company.get("/products"))["data"] == []
    assert (await company.get("/stock-moves"))["data"] == []
