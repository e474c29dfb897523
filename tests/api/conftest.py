"""What the tests of several contexts begin with."""

from collections.abc import Awaitable, Callable

import pytest

from tests.support.company import Company
from tests.support.purchasing import Buying


@pytest.fixture
async def buying(company: Company) -> Buying:
    """The company with a supplier."""
    supplier_id = await company.contact("Supplier", "supplier")
    return Buying(company, supplier_id, await company.location())


@pytest.fixture
def deactivate(company: Company) -> Callable[[str], Awaitable[None]]:
    """Take a master that was never changed out of use, by its path."""

    async def run(path: str) -> None:
        url = f"/api/v1{path}/deactivate"
        answer = await company.client.post(url, headers={"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text

    return run
