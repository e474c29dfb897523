"""On which days facts may be dated (rulings R-41)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.company import Company, register_company


async def request(company: Company, document: str) -> tuple[str, dict[str, Any]]:
    """The path and a body of a document that moves no goods."""
    if document == "journal entry":
        cash, capital = [await company.first("/accounts", code=code) for code in ("1000", "3000")]
        lines = [{"account_id": cash, "debit": "5.00"}, {"account_id": capital, "credit": "5.00"}]
        return "/journal-entries", {"lines": lines}
    if document == "service":
        product = await company.product("HELP", kind="service")
        return "/sales", {
            "location_id": await company.location(),
            "lines": [{"product_id": product, "quantity": "1", "unit_price": "5.00"}],
            "tenders": [{"method": "cash", "amount": "5.00"}],
        }
    customer = {"contact_id": await company.contact("Ann", "customer")}
    if document == "allocation":
        return "/allocations", {**customer, "side": "receivable"}
    paid = {"direction": "in", "method": "cash", "amount": "5.00"}
    return "/payments", {**customer, **paid, "allocate": "none", "excess": "credit"}


@pytest.mark.parametrize("document", ["payment", "journal entry", "allocation", "service"])
async def test_a_fact_is_dated_tomorrow_at_the_latest(company: Company, document: str) -> None:
    """A year that was typed wrong does not reach the books."""
    path, body = await request(company, document)
    now = datetime.now(UTC)
    # Three days: the test may run over midnight.
    for ahead in (timedelta(days=3), timedelta(days=36_500)):
        refused = await company.post(
            path, {**body, "effective_at": (now + ahead).isoformat()}, status=422
        )
        assert (refused["code"], refused["errors"][0]["pointer"]) == (
            "accounting.dated_ahead",
            "/effective_at",
        )
    assert (await company.get(path))["data"] == []
    assert set((await company.balances()).values()) <= {"0.00"}
    tomorrow = (now + timedelta(days=1)).isoformat()
    posted = await company.post(path, {**body, "effective_at": tomorrow})
    assert posted["effective_on"] == tomorrow[:10]
    await company.assert_sound()


async def test_the_latest_day_is_named_as_the_company_counts_days(application: Any) -> None:
    """Fourteen hours ahead of UTC it may be tomorrow already."""
    async with register_company(application, time_zone="Pacific/Kiritimati") as company:
        path, body = await request(company, "payment")
        late = datetime.now(UTC) + timedelta(days=5)
        refused = await company.post(path, {**body, "effective_at": late.isoformat()}, status=422)
        latest = (datetime.now(UTC) + timedelta(hours=14, days=1)).date()
        assert latest.isoformat() in refused["detail"]
