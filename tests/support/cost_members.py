"""Members of answers, classified by whether they reveal the cost of goods (RB-04)."""

import re
from typing import Final

from app.application.reports.views import COST_ACCOUNTS

# Every member of an answer whose name suggests a cost is classified here: it is guarded, always
# (None) or in some rows, or it is listed in OPEN. Classify new ones, too.
SUSPECT: Final = re.compile(
    r"cost|value|price|margin|profit|amount|^net$|^tax$|^total|total_|debit$|credit$|balance|"
    r"difference|variance|ledger|settled|^open$|allocat|^base$|earnings|discount|^change$|^taxes$"
    r"|first|opening|paid|expected|sum"
)
ROWS: Final = {"side": ["payable"]}, {"direction": ["out"]}
GUARDED: Final[dict[str, dict[str, list[str]] | None]] = {
    "AuditEntryView.changes": None,  # those of a receipt tell what it cost
    **dict.fromkeys(("SaleLineView.cost", "ReturnLineView.cost")),
    **dict.fromkeys(
        ("AdjustmentLineView.value", "AdjustmentView.value", "AdjustmentSummary.value")
    ),
    **dict.fromkeys(("ScrapLineView.cost", "ScrapView.cost", "ScrapSummary.cost")),
    **dict.fromkeys(("ReceiptLineView.unit_cost", "ReceiptLineView.value")),
    **dict.fromkeys(("ReceiptView.value", "ReceiptSummary.value")),
    **{
        f"BillLineView.{name}": None
        for name in (
            "unit_price",
            "net",
            "tax",
            "total",
            "received_value",
            "difference",
            "difference_in_stock",
        )
    },
    **{
        f"{view}.{name}": None
        for view in ("BillView", "BillSummary")
        for name in ("net", "tax", "total", "received_value")
    },
    **dict.fromkeys(("BillTaxView.base", "BillTaxView.amount")),
    **{
        f"SupplierReturnLineView.{name}": None
        for name in ("value", "received_value", "net", "tax", "variance")
    },
    **{
        f"{view}.{name}": None
        for view in ("SupplierReturnView", "SupplierReturnSummary")
        for name in ("value", "received_value", "credit")
    },
    **dict.fromkeys(("EntryView.total", "EntrySummary.total")),
    **dict.fromkeys(("EntryLineView.debit", "EntryLineView.credit")),
    **dict.fromkeys(("LedgerLine.debit", "LedgerLine.credit")),
    **{
        f"{view}.{name}": ROWS[1]
        for view in ("PaymentView", "PaymentSummary")
        for name in ("amount", "allocated", "unallocated")
    },
    "PaymentView.allocations": ROWS[1],
    "AllocationView.allocated": ROWS[0],
    "AllocationSummary.allocated": ROWS[0],
    "AllocationView.allocations": ROWS[0],
    **{f"OpenItemView.{name}": ROWS[0] for name in ("amount", "settled", "open")},
    **{
        f"BalanceLine.{name}": {"role": sorted(COST_ACCOUNTS)}
        for name in ("debit", "credit", "balance")
    },
    "AmountLine.amount": {"role": sorted(COST_ACCOUNTS)},
    **dict.fromkeys(("TrialBalanceView.total_debit", "TrialBalanceView.total_credit")),
    **{
        f"ProfitAndLossView.{name}": None
        for name in ("total_income", "total_expenses", "net_profit")
    },
    **{
        f"BalanceSheetView.{name}": None
        for name in ("current_earnings", "total_assets", "total_liabilities", "total_equity")
    },
    **dict.fromkeys(("StockValueLine.value", "StockValueLine.unit_cost", "StockTotalsView.value")),
    **{
        f"ReconciliationCheck.{name}": {
            "name": ["grni", "payables", "stock_value", "trial_balance"]
        }
        for name in ("sub_ledger", "ledger", "difference", "first_offender")
    },
    "IntegrityCheck.first": None,
}
_VIEWS: Final = ("View", "Summary")
OPEN: Final = {
    "ProductView.price",  # the list price
    *(f"SaleLineView.{name}" for name in ("unit_price", "discount", "net", "tax", "total")),
    *(f"ReturnLineView.{name}" for name in ("unit_price", "net", "tax", "total")),
    *(f"Sale{view}.{name}" for view in _VIEWS for name in ("net", "tax", "total", "change")),
    *(f"Return{view}.{name}" for view in _VIEWS for name in ("net", "tax", "total")),
    "SaleView.taxes",
    "ReturnView.taxes",
    "TaxLineView.base",
    "TaxLineView.amount",
    "TenderView.amount",
    "ProductView.costing",  # the method
    "TerminalView.opening_hours",
    "BillView.taxes",  # what stands in them is guarded
    "CompanyView.price_difference_policy",
    "AuditVerdictView.first_break",  # places in the audit trail
    "AuditVerdictView.first_sequence",
    "PaymentAllocationView.amount",  # in a list that is guarded
    "MatchView.amount",
    "Offender.ledger",
    "Offender.sub_ledger",
}
