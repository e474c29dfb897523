"""Reports as clients see them; amounts are decimal strings in ``currency``."""

from typing_extensions import TypedDict


class BalanceLine(TypedDict):
    """An account with its balance; debit and credit show it on its side."""

    account_id: str
    code: str
    name: str
    type: str
    role: str | None
    debit: str
    credit: str
    balance: str


class TrialBalanceView(TypedDict):
    """All balances; ``total_debit`` equals ``total_credit``."""

    as_of: str | None
    as_known_at: str | None
    currency: str
    lines: list[BalanceLine]
    total_debit: str
    total_credit: str


class AmountLine(TypedDict):
    """An account with its amount, positive on the natural side of its group."""

    account_id: str
    code: str
    name: str
    role: str | None
    amount: str


ProfitAndLossView = TypedDict(
    "ProfitAndLossView",
    {
        "from": str,
        "to": str,
        "as_known_at": str | None,
        "currency": str,
        "income": list[AmountLine],
        "expense": list[AmountLine],
        "total_income": str,
        "total_expense": str,
        "net_profit": str,
    },
)


class BalanceSheetView(TypedDict):
    """Assets against liabilities and equity; the totals are equal."""

    as_of: str | None
    as_known_at: str | None
    currency: str
    assets: list[AmountLine]
    liabilities: list[AmountLine]
    equity: list[AmountLine]
    current_earnings: str
    total_assets: str
    total_liabilities: str
    total_equity: str


class LedgerLine(TypedDict):
    """What one entry did to an account."""

    entry_id: str
    number: str | None
    effective_on: str
    source_kind: str
    source_id: str
    memo: str
    debit: str
    credit: str
    recorded_at: str


class StockValueLine(TypedDict):
    """Quantity and value of a product; the unit cost is value by quantity, for reading only."""

    product_id: str
    sku: str
    quantity: str
    value: str
    unit_cost: str | None


class StockTotalsView(TypedDict):
    """Stock as a whole."""

    as_of: str | None
    as_known_at: str | None
    currency: str
    products: int
    value: str


class Offender(TypedDict):
    """The first document whose two sides differ."""

    source_kind: str
    source_id: str
    sub_ledger: str
    ledger: str


class ReconciliationCheck(TypedDict):
    """A sub-ledger against its accounts."""

    name: str
    sub_ledger: str
    ledger: str
    difference: str
    first_offender: Offender | None


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
    first: dict[str, str] | None


class IntegrityView(TypedDict):
    """All invariants; ``ok`` when none is broken.

    ``since`` bounds what was checked, None when it was everything; ``until`` is the ``since`` of
    the next audit that continues this one.
    """

    since: str | None
    until: str
    ok: bool
    checks: list[IntegrityCheck]
