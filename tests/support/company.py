"""A company under test: its client, and the requests that nearly every test starts with."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

PASSWORD = "correct-horse-battery-7"


@dataclass
class Company:
    """A registered company; ``client`` is signed in as its owner."""

    client: httpx.AsyncClient
    email: str
    ids: dict[str, str] = field(default_factory=dict)

    async def post(self, path: str, body: Any, key: str | None = None, status: int = 201) -> Any:
        """POST with a fresh (or the given) idempotency key; the answer must have ``status``."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        answer = await self.client.post("/api/v1" + path, json=body, headers=headers)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json()

    async def get(self, path: str, status: int = 200, **params: Any) -> Any:
        """GET; the answer must have ``status``."""
        answer = await self.client.get("/api/v1" + path, params=params)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json()

    async def first(self, path: str, **params: Any) -> str:
        """The id of the first object of a list, remembered."""
        name = f"{path}{sorted(params.items())}"
        if name not in self.ids:
            self.ids[name] = (await self.get(path, **params))["data"][0]["id"]
        return self.ids[name]

    async def location(self) -> str:
        """The first location."""
        return await self.first("/locations", code="MAIN")

    async def product(self, sku: str, **members: Any) -> str:
        """A new product; goods at average cost and a price of 2.55 unless stated."""
        unit_id = await self.first("/units", code="pcs")
        body = {"sku": sku, "name": sku, "price": "2.55", "unit_id": unit_id, **members}
        return str((await self.post("/products", body))["id"])

    async def contact(self, name: str, *roles: str) -> str:
        """A new contact."""
        body = {"name": name, "roles": list(roles or ("customer",))}
        return str((await self.post("/contacts", body))["id"])

    async def stock(self, quantity: str, unit_cost: str, *products: str, **members: Any) -> Any:
        """Receive the same quantity of each product at one cost."""
        supplier = self.ids.get("supplier") or await self.contact("Supplier", "supplier")
        self.ids["supplier"] = supplier
        lines = [
            {"product_id": each, "quantity": quantity, "unit_cost": unit_cost} for each in products
        ]
        body = {"supplier_id": supplier, "location_id": await self.location(), "lines": lines}
        return await self.post("/receipts", {**body, **members})

    async def open_stock(self, quantity: str, unit_cost: str, *products: str) -> Any:
        """Begin with the same quantity of each product at one cost."""
        lines = [
            {"product_id": each, "quantity": quantity, "unit_cost": unit_cost} for each in products
        ]
        body = {"location_id": await self.location(), "reason": "opening", "lines": lines}
        return await self.post("/adjustments", body)

    async def sale(self, *lines: tuple[str, str], **members: Any) -> dict[str, Any]:
        """A sale of products in these quantities, for cash unless stated."""
        body = {
            "location_id": await self.location(),
            "lines": [{"product_id": each, "quantity": quantity} for each, quantity in lines],
            "tenders": [{"method": "cash"}],
        }
        return {**body, **members}

    async def sell(self, *lines: tuple[str, str], status: int = 201, **members: Any) -> Any:
        """Post a ``sale``."""
        return await self.post("/sales", await self.sale(*lines, **members), status=status)

    async def take_back(self, *lines: dict[str, Any], status: int = 201, **members: Any) -> Any:
        """Take goods back for cash unless stated."""
        body = {
            "location_id": await self.location(),
            "lines": list(lines),
            "refund": {"method": "cash"},
        }
        return await self.post("/returns", {**body, **members}, status=status)

    async def balances(self, **params: Any) -> dict[str, str]:
        """The balance of each account by its role, or by its code without one."""
        report = await self.get("/reports/trial-balance", **params)
        assert report["total_debit"] == report["total_credit"]
        return {line["role"] or line["code"]: line["balance"] for line in report["lines"]}

    async def assert_sound(self) -> None:
        """Every reconciliation and every invariant holds."""
        reconciliation = await self.get("/reports/reconciliation")
        assert reconciliation["ok"], reconciliation
        integrity = await self.get("/reports/integrity")
        assert integrity["ok"], [c for c in integrity["checks"] if c["broken"]]


@asynccontextmanager
async def register_company(application: Any, **company: Any) -> AsyncIterator[Company]:
    """Register a company with a new owner and sign the owner in."""
    email = f"owner-{uuid.uuid4().hex[:12]}@example.com"
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        settings = {"name": "Test Trading", "currency": "GBP", "time_zone": "UTC", **company}
        account = {"email": email, "password": PASSWORD}
        answer = await client.post("/api/v1/auth/register", json={**account, "company": settings})
        assert answer.status_code == 201, answer.text
        answer = await client.post("/api/v1/auth/login", json=account)
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Company(client, email)


@asynccontextmanager
async def colleague(application: Any, company: Company, role: str) -> AsyncIterator[Company]:
    """Another member of a company, who was invited to this role and is signed in."""
    email = f"{role}-{uuid.uuid4().hex[:12]}@example.com"
    invitation = await company.post("/invitations", {"email": email, "role": role})
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        joining = {"token": invitation["token"], "password": PASSWORD}
        answer = await client.post("/api/v1/auth/join", json=joining)
        assert answer.status_code == 204, answer.text
        account = {"email": email, "password": PASSWORD}
        answer = await client.post("/api/v1/auth/login", json=account)
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Company(client, email)
