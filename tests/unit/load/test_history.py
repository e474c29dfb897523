"""The long history of the growth table: balanced, and read as if the service had made it."""

from typing import Any

from app.domain.shared.ids import read
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
    return Facts(read("tnt", me["tenant_id"]), read("usr", me["user_id"]), place, *accounts)


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
