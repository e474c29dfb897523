"""POST /products/batch with opening stock, on both databases."""

from typing import Any

from tests.support.company import Company
from tests.support.stock import make_products, on_hand

PRODUCT_ID = "prd_01JZ8B6Q0G3V5W7X9YABCDEFGH"


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
    assert sorted(each["value"] for each in posted) == ["5.02", "5.02"]
    assert "2021-01-01" in {each["effective_on"] for each in posted}
    assert await company.balances() == {"stock": "10.04", "opening_balances": "-10.04"}
    await company.sell((ids[0], "4"))
    await company.assert_sound()


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
