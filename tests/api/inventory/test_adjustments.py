"""POST /adjustments over HTTP, on both databases."""

import asyncio
import uuid
from typing import Any

import pytest

from tests.support.company import Company
from tests.support.stock import adjust, on_hand

ADJUSTMENT_ID = "adj_01JZ8B6Q0G3V5W7X9YABCDEFGH"


async def test_gains_and_losses_of_one_document(company: Company) -> None:
    """Semantics 2.7.3: gains at current cost, losses by the method; one entry, balanced."""
    first = await company.product("A-1")
    second = await company.product("A-2", costing="fifo")
    await adjust(company, "opening", (first, "3", "1.10"), (second, "2", "5.00"))
    await adjust(company, "opening", (second, "2", "7.00"))
    posted = await adjust(
        company, "correction", (second, "-3"), (first, "2"), (first, "-1"), memo="Shelf check"
    )
    assert posted["number"].endswith("/MAIN/000003")
    assert (posted["status"], posted["memo"], posted["reason"]) == (
        "posted",
        "Shelf check",
        "correction",
    )
    assert [(line["line"], line["quantity"], line["value"]) for line in posted["lines"]] == [
        (1, "-3", "-17.00"),
        (2, "2", "2.20"),
        (3, "-1", "-1.10"),
    ]
    assert posted["value"] == "-15.90"
    assert await company.get(f"/adjustments/{posted['id']}") == posted
    location_id = await company.location()
    assert await on_hand(company, first) == {location_id: "4"}
    assert await on_hand(company, second) == {location_id: "1"}
    assert await company.balances() == {
        "stock": "11.40",
        "opening_balances": "-27.30",
        "stock_gains": "-2.20",
        "shrinkage": "18.10",
    }
    await company.assert_sound()


@pytest.mark.parametrize("costing", ["average", "fifo"])
async def test_a_gain_without_a_cost_takes_the_last_known(company: Company, costing: str) -> None:
    """At current cost, else the last known, else the cost must be stated; zero is a cost."""
    product_id = await company.product("A-3", costing=costing)
    refused = await adjust(company, "found", (product_id, "1"), status=422)
    assert refused["code"] == "inventory.unit_cost_needed"
    assert refused["errors"][0]["pointer"] == "/lines/0/unit_cost"
    await adjust(company, "found", (product_id, "3", "1.115"))
    await adjust(company, "damage", (product_id, "-3"))
    assert "stock" not in await company.balances() or (await company.balances())["stock"] == "0.00"
    posted = await adjust(company, "count", (product_id, "6"))
    assert posted["value"] == "6.70"
    free = await adjust(company, "found", (product_id, "1", "0"))
    assert (free["value"], free["entry_id"]) == ("0.00", None)
    await company.assert_sound()


async def test_every_short_line_is_named(company: Company) -> None:
    """Semantics 2.4: what the document brings counts, what lies elsewhere does not."""
    first, second = await company.product("A-4"), await company.product("A-5")
    shop = await company.post("/locations", {"code": "SHOP", "name": "Shop"})
    await adjust(company, "opening", (first, "5", "1.00"), location_id=shop["id"])
    await adjust(company, "opening", (second, "5", "1.00"))
    refused = await adjust(
        company, "theft", (first, "-1"), (second, "-3"), (second, "-3"), status=409
    )
    assert refused["code"] == "inventory.insufficient_stock"
    assert [each["pointer"] for each in refused["errors"]] == [
        "/lines/0/quantity",
        "/lines/1/quantity",
        "/lines/2/quantity",
    ]
    posted = await adjust(company, "correction", (second, "-6"), (second, "1"))
    assert [line["value"] for line in posted["lines"]] == ["-6.00", "1.00"]
    assert await on_hand(company, second) == {await company.location(): "0"}
    await company.assert_sound()


async def test_adjustments_that_are_refused(company: Company) -> None:
    """Each with its code and pointer; nothing is posted."""
    goods = await company.product("A-6")
    service = await company.product("A-7", kind="service")
    unknown = "prd_01JZ8B6Q0G3V5W7X9YABCDEFGH"
    cases = [
        ("found", (service, "1", "1.00"), "catalog.not_stocked", "/lines/0/product_id"),
        ("found", (unknown, "1", "1.00"), "common.reference_not_found", "/lines/0/product_id"),
        ("found", (goods, "0.5", "1.00"), "catalog.quantity_step", "/lines/0/quantity"),
        ("found", (goods, "-1"), "inventory.wrong_direction", "/lines/0/quantity"),
        ("damage", (goods, "1"), "inventory.wrong_direction", "/lines/0/quantity"),
        ("count", (goods, "0"), "inventory.zero_quantity", "/lines/0/quantity"),
        ("count", (goods, "-1", "1.00"), "inventory.cost_on_loss", "/lines/0/unit_cost"),
        ("request", (goods, "1"), "common.validation_failed", "/reason"),
        (
            "found",
            (goods, "900000000", "900000000"),
            "common.out_of_range",
            "/lines/0/unit_cost",
        ),
    ]
    for reason, line, code, pointer in cases:
        refused = await adjust(company, reason, line, status=422)
        assert refused["code"] == code
        assert [each["pointer"] for each in refused["errors"]] == [pointer]
    assert (await company.get("/adjustments"))["data"] == []
    assert (await company.get("/stock-levels"))["data"] == []


async def test_an_adjustment_is_posted_once(company: Company) -> None:
    """By idempotency key, by client-made id, by external reference, also at once."""
    product_id = await company.product("A-8")
    body = {
        "id": ADJUSTMENT_ID,
        "external_ref": "count 1",
        "location_id": await company.location(),
        "effective_at": "2021-03-31T23:59:59Z",
        "reason": "found",
        "lines": [{"product_id": product_id, "quantity": "2", "unit_cost": "1.50"}],
    }
    first = await company.post("/adjustments", body, key="once")
    assert await company.post("/adjustments", body, key="once") == first
    assert await company.post("/adjustments", body, status=200) == first
    for change in ({"memo": "other"}, {"effective_at": "2021-03-31T23:59:58Z"}):
        refused = await company.post("/adjustments", {**body, **change}, status=409)
        assert refused["code"] == "common.id_taken"
    refused = await company.post("/adjustments", {**body, "id": None}, status=409)
    assert refused["code"] == "common.external_ref_taken"
    racing = {**body, "id": None, "external_ref": "count 2"}
    answers = await asyncio.gather(
        *(
            company.client.post(
                "/api/v1/adjustments", json=racing, headers={"Idempotency-Key": uuid.uuid4().hex}
            )
            for _ in range(4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    filters: list[dict[str, Any]] = [
        {"external_ref": "count 1"},
        {"reason": "found", "effective_from": "2021-03-31", "effective_to": "2021-03-31"},
        {"location_id": await company.location()},
    ]
    for found in filters:
        ids = [each["id"] for each in (await company.get("/adjustments", **found))["data"]]
        assert ADJUSTMENT_ID in ids
    assert (await company.get("/adjustments", effective_from="2021-04-01"))["data"] == []
    await company.assert_sound()


async def test_a_batch_of_adjustments(company: Company) -> None:
    """Each item sees what the ones before it did; a refused one leaves nothing."""
    product_id = await company.product("A-9")
    location_id = await company.location()
    items = [
        {
            "idempotency_key": uuid.uuid4().hex,
            "location_id": location_id,
            "reason": "correction",
            "lines": [{"product_id": product_id, "quantity": quantity, **cost}],
        }
        for quantity, cost in (("5", {"unit_cost": "2.00"}), ("-7", {}), ("-5", {}), ("1", {}))
    ]
    answer = await company.client.post("/api/v1/adjustments/batch", json={"items": items})
    assert [each["status"] for each in answer.json()["items"]] == [201, 409, 201, 201]
    assert answer.json()["items"][3]["body"]["value"] == "2.00"
    assert await on_hand(company, product_id) == {location_id: "1"}
    await company.assert_sound()


@pytest.mark.parametrize("costing", ["average", "fifo"])
async def test_many_losses_of_one_item_at_once(company: Company, costing: str) -> None:
    """Twenty losses race for ten pieces of five layers: ten leave, at ten exact values."""
    product_id = await company.product("A-10", costing=costing)
    for cost in ("1.00", "1.01", "1.02", "1.03", "1.04"):
        await adjust(company, "opening", (product_id, "2", cost))
    body = {
        "location_id": await company.location(),
        "reason": "damage",
        "lines": [{"product_id": product_id, "quantity": "-1"}],
    }
    answers = await asyncio.gather(
        *(
            company.client.post(
                "/api/v1/adjustments", json=body, headers={"Idempotency-Key": f"k{number}"}
            )
            for number in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 10
    assert (await company.balances())["shrinkage"] == "10.20"
    await company.assert_sound()
