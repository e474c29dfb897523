"""What the tests of purchasing begin with."""

import pytest

from tests.support.company import Company
from tests.support.purchasing import Buying


@pytest.fixture
async def buying(company: Company) -> Buying:
    """The company with a supplier."""
    supplier_id = await company.contact("Supplier", "supplier")
    return Buying(company, supplier_id, await company.location())
