"""The reports of both databases."""

from datetime import date, datetime

from app.application.reports.ports import Knowledge
from app.application.reports.views import (
    BalanceSheetView,
    IntegrityView,
    ProfitAndLossView,
    ReconciliationView,
    StockTotalsView,
    TrialBalanceView,
)
from app.infrastructure.db.port import Snapshots
from app.infrastructure.reports import ledger, stock
from app.infrastructure.reports.folding import Folding

LISTS = (ledger.GENERAL_LEDGER, stock.STOCK_VALUES, stock.STOCK_VALUES_NOW)


class DatabaseReports:
    """Implements ``app.application.reports.ports.Reports``.

    Who has read the ledger has the next reader's checkpoint looked after.
    """

    def __init__(self, snapshots: Snapshots, folding: Folding) -> None:
        self._snapshots = snapshots
        self._folding = folding

    async def trial_balance(self, tenant_id: bytes, at: Knowledge) -> TrialBalanceView:
        """The balance of every account."""
        view = await ledger.trial_balance(self._snapshots, tenant_id, at)
        self._folding.begin(tenant_id)
        return view

    async def profit_and_loss(
        self, tenant_id: bytes, first: date, last: date, as_known_at: datetime | None
    ) -> ProfitAndLossView:
        """Income and expense."""
        view = await ledger.profit_and_loss(self._snapshots, tenant_id, first, last, as_known_at)
        self._folding.begin(tenant_id)
        return view

    async def balance_sheet(self, tenant_id: bytes, at: Knowledge) -> BalanceSheetView:
        """Assets, liabilities and equity."""
        view = await ledger.balance_sheet(self._snapshots, tenant_id, at)
        self._folding.begin(tenant_id)
        return view

    async def stock_totals(self, tenant_id: bytes, at: Knowledge) -> StockTotalsView:
        """All stock."""
        return await stock.stock_totals(self._snapshots, tenant_id, at)

    async def reconciliation(self, tenant_id: bytes, at: Knowledge) -> ReconciliationView:
        """Each sub-ledger against its accounts."""
        from app.infrastructure.reports import reconciliation  # noqa: PLC0415 - 1 MB, rarely needed

        return await reconciliation.reconciliation(self._snapshots, tenant_id, at)

    async def integrity(
        self, tenant_id: bytes, recorded_from: datetime | None = None
    ) -> IntegrityView:
        """Every invariant."""
        from app.infrastructure.reports import integrity  # noqa: PLC0415 - 6 MB, rarely needed

        return await integrity.integrity(self._snapshots, tenant_id, recorded_from)
