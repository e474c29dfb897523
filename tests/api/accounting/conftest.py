"""Documents that leave something open, without stock: sales of a service on account."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.support.company import Company

SellOnAccount = Callable[..., Awaitable[Any]]


@pytest.fixture
async def customer(company: Company) -> str:
    return await company.contact("Ada Byron", "customer")


@pytest.fixture
async def supplier(company: Company) -> str:
    return await company.contact("Mill & Sons", "supplier")


@pytest.fixture
async def sell_on_account(company: Company, customer: str) -> SellOnAccount:
    """Sell a service without tax for an amount on a day of 2026 (``03-15``) on account."""
    service = await company.product("CONSULTING", kind="service")

    async def sell(day: str, amount: str, customer_id: str = customer) -> str:
        sale = await company.post(
            "/sales",
            {
                "location_id": await company.location(),
                "customer_id": customer_id,
                "effective_at": f"2026-{day}T10:00:00Z",
                "lines": [
                    {
                        "product_id": service,
                        "quantity": "1",
                        "unit_price": amount,
                        "tax_id": None,
                    }
                ],
                "tenders": [{"method": "on_account"}],
            },
        )
        return str(sale["id"])

    return sell
