"""Payments and months against their rules, over HTTP on both databases."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.company import Company
from tests.support.purchasing import Buying

Deactivate = Callable[[str], Awaitable[None]]


def paid(direction: str, contact_id: str, amount: str, **members: Any) -> dict[str, Any]:
    return {
        "direction": direction,
        "contact_id": contact_id,
        "method": "bank",
        "amount": amount,
        **members,
    }


@pytest.mark.parametrize("named", [False, True])
async def test_a_customer_out_of_use_still_pays_what_is_owed(
    company: Company, deactivate: Deactivate, named: bool
) -> None:
    """Semantics 3.4.1: a payment settles documents; the debt outlives the use of its contact."""
    customer_id = await company.contact("Leaver")
    product_id = await company.product("PAY-1", kind="service", price="10.00")
    sale = await company.sell(
        (product_id, "1"), customer_id=customer_id, tenders=[{"method": "on_account"}]
    )
    await deactivate(f"/contacts/{customer_id}")
    refused = await company.sell((product_id, "1"), customer_id=customer_id, status=409)
    assert refused["code"] == "catalog.contact_inactive"
    target = [{"document_id": sale["id"], "amount": "4.00"}]
    part: dict[str, Any] = {"allocations": target} if named else {}
    payment = await company.post("/payments", paid("in", customer_id, "4.00", **part))
    assert (payment["allocated"], payment["unallocated"]) == ("4.00", "0.00")
    await company.post("/payments", paid("in", customer_id, "6.00"))
    assert (await company.balances())["receivables"] == "0.00"
    advance = paid("in", customer_id, "1.00", excess="credit")
    problem = await company.post("/payments", advance, status=409)
    assert problem["code"] == "catalog.contact_inactive"
    await company.assert_sound()


async def test_a_contact_that_lost_its_role_is_still_paid(company: Company, buying: Buying) -> None:
    """The same of a supplier that was made a customer only."""
    product_id = await company.product("PAY-2")
    receipt = await buying.receive((product_id, "2", "5.00"))
    await buying.bill(receipt, ("2", "5.00"))
    path = f"/api/v1/contacts/{buying.supplier_id}"
    change = {"roles": ["customer"]}
    answer = await company.client.patch(path, json=change, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    await company.post("/payments", paid("out", buying.supplier_id, "10.00"))
    assert (await company.balances())["payables"] == "0.00"
    advance = paid("out", buying.supplier_id, "1.00", excess="credit")
    problem = await company.post("/payments", advance, status=422)
    assert problem["code"] == "catalog.contact_role_missing"


async def test_the_debt_of_another_does_not_let_one_pay(
    company: Company, deactivate: Deactivate
) -> None:
    """A named document opens the way to its own party only."""
    debtor, leaver = await company.contact("Debtor"), await company.contact("Leaver")
    product_id = await company.product("PAY-3", kind="service", price="10.00")
    sale = await company.sell(
        (product_id, "1"), customer_id=debtor, tenders=[{"method": "on_account"}]
    )
    await deactivate(f"/contacts/{leaver}")
    target = [{"document_id": sale["id"], "amount": "1.00"}]
    payment = paid("in", leaver, "1.00", allocations=target)
    problem = await company.post("/payments", payment, status=409)
    assert problem["code"] == "catalog.contact_inactive"


async def test_a_month_to_come_cannot_be_closed(company: Company) -> None:
    """Closing it would shut all months up to it: a slip of the pen must not end the books."""
    present = datetime.now(UTC)
    later = f"{present.year + 1}-{present.month:02d}"
    refused = await company.post(f"/periods/{later}/close", {}, status=409)
    assert refused["code"] == "accounting.period_not_begun"
    assert refused["detail"].startswith(f"The month {later} is in the future")
    periods = await company.get("/periods")
    assert [each for each in periods["data"] if each["status"] != "open"] == []
