"""What a product may name: accounts and taxes that are in use and open to users."""

from collections.abc import Awaitable, Callable

import pytest

from tests.support.company import Company


@pytest.mark.parametrize("role", ["stock", "receivables", "grni"])
@pytest.mark.parametrize("member", ["revenue_account_id", "return_account_id"])
async def test_a_control_account_is_nothing_a_product_posts_to(
    company: Company, role: str, member: str
) -> None:
    """Domain-notes 3.1: a control account moves with its sub-ledger alone."""
    account = await company.first("/accounts", role=role)
    unit = await company.first("/units", code="pcs")
    body = {"sku": "CTL", "name": "Service", "unit_id": unit, "kind": "service", member: account}
    refused = await company.post("/products", body, status=422)
    assert (refused["code"], refused["errors"][0]["pointer"]) == (
        "accounting.control_account",
        f"/{member}",
    )
    product_id = await company.product("CTL", kind="service")
    answer = await company.client.patch(
        f"/api/v1/products/{product_id}", json={member: account}, headers={"If-Match": '"1"'}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "accounting.control_account")
    assert (await company.get(f"/products/{product_id}"))[member] is None


async def test_what_a_product_names_may_go_out_of_use_later(
    company: Company, deactivate: Callable[[str], Awaitable[None]]
) -> None:
    """A new product cannot name it any more; one that names it already can still be changed."""
    tax = await company.first("/taxes", code="VAT20")
    product_id = await company.product("OLD", tax_id=tax)
    await deactivate(f"/taxes/{tax}")
    unit = await company.first("/units", code="pcs")
    body = {"sku": "NEW", "name": "New", "unit_id": unit, "price": "1.00", "tax_id": tax}
    refused = await company.post("/products", body, status=409)
    assert (refused["code"], refused["errors"][0]["pointer"]) == (
        "accounting.tax_inactive",
        "/tax_id",
    )
    answer = await company.client.patch(
        f"/api/v1/products/{product_id}",
        json={"name": "Renamed", "tax_id": tax},
        headers={"If-Match": '"1"'},
    )
    assert (answer.status_code, answer.json()["name"]) == (200, "Renamed")
