"""A company on a running server; its sales can be counted, repeated and audited."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Any

from tests.support.recording_client import Recorded, RecordingClient

_ACCOUNT = {"email": "owner@example.com", "password": "a-long-walk-by-the-sea"}
_PRODUCTS = 4
_LANES = 8
OPENING = 1_000_000


class Shop:
    """Sells a few products for cash, over real HTTP.

    ``keys`` holds the idempotency key of every sale that is known to be posted; each is also the
    sale's external reference.
    """

    def __init__(self, url: str) -> None:
        self.api = f"{url}/api/v1"
        self.keys: dict[str, Any] = {}
        self._token = ""
        self._products: list[str] = []
        self._location = ""
        self._sold: Counter[str] = Counter()

    def client(self, records: list[Recorded] | None = None) -> RecordingClient:
        """A client of its owner."""
        return RecordingClient(self.api, self._token, [] if records is None else records)

    async def open(self) -> None:
        """Register, and open the stock."""
        company = {"name": "Faults", "currency": "GBP", "time_zone": "UTC"}
        async with self.client() as client:
            await _made(client, "/auth/register", {**_ACCOUNT, "company": company})
        await self.login()
        async with self.client() as client:
            self._location = (await _got(client, "/locations?code=MAIN"))["data"][0]["id"]
            unit = (await _got(client, "/units?code=pcs"))["data"][0]["id"]
            for number in range(_PRODUCTS):
                sku = f"P{number}"
                product = {"sku": sku, "name": sku, "unit_id": unit, "price": "1.00"}
                self._products.append((await _made(client, "/products", product))["id"])
            lines = [
                {"product_id": each, "quantity": str(OPENING), "unit_cost": "0.37"}
                for each in self._products
            ]
            opening = {"location_id": self._location, "reason": "opening", "lines": lines}
            await _made(client, "/adjustments", opening)

    async def login(self) -> None:
        """Sign the owner in."""
        async with RecordingClient(self.api, "", []) as client:
            answer = await client.post("/auth/login", _ACCOUNT, "")
        assert answer.status == 200, answer
        self._token = answer.answer["access_token"]

    def sale(self, turn: int, key: str) -> dict[str, Any]:
        """The body of a sale of one to three pieces."""
        product = self._products[turn % _PRODUCTS]
        return {
            "external_ref": key,
            "location_id": self._location,
            "lines": [{"product_id": product, "quantity": str(1 + turn % 3)}],
            "tenders": [{"method": "cash"}],
        }

    async def settle(self, records: Iterable[Recorded]) -> tuple[int, int]:
        """Retry sales with unknown outcome and repeat acknowledged ones; returns both counts.

        Each acknowledged sale must answer its key with the body it answered first.
        """
        sales = [each for each in records if each.method == "POST"]
        known = [each for each in sales if each.succeeded]
        unknown = [each for each in sales if not each.succeeded]
        lanes = [self._settle_lane(sales[number::_LANES]) for number in range(_LANES)]
        await asyncio.gather(*lanes)
        return len(known), len(unknown)

    async def _settle_lane(self, sales: list[Recorded]) -> None:
        async with self.client() as client:
            for sale in sales:
                again = await client.post(sale.path, sale.body, sale.key)
                assert again.status == 201, again
                if sale.succeeded:
                    assert again.answer == sale.answer
                    assert again.headers["idempotent-replayed"] == "true"
                assert sale.key not in self.keys
                self.keys[sale.key] = again.answer["id"]
                for line in sale.body["lines"]:
                    self._sold[line["product_id"]] += int(line["quantity"])

    async def assert_sound(self) -> None:
        """The auditor finds nothing, each key has one sale, and stock agrees with the sales."""
        async with self.client() as client:
            for report in ("integrity", "reconciliation"):
                found = await _got(client, f"/reports/{report}")
                assert found["ok"], found
            sales = await _got(client, "/sales?include_total=true&limit=1")
            assert sales["total"] == len(self.keys)
            for product in self._products:
                [level] = (await _got(client, f"/stock-levels?product_id={product}"))["data"]
                assert level["on_hand"] == str(OPENING - self._sold[product])

    async def assert_each_once(self) -> None:
        """Every key has its one sale, with the id that was answered, and nothing else was sold."""
        found: dict[str, list[str]] = {}
        async for sale in self._sales():
            found.setdefault(sale["external_ref"], []).append(sale["id"])
        assert found == {key: [id_] for key, id_ in self.keys.items()}

    async def _sales(self) -> AsyncIterator[Any]:
        async with self.client() as client:
            path = "/sales?limit=200"
            while path:
                page = await _got(client, path)
                for sale in page["data"]:
                    yield sale
                cursor = page["next_cursor"]
                path = f"/sales?limit=200&cursor={cursor}" if cursor else ""


async def _made(client: RecordingClient, path: str, body: Any) -> Any:
    answer = await client.post(path, body, uuid.uuid4().hex)
    assert answer.succeeded, answer
    return answer.answer


async def _got(client: RecordingClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.succeeded, answer
    return answer.answer
