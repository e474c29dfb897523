"""Buying under test: one supplier, and the requests that a purchase takes."""

import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.company import Company

Goods = tuple[str, str, str]  # product id, quantity, cost of one unit
Billed = tuple[str, str]  # quantity, price of one unit


@dataclass
class Buying:
    """A company that buys of one supplier, in its first location."""

    company: Company
    supplier_id: str
    location_id: str
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def receive(self, *goods: Goods, status: int = 201, **members: Any) -> Any:
        """Post a receipt."""
        lines = [
            {"product_id": product_id, "quantity": quantity, "unit_cost": unit_cost}
            for product_id, quantity, unit_cost in goods
        ]
        body = {"supplier_id": self.supplier_id, "location_id": self.location_id, "lines": lines}
        return await self.company.post("/receipts", {**body, **members}, status=status)

    async def post_bill(
        self,
        receipt: Any,
        *billed: Billed,
        supplier_number: str | None = None,
        query: str = "",
        lines: list[Any] | None = None,
        **members: Any,
    ) -> httpx.Response:
        """Bill the first lines of a receipt, in their order; ``tax_id`` is that of every line."""
        tax = {"tax_id": members.pop("tax_id")} if "tax_id" in members else {}
        if lines is None:
            lines = [
                {
                    "receipt_id": receipt["id"],
                    "receipt_line": number,
                    "quantity": quantity,
                    "unit_price": unit_price,
                    **tax,
                }
                for number, (quantity, unit_price) in enumerate(billed, start=1)
            ]
        body = {
            "supplier_id": self.supplier_id,
            "supplier_number": supplier_number or f"INV-{next(self.numbers):05d}",
            "lines": lines,
            **members,
        }
        return await self._posted("/bills" + query, body)

    async def bill(self, receipt: Any, *billed: Billed, status: int = 201, **members: Any) -> Any:
        """As ``post_bill``; the answer must have ``status``."""
        return _answered(await self.post_bill(receipt, *billed, **members), status)

    async def post_return(
        self, receipt: Any, *lines: tuple[int, str], **members: Any
    ) -> httpx.Response:
        """Return quantities of lines of a receipt."""
        back = [{"receipt_line": line, "quantity": quantity} for line, quantity in lines]
        return await self._posted(
            "/supplier-returns", {"receipt_id": receipt["id"], "lines": back, **members}
        )

    async def send_back(
        self, receipt: Any, *lines: tuple[int, str], status: int = 201, **members: Any
    ) -> Any:
        """As ``post_return``; the answer must have ``status``."""
        return _answered(await self.post_return(receipt, *lines, **members), status)

    async def settings(self, changes: dict[str, str]) -> None:
        """Change the settings of the company."""
        client = self.company.client
        before = await client.get("/api/v1/companies/current")
        headers = {"If-Match": before.headers["etag"]}
        answer = await client.patch("/api/v1/companies/current", json=changes, headers=headers)
        assert answer.status_code == 200, answer.text

    async def _posted(self, path: str, body: Any) -> httpx.Response:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        return await self.company.client.post(f"/api/v1{path}", json=body, headers=headers)


def _answered(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, (answer.status_code, answer.text)
    return answer.json()
