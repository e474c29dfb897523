"""What may be posted where: revenue, tax and the cost of goods reach accounts of their kind."""

from typing import Any

import pytest

from tests.support.company import Company

REFUSED = (422, "accounting.account_unsuitable")
# Accounts of the template by their code; those from 9000 on are the company's own.
CASH, BANK, INPUT_TAX, OUTPUT_TAX, CAPITAL, SALES, SHRINKAGE = (
    *("1000", "1100", "1400", "2100", "3000", "4000", "5200"),
)
OWN = {"9000": "asset", "9100": "liability", "9200": "equity", "9300": "income", "9400": "expense"}
ALL = {CASH, BANK, INPUT_TAX, OUTPUT_TAX, CAPITAL, SALES, SHRINKAGE, *OWN}


@pytest.fixture
async def accounts(company: Company) -> dict[str, str]:
    """The ids of the accounts in use here, by their code."""
    for code, kind in OWN.items():
        await company.post("/accounts", {"code": code, "name": f"Own {kind}", "kind": kind})
    return {code: await company.first("/accounts", code=code) for code in ALL}


async def taken(company: Company, path: str, bodies: dict[str, Any], pointer: str) -> set[str]:
    """Send each body; the accounts that were taken, the others refused at ``pointer``."""
    found = set()
    for code, body in bodies.items():
        answer = await company.client.post(
            f"/api/v1{path}", json=body, headers={"Idempotency-Key": f"account-{code}"}
        )
        if answer.status_code == 201:
            found.add(code)
            continue
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == REFUSED, (code, problem)
        assert [each["pointer"] for each in problem["errors"]] == [pointer]
    return found


@pytest.mark.parametrize("member", ["revenue_account_id", "return_account_id"])
async def test_revenue_is_income_or_a_liability_of_the_company(
    company: Company, accounts: dict[str, str], member: str
) -> None:
    unit = await company.first("/units", code="pcs")
    bodies = {
        code: {"sku": code, "name": code, "unit_id": unit, "kind": "service", member: account}
        for code, account in accounts.items()
    }
    assert await taken(company, "/products", bodies, f"/{member}") == {SALES, "9100", "9300"}


@pytest.mark.parametrize("member", ["output_account_id", "input_account_id"])
async def test_tax_is_posted_to_a_tax_account_or_one_of_the_company(
    company: Company, accounts: dict[str, str], member: str
) -> None:
    rate = {"name": "VAT", "kind": "percent", "rate": "5"}
    bodies = {
        code: {"code": code, "name": code, "components": [{**rate, member: account}]}
        for code, account in accounts.items()
    }
    found = await taken(company, "/taxes", bodies, f"/components/0/{member}")
    assert found == {INPUT_TAX, OUTPUT_TAX, "9000", "9100"}


async def test_the_cost_of_goods_taken_out_is_no_money_no_tax_and_no_income(
    company: Company, accounts: dict[str, str]
) -> None:
    tea = await company.product("TEA")
    await company.open_stock("20", "1.00", tea)
    location = await company.location()
    bodies = {
        code: {
            "location_id": location,
            "reason": "other",
            "account_id": account,
            "lines": [{"product_id": tea, "quantity": "1"}],
        }
        for code, account in accounts.items()
    }
    found = await taken(company, "/scraps", bodies, "/account_id")
    assert found == {CAPITAL, SHRINKAGE, "9000", "9200", "9400"}
    await company.assert_sound()


async def test_a_product_cannot_be_turned_to_the_cash_account(
    company: Company, accounts: dict[str, str]
) -> None:
    """A sale of 10.00 on it would post cash against cash: neither money nor revenue."""
    tea = await company.product("TEA", kind="service")
    answer = await company.client.patch(
        f"/api/v1/products/{tea}",
        json={"revenue_account_id": accounts[CASH]},
        headers={"If-Match": '"1"'},
    )
    assert (answer.status_code, answer.json()["code"]) == REFUSED
    assert (await company.get(f"/products/{tea}"))["revenue_account_id"] is None
