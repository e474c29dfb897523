"""Reports as clients see them; amounts are decimal strings in ``currency``.

Without `costs:read`, a statement shows only the accounts that reveal no cost, and no totals, which
would reveal what is left out.
"""

from typing import Annotated, Final

from typing_extensions import TypedDict

from app.application.shared.guarded import COSTS, Cost, Guarded

# Accounts by their role: where goods lie, are owed for, and were used up, and what is left over.
COST_ACCOUNTS: Final = frozenset(
    {
        "stock",
        "goods_in_transit",
        "grni",
        "payables",
        "input_tax",
        "cost_of_goods_sold",
        "purchase_price_variance",
        "shrinkage",
        "stock_gains",
        "marketing_and_samples",
        "opening_balances",
        "retained_earnings",
    }
)
AccountAmount = Annotated[str, Guarded(COSTS, ("role", COST_ACCOUNTS))]
COST_CHECKS: Final = Guarded(
    COSTS, ("name", frozenset({"trial_balance", "stock_value", "payables", "grni"}))
)
CheckAmount = Annotated[str, COST_CHECKS]


class BalanceLine(TypedDict):
    """An account with its balance; debit and credit show it on its side."""

    account_id: str
    code: str
    name: str
    kind: str
    """Asset, liability, equity, income or expense."""
    role: str | None
    debit: AccountAmount
    credit: AccountAmount
    balance: AccountAmount


class TrialBalanceView(TypedDict):
    """All balances; ``total_debit`` equals ``total_credit``."""

    as_of: str | None
    as_known_at: str | None
    currency: str
    lines: list[BalanceLine]
    total_debit: Cost
    total_credit: Cost


class AmountLine(TypedDict):
    """An account with its amount, positive on the natural side of its group."""

    account_id: str
    code: str
    name: str
    role: str | None
    amount: AccountAmount


class ProfitAndLossView(TypedDict):
    """Income and expenses of a range of days."""

    effective_from: str
    """The first day."""
    effective_to: str
    """The last day."""
    as_known_at: str | None
    currency: str
    income: list[AmountLine]
    expenses: list[AmountLine]
    """The expense accounts."""
    total_income: Cost
    total_expenses: Cost
    """All expenses."""
    net_profit: Cost


class BalanceSheetView(TypedDict):
    """Assets against liabilities and equity; the totals are equal."""

    as_of: str | None
    as_known_at: str | None
    currency: str
    assets: list[AmountLine]
    liabilities: list[AmountLine]
    equity: list[AmountLine]
    current_earnings: Cost
    total_assets: Cost
    total_liabilities: Cost
    total_equity: Cost


class LedgerLine(TypedDict):
    """What one entry did to an account."""

    entry_id: str
    number: str | None
    effective_on: str
    source_kind: str
    source_id: str
    memo: str
    debit: Cost
    credit: Cost
    recorded_at: str


class StockValueLine(TypedDict):
    """Quantity and value of a product; the unit cost is value by quantity, for reading only."""

    product_id: str
    sku: str
    quantity: str
    value: Cost
    unit_cost: Annotated[str | None, Guarded(COSTS)]


class StockTotalsView(TypedDict):
    """Stock as a whole."""

    as_of: str | None
    as_known_at: str | None
    currency: str
    product_count: int
    """How many products."""
    value: Cost


class Offender(TypedDict):
    """The first document whose two sides differ."""

    source_kind: str
    source_id: str
    sub_ledger: str
    ledger: str


class ReconciliationCheck(TypedDict):
    """A sub-ledger against its accounts."""

    name: str
    sub_ledger: CheckAmount
    ledger: CheckAmount
    difference: CheckAmount
    first_offender: Annotated[Offender | None, COST_CHECKS]


class ReconciliationView(TypedDict):
    """All checks; ``ok`` when every difference is zero."""

    as_of: str | None
    as_known_at: str | None
    currency: str
    ok: bool
    checks: list[ReconciliationCheck]


class IntegrityCheck(TypedDict):
    """An invariant: how many rows break it, and the first of them."""

    name: str
    broken: int
    first: Annotated[dict[str, str] | None, Guarded(COSTS)]


class IntegrityView(TypedDict):
    """All invariants; ``ok`` when none is broken.

    ``recorded_from`` bounds what was checked, None when it was everything; ``recorded_to`` is the
    ``recorded_from`` of the next audit that continues this one.
    """

    recorded_from: str | None
    """The instant from which facts were checked; null means all of them."""
    recorded_to: str
    """The instant to pass as `recorded_from` next time; nothing is missed between."""
    ok: bool
    checks: list[IntegrityCheck]
