"""Bills against their rules, over HTTP on both databases."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.company import Company
from tests.support.purchasing import Buying


async def test_a_supplier_out_of_use_still_charges_for_what_it_brought(
    company: Company, buying: Buying, deactivate: Callable[[str], Awaitable[None]]
) -> None:
    """Semantics 3.2.3: GRNI for a receipt is zero once it is fully billed, so its bill is taken."""
    product_id = await company.product("BIL-1")
    receipt = await buying.receive((product_id, "10", "2.00"))
    await deactivate(f"/contacts/{buying.supplier_id}")
    refused = await buying.receive((product_id, "1", "2.00"), status=409)
    assert refused["code"] == "catalog.contact_inactive"
    await buying.bill(receipt, ("10", "2.10"))
    balances = await company.balances()
    assert (balances["grni"], balances["payables"]) == ("0.00", "-21.00")
    assert balances["stock"] == "21.00"
    await company.assert_sound()


@pytest.mark.parametrize(
    "change", [{"due_on": "2099-05-01"}, {"due_on": "2099-03-31"}, {"tax_id": None}]
)
async def test_a_bill_of_the_same_id_with_another_body_is_refused(
    company: Company, buying: Buying, change: dict[str, Any]
) -> None:
    """R-21: also another day it is due, or another tax."""
    vat = await company.first("/taxes", code="VAT20")
    product_id = await company.product("BIL-2")
    receipt = await buying.receive((product_id, "2", "2.00"))
    members: dict[str, Any] = {
        "id": "bil_01JZ8B6Q0G3V5W7X9YABCDEFGH",
        "supplier_number": "77",
        "effective_at": datetime.now(UTC).isoformat(),
        "due_on": "2099-04-30",
        "tax_id": vat,
    }
    bill = await buying.bill(receipt, ("2", "2.00"), **members)
    assert await buying.bill(receipt, ("2", "2.00"), status=200, **members) == bill
    refused = await buying.bill(receipt, ("2", "2.00"), status=409, **(members | change))
    assert refused["code"] == "common.id_taken"
