"""Reports: what the books and the stock say, on both time axes."""

from datetime import date, datetime
from typing import Protocol

from app.application.reports.views import (
    BalanceSheetView,
    IntegrityView,
    ProfitAndLossView,
    ReconciliationView,
    StockTotalsView,
    TrialBalanceView,
)
from app.application.shared.reading import Listing
from app.domain.shared.frozen import frozen


@frozen
class Knowledge:
    """What is asked for: facts effective by ``as_of`` that were recorded by ``as_known_at``.

    None stands for no bound: everything, as it is known now.
    """

    as_of: date | None = None
    as_known_at: datetime | None = None


LEDGER_LIST = Listing(
    "general_ledger",
    sorts=("effective_on",),
    filters=("account_id", "effective_from", "effective_to", "as_known_at"),
)
STOCK_VALUE_LIST = Listing(
    "stock_valuation", sorts=("product_id",), filters=("product_id", "as_of", "as_known_at")
)
# Of now, which needs no sum over what was.
STOCK_VALUE_NOW_LIST = Listing(
    "stock_valuation_now", sorts=("product_id",), filters=("product_id",)
)


class Reports(Protocol):
    """Reads the reports of one tenant; every report is one snapshot."""

    async def trial_balance(self, tenant_id: bytes, at: Knowledge) -> TrialBalanceView:
        """The balance of every account that has one; the two sides are equal."""
        ...

    async def profit_and_loss(
        self, tenant_id: bytes, first: date, last: date, as_known_at: datetime | None
    ) -> ProfitAndLossView:
        """Income and expense of the days from ``first`` to ``last``, both included."""
        ...

    async def balance_sheet(self, tenant_id: bytes, at: Knowledge) -> BalanceSheetView:
        """Assets, liabilities and equity; what is earned and not yet closed counts as equity."""
        ...

    async def stock_totals(self, tenant_id: bytes, at: Knowledge) -> StockTotalsView:
        """Quantity of products and value of all stock."""
        ...

    async def reconciliation(self, tenant_id: bytes, at: Knowledge) -> ReconciliationView:
        """Each sub-ledger against its accounts, with the first document that breaks one."""
        ...

    async def integrity(
        self, tenant_id: bytes, recorded_from: datetime | None = None
    ) -> IntegrityView:
        """Every invariant of the books and the stock, with the first row that breaks one.

        With ``recorded_from``, of what was recorded at or after that instant and of all that it
        touches: a level is compared with every move of its product, an open item with every
        allocation, and so on. What was changed behind the service's back is found where it is
        recent or touched by something recent; anything else only by the audit of everything, which
        None asks for.
        """
        ...
