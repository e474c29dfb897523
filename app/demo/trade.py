"""A week of trade of the demo company, created through the public API."""

from datetime import timedelta
from typing import Any

import httpx

from app.demo.login import DEMO_EMAIL, DEMO_PASSWORD
from app.domain.shared.clock import SystemClock
from app.main import create_app
from app.settings import Settings

_GOODS = (
    ("TEA-250", "Breakfast tea, 250 g", "4.50", "1.80", "average"),
    ("MUG-WHT", "Mug, white", "7.95", "2.90", "fifo"),
    ("TIN-BIS", "Biscuit tin", "12.00", "5.25", "average"),
)


async def make_demo(settings: Settings) -> None:
    """Register the demo owner and post receipts, sales, returns and payments."""
    app = create_app(settings.model_copy(update={"rate_limit_enabled": False}))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://demo") as client,
    ):
        await _trade(_Shop(client))


class _Shop:
    """A client that sends commands with idempotency keys and raises on refusals."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._headers: dict[str, str] = {}

    async def sign_up(self) -> None:
        account = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
        company = {"name": "Harbour Street Goods", "currency": "GBP", "time_zone": "Europe/London"}
        await self.post("/auth/register", {**account, "company": company})
        tokens = await self.post("/auth/login", account)
        self._headers["Authorization"] = f"Bearer {tokens['access_token']}"

    async def post(self, path: str, body: Any, key: str = "") -> Any:
        headers = {**self._headers, **({"Idempotency-Key": f"demo-{key}"} if key else {})}
        answer = await self._client.post("/api/v1" + path, json=body, headers=headers)
        answer.raise_for_status()
        return answer.json()

    async def first(self, path: str) -> str:
        answer = await self._client.get("/api/v1" + path, headers=self._headers)
        answer.raise_for_status()
        return str(answer.json()["data"][0]["id"])


async def _trade(shop: _Shop) -> None:
    await shop.sign_up()
    unit_id = await shop.first("/units?code=pcs")
    location_id = await shop.first("/locations?code=MAIN")
    tax_id = await shop.first("/taxes?code=VAT20")
    supplier = await shop.post("/contacts", {"name": "Northern Wholesale", "roles": ["supplier"]})
    customer = await shop.post("/contacts", {"name": "Café Ostend", "roles": ["customer"]})
    products = []
    for sku, name, price, _, costing in _GOODS:
        body = {"sku": sku, "name": name, "price": price, "costing": costing}
        products.append(
            await shop.post("/products", {**body, "unit_id": unit_id, "tax_id": tax_id})
        )
    week = SystemClock().now().replace(microsecond=0) - timedelta(minutes=30)
    received = {
        "supplier_id": supplier["id"],
        "location_id": location_id,
        "effective_at": week.isoformat(),
        "lines": [
            {"product_id": product["id"], "quantity": "40", "unit_cost": cost}
            for product, (_, _, _, cost, _) in zip(products, _GOODS, strict=True)
        ],
    }
    receipt = await shop.post("/receipts", received, "receipt")
    bill = {
        "supplier_id": supplier["id"],
        "supplier_number": "NW-1001",
        "lines": [
            {"receipt_id": receipt["id"], "receipt_line": 1, "quantity": "40", "unit_price": "1.90"}
        ],
    }
    sale = {"location_id": location_id, "tenders": [{"method": "cash"}]}
    lines = [{"product_id": product["id"], "quantity": "2"} for product in products]
    await shop.post("/sales", {**sale, "lines": lines}, "sale-1")
    on_account = {"customer_id": customer["id"], "tenders": [{"method": "on_account"}]}
    sold = await shop.post("/sales", {**sale, **on_account, "lines": lines}, "sale-2")
    await shop.post("/bills", bill, "bill")
    back = {
        "location_id": location_id,
        "customer_id": customer["id"],
        "lines": [{"sale_id": sold["id"], "sale_line": 1, "quantity": "1"}],
        "refund": {"method": "on_account"},
        "allocate": "oldest",
    }
    await shop.post("/returns", back, "return")
    paid = {"direction": "in", "contact_id": customer["id"], "method": "bank", "amount": "20.00"}
    await shop.post("/payments", {**paid, "allocate": "oldest"}, "payment")
