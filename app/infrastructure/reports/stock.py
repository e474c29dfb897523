"""Stock valuation: now from the cost pools, at any date from the valuation entries."""

from typing import Any

from sqlalchemy import bindparam, func, select

from app.application.reports.ports import STOCK_VALUE_LIST, STOCK_VALUE_NOW_LIST, Knowledge
from app.application.reports.views import StockTotalsView, StockValueLine
from app.domain.shared.ids import show
from app.domain.shared.money import currency_exponent
from app.domain.shared.numbers import SCALE_DIGITS, divide_rounded, format_amount, format_scaled
from app.infrastructure.accounting.tables import books
from app.infrastructure.catalog.tables import products
from app.infrastructure.db.lists import ListQuery, at_most, equals
from app.infrastructure.db.port import Snapshots
from app.infrastructure.db.query import Query, of_tenant, total
from app.infrastructure.db.types import Day, Instant
from app.infrastructure.inventory.tables import cost_pools, valuations
from app.infrastructure.reports.ledger import LATEST, day_text, exponent_of, instant_text, one_row


def _totals(*, known: bool) -> Query:
    conditions = [
        *of_tenant(valuations),
        valuations.c.effective_on <= bindparam("last", type_=Day),
    ]
    if known:
        conditions.append(valuations.c.recorded_at <= bindparam("known", type_=Instant))
    by_product = (
        select(valuations.c.product_id, total(valuations.c.value).label("value"))
        .where(*conditions)
        .group_by(valuations.c.product_id)
        .having(total(valuations.c.quantity) != 0)
        .subquery()
    )
    return Query(select(func.count(), total(by_product.c.value)).select_from(by_product))


_OF_VALUATIONS = {known: _totals(known=known) for known in (False, True)}
# What is on hand now is what the cost pools hold; the auditor compares them with the valuations.
_OF_POOLS = Query(
    select(func.count(), total(cost_pools.c.value)).where(
        *of_tenant(cost_pools), cost_pools.c.quantity != 0
    )
)


async def stock_totals(snapshots: Snapshots, tenant_id: bytes, at: Knowledge) -> StockTotalsView:
    """See ``Reports.stock_totals``."""
    values: dict[str, Any] = {"last": at.as_of or LATEST}
    if at.as_known_at is not None:
        values["known"] = at.as_known_at
    totals = _OF_POOLS if at == Knowledge() else _OF_VALUATIONS[at.as_known_at is not None]
    async with snapshots.read(tenant_id) as scope:
        currency, exponent = await exponent_of(scope)
        row = await one_row(scope, totals, **values)
    return {
        "as_of": day_text(at.as_of),
        "as_known_at": instant_text(at.as_known_at),
        "currency": currency,
        "product_count": row[0],
        "value": format_amount(row[1], exponent),
    }


def _line(product_id: bytes, sku: str, quantity: int, value: int, currency: str) -> StockValueLine:
    exponent = currency_exponent(currency)
    unit_cost = None
    if quantity:
        scale = 10 ** (2 * SCALE_DIGITS - exponent)
        unit_cost = format_scaled(divide_rounded(value * scale, quantity), SCALE_DIGITS, at_least=2)
    return {
        "product_id": show("prd", product_id),
        "sku": sku,
        "quantity": format_scaled(quantity, SCALE_DIGITS),
        "value": format_amount(value, exponent),
        "unit_cost": unit_cost,
    }


_CURRENCY = select(books.c.currency).where(*of_tenant(books)).scalar_subquery()

STOCK_VALUES_NOW = ListQuery(
    STOCK_VALUE_NOW_LIST,
    select(
        cost_pools.c.product_id,
        products.c.sku,
        cost_pools.c.quantity,
        cost_pools.c.value,
        _CURRENCY.label("currency"),
    )
    .join_from(cost_pools, products, products.c.id == cost_pools.c.product_id)
    .where(*of_tenant(cost_pools, products), cost_pools.c.quantity != 0),
    cost_pools.c.product_id,
    _line,
    {"product_id": cost_pools.c.product_id},
    {"product_id": equals(cost_pools.c.product_id)},
)

# Read for each product of the page: in the grouping it would have SQLite sort all valuations.
_SKU = (
    select(products.c.sku)
    .where(*of_tenant(products), products.c.id == valuations.c.product_id)
    .scalar_subquery()
)

STOCK_VALUES = ListQuery(
    STOCK_VALUE_LIST,
    select(
        valuations.c.product_id,
        _SKU.label("sku"),
        total(valuations.c.quantity).label("quantity"),
        total(valuations.c.value).label("value"),
        _CURRENCY.label("currency"),
    )
    .where(*of_tenant(valuations))
    .group_by(valuations.c.product_id)
    .having(total(valuations.c.quantity) != 0),
    valuations.c.product_id,
    _line,
    {"product_id": valuations.c.product_id},
    {
        "product_id": equals(valuations.c.product_id),
        "as_of": at_most(valuations.c.effective_on),
        "as_known_at": at_most(valuations.c.recorded_at),
    },
)
