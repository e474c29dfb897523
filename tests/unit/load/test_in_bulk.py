"""What is loaded in bulk is as the service makes it: the history, balanced, and the catalogue."""

from typing import Any

from app.domain.shared.ids import read
from load.measure.bulk import load_rows
from load.measure.catalogue import products
from load.measure.company import product_id
from load.measure.history import History, write
from load.measure.limits import Facts
from tests.support.company import Company
from tests.support.ledger import Ledger

PRODUCTS = 6


async def facts_of(company: Company) -> Facts:
    me = await company.get("/auth/me")
    names = ("cash", "sales", "cost_of_goods_sold", "stock")
    accounts = [read("acc", await company.first("/accounts", role=role)) for role in names]
    place = read("loc", await company.location())
    return Facts(read("cmp", me["company_id"]), read("usr", me["user_id"]), place, *accounts)


async def test_a_history_is_sound(
    own_database_url: str, own_company: Company, own_application: Any
) -> None:
    """Every invariant that its rows can break holds, before and after they are folded."""
    company = own_company
    for number in range(1, PRODUCTS + 1):
        await company.product(f"SKU-{number}", id=product_id(number))
    history = History(await facts_of(company), PRODUCTS)
    for lines in (40, 400):
        await write(own_database_url, history, lines)
        assert history.lines == lines
        before = await company.get("/reports/trial-balance")
        assert len(before["lines"]) == 4
        ledger = await Ledger.of(own_application, company)
        assert await ledger.fold() > 0
        assert await company.get("/reports/trial-balance") == before
        checks = (await company.get("/reports/integrity"))["checks"]
        broken = {each["name"] for each in checks if each["broken"]}
        assert "entries_balance" not in broken
        assert "day_balances_are_lines" not in broken
        assert "lines_are_dated_as_entries" not in broken
    assert (await company.get("/stock-moves", limit=1))["has_more"]


async def test_a_catalogue_is_as_the_service_makes_it(
    own_database_url: str, own_company: Company
) -> None:
    """A product that was loaded in bulk differs from one of the API in its number only."""
    company = own_company
    facts = await facts_of(company)
    unit = await company.first("/units", code="pcs")
    first = await company.product("SKU-1", id=product_id(1), price="2.50")
    made = await company.get(f"/products/{first}")
    await load_rows(own_database_url, products(facts.tenant, unit, 2, 20_003))
    last = await company.get(f"/products/{product_id(20_003)}")
    renumbered = {"id": product_id(20_003), "sku": "SKU-0020003", "name": "Product 0020003"}
    assert last == {**made, **renumbered}
    page = await company.get("/products", sort="-id", limit=1, include_total="true")
    assert (page["data"], page["total"]) == ([last], 20_003)
    checks = (await company.get("/reports/integrity"))["checks"]
    assert [each["name"] for each in checks if each["broken"]] == []
