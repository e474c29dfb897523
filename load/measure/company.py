"""The benchmark company: products with stock, created through the API."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson

from app.domain.shared.ids import show
from load.measure.client import ask, offer, request

API = "/api/v1"
BATCH = 100
_ACCOUNT = {"email": "bench@example.com", "password": "a-long-walk-by-the-sea"}
_COMPANY = {"name": "Bench", "currency": "GBP", "time_zone": "UTC"}
_DATED = "2026-01-01T00:00:00Z"


def product_id(number: int) -> str:
    """The id of the product with this number, so that a limit can compute it too."""
    return show("prd", number.to_bytes(16, "big"))


@dataclass(slots=True)
class Company:
    """A signed-in company at a port."""

    port: int
    token: str
    location: str
    unit: str
    supplier: str
    products: int = 0

    def get(self, path: str) -> bytes:
        """The bytes of a GET."""
        return request("GET", API + path, self.token)

    def post(self, path: str, body: Any, key: str = "") -> bytes:
        """The bytes of a POST."""
        return request("POST", API + path, self.token, orjson.dumps(body), key)

    async def read(self, path: str) -> Any:
        """The body of a GET that must succeed."""
        status, body = await ask(self.port, self.get(path))
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {body.decode()}")
        return orjson.loads(body)

    def product_batches(self, count: int) -> Iterator[bytes]:
        """Requests that make the next ``count`` products with stock, a hundred at a time."""
        first = self.products + 1
        self.products += count
        for start in range(first, first + count, BATCH):
            items = [self.product_item(start + place) for place in range(BATCH)]
            yield self.post("/products/batch", {"atomic": False, "items": items})

    def product_item(self, number: int, quantity: str = "1000000") -> dict[str, Any]:
        """An item of ``POST /products/batch``."""
        return {
            "idempotency_key": f"product-{number}",
            "id": product_id(number),
            "sku": f"SKU-{number:07d}",
            "name": f"Product {number:07d}",
            "unit_id": self.unit,
            "price": "2.50",
            "opening_stock": {
                "location_id": self.location,
                "quantity": quantity,
                "unit_cost": "1.20",
                "effective_at": _DATED,
            },
        }

    def sale(self, chance: Random, products: int) -> dict[str, Any]:
        """A counter sale of three of the first ``products``."""
        numbers = chance.sample(range(1, products + 1), 3)
        lines = [{"product_id": product_id(number), "quantity": "1"} for number in numbers]
        return {
            "location_id": self.location,
            "lines": lines,
            "tenders": [{"method": "cash", "amount": "7.50"}],
        }

    def sales(self, chance: Random, count: int, products: int) -> Iterator[bytes]:
        """Requests of one sale each."""
        for _ in range(count):
            yield self.post("/sales", self.sale(chance, products), f"sale-{chance.random()}")

    def sale_batches(self, chance: Random, count: int, products: int) -> Iterator[bytes]:
        """Requests of a hundred sales each."""
        for _ in range(count):
            items = [
                {"idempotency_key": f"sale-{chance.random()}", **self.sale(chance, products)}
                for _ in range(BATCH)
            ]
            yield self.post("/sales/batch", {"atomic": False, "items": items})

    def receipts(self, chance: Random, count: int) -> Iterator[bytes]:
        """Requests of one receipt of fifty lines each."""
        for _ in range(count):
            lines = [
                {"product_id": product_id(number), "quantity": "10", "unit_cost": "1.20"}
                for number in chance.sample(range(1, self.products + 1), 50)
            ]
            body = {"supplier_id": self.supplier, "location_id": self.location, "lines": lines}
            yield self.post("/receipts", body, f"receipt-{chance.random()}")


def login() -> bytes:
    """The login request of the company's owner."""
    return request("POST", f"{API}/auth/login", body=orjson.dumps(_ACCOUNT))


async def sign_in(port: int) -> Company:
    """The existing company; creates its supplier if there is none."""
    _, answer = await ask(port, login())
    company = Company(port, orjson.loads(answer)["access_token"], "", "", "")
    suppliers = (await company.read("/contacts?role=supplier&limit=1"))["data"]
    if not suppliers:
        made = company.post("/contacts", {"name": "Supplier", "roles": ["supplier"]})
        suppliers = [orjson.loads((await ask(port, made))[1])]
    company.supplier = suppliers[0]["id"]
    company.unit = (await company.read("/units?code=pcs"))["data"][0]["id"]
    company.location = (await company.read("/locations"))["data"][0]["id"]
    return company


async def open_company(port: int, products: int) -> Company:
    """Register a company and give it products."""
    body = orjson.dumps({**_ACCOUNT, "company": _COMPANY})
    await ask(port, request("POST", f"{API}/auth/register", body=body))
    company = await sign_in(port)
    (await offer(port, company.product_batches(products), clients=2)).check(207)
    return company
