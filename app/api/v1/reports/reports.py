"""/reports: what the books and the stock say, on both time axes."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from app.api.answers import KNOWN_AT, answers, listed
from app.api.deps import Caller, Http
from app.api.errors import RangeReversed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.wire import AccountId, Instant, ProductId
from app.application.reports.ports import (
    LEDGER_LIST,
    STOCK_VALUE_LIST,
    STOCK_VALUE_NOW_LIST,
    Knowledge,
    Reports,
)
from app.application.reports.views import (
    BalanceSheetView,
    IntegrityView,
    LedgerLine,
    ProfitAndLossView,
    ReconciliationView,
    StockTotalsView,
    StockValueLine,
    TrialBalanceView,
)
from app.application.shared.guarded import COSTS

router = v1_router("/reports", tags=["reports"])
_READ = permission("reports:read")
_COSTS = permission("reports:read", COSTS)  # reports of nothing but what goods cost

AsOf = Annotated[date | None, Query(description="Facts effective by this day; all when left out.")]
KnownAt = Annotated[
    Instant | None,
    Query(
        description="Facts recorded by this instant. It is moved back to before the oldest "
        "transaction that may still run, and the answer states the instant used."
    ),
]

RecordedFrom = Annotated[
    Instant | None,
    Query(
        description="Only what was recorded at or after this instant, and all that it touches; "
        "everything when left out. `recorded_to` of an answer is the instant to go on from. A row "
        "that was changed in the database, and that nothing recent touches, is found without it "
        "only."
    ),
]


def _reports(http: Http) -> Reports:
    return http.services.extras["reports"]  # type: ignore[no-any-return]


def _known(http: Http, asked: datetime | None) -> datetime | None:
    """The instant of knowledge to use, so that a past answer never changes (rulings R-02)."""
    if asked is None:
        return None
    lag: timedelta = http.services.extras["knowledge_lag"]
    return min(asked, http.now() - lag)


async def _knowledge(http: Caller, as_of: AsOf = None, as_known_at: KnownAt = None) -> Knowledge:
    return Knowledge(as_of, _known(http, as_known_at))


At = Annotated[Knowledge, Depends(_knowledge)]


@router.get(
    "/trial-balance",
    summary="Trial balance",
    openapi_extra=_READ,
    responses=answers(TrialBalanceView),
)
async def trial_balance(http: Caller, at: At) -> Response:
    """Every account with its balance; both sides are equal."""
    return http.answer(await _reports(http).trial_balance(http.principal.tenant_id, at))


@router.get(
    "/profit-and-loss",
    summary="Profit and loss",
    openapi_extra=_READ,
    responses=answers(ProfitAndLossView),
)
async def profit_and_loss(
    http: Caller,
    effective_from: date,
    effective_to: date,
    as_known_at: KnownAt = None,
) -> Response:
    """Income and expense of a range of days, both ends included."""
    if effective_to < effective_from:
        raise RangeReversed.at("?effective_to")
    tenant_id, known = http.principal.tenant_id, _known(http, as_known_at)
    return http.answer(
        await _reports(http).profit_and_loss(tenant_id, effective_from, effective_to, known)
    )


@router.get(
    "/balance-sheet",
    summary="Balance sheet",
    openapi_extra=_READ,
    responses=answers(BalanceSheetView),
)
async def balance_sheet(http: Caller, at: At) -> Response:
    """Assets against liabilities and equity."""
    return http.answer(await _reports(http).balance_sheet(http.principal.tenant_id, at))


@router.get(
    "/general-ledger",
    summary="General ledger",
    openapi_extra=_READ,
    responses=listed(LedgerLine, LEDGER_LIST, as_known_at=KNOWN_AT),
)
async def general_ledger(
    http: Caller,
    page: PageQuery,
    account_id: AccountId,
    effective_from: date | None = None,
    effective_to: date | None = None,
    as_known_at: KnownAt = None,
) -> Response:
    """What was posted to an account, entry by entry, each with the document behind it."""
    known = _known(http, as_known_at)
    return await http.list(
        LEDGER_LIST,
        page.known(as_known_at, known),
        account_id=account_id,
        effective_from=effective_from,
        effective_to=effective_to,
        as_known_at=known,
    )


@router.get(
    "/stock-valuation",
    summary="Stock valuation by product",
    openapi_extra=_COSTS,
    responses=listed(StockValueLine, STOCK_VALUE_LIST, as_known_at=KNOWN_AT),
)
async def stock_valuation(
    http: Caller,
    page: PageQuery,
    as_of: AsOf = None,
    as_known_at: KnownAt = None,
    product_id: ProductId | None = None,
) -> Response:
    """Quantity and value of each product that is in stock at the date."""
    known = _known(http, as_known_at)
    return await http.list(
        STOCK_VALUE_NOW_LIST if as_of is None and known is None else STOCK_VALUE_LIST,
        page.known(as_known_at, known),
        product_id=product_id,
        as_of=as_of,
        as_known_at=known,
    )


@router.get(
    "/stock-totals",
    summary="Stock valuation in total",
    openapi_extra=_COSTS,
    responses=answers(StockTotalsView),
)
async def stock_totals(http: Caller, at: At) -> Response:
    """The value of all stock at the date."""
    return http.answer(await _reports(http).stock_totals(http.principal.tenant_id, at))


@router.get(
    "/reconciliation",
    summary="Sub-ledgers against the ledger",
    openapi_extra=_READ,
    responses=answers(ReconciliationView),
)
async def reconciliation(http: Caller, at: At) -> Response:
    """Each sub-ledger against its accounts, with the first document that breaks one."""
    return http.answer(await _reports(http).reconciliation(http.principal.tenant_id, at))


@router.get(
    "/integrity",
    summary="Invariants of books and stock",
    openapi_extra=_READ,
    responses=answers(IntegrityView),
)
async def integrity(http: Caller, recorded_from: RecordedFrom = None) -> Response:
    """Every invariant, with the first row that breaks it."""
    return http.answer(await _reports(http).integrity(http.principal.tenant_id, recorded_from))
