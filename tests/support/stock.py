"""Stock under test: adjustments, levels, and products with opening stock."""

import uuid
from typing import Any

import httpx

from tests.support.company import Company


async def adjust(
    company: Company, reason: str, *lines: tuple[str, ...], status: int = 201, **members: Any
) -> Any:
    """Adjust products by quantities, each with the cost of one unit where it is stated."""
    names = ("product_id", "quantity", "unit_cost")
    body = {
        "location_id": await company.location(),
        "reason": reason,
        "lines": [dict(zip(names, line, strict=False)) for line in lines],
        **members,
    }
    return await company.post("/adjustments", body, status=status)


async def on_hand(company: Company, product_id: str) -> dict[str, str]:
    """What lies of a product where."""
    levels = (await company.get("/stock-levels", product_id=product_id))["data"]
    return {level["location_id"]: level["on_hand"] for level in levels}


async def make_products(
    company: Company, *products: dict[str, Any], query: str = "", **members: Any
) -> httpx.Response:
    """POST /products/batch; each product gets a unit and an idempotency key."""
    unit_id = await company.first("/units", code="pcs")
    items = [
        {"idempotency_key": uuid.uuid4().hex, "name": each["sku"], "unit_id": unit_id, **each}
        for each in products
    ]
    path = "/api/v1/products/batch" + query
    return await company.client.post(path, json={"items": items, **members})
