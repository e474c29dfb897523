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
    """The account."""
    code: str
    """The code of the account."""
    name: str
    """The name of the account."""
    kind: str
    """Asset, liability, equity, income or expense."""
    role: str | None
    """What the books use the account for; null for an account of your own."""
    debit: AccountAmount
    """The amount on the debit side."""
    credit: AccountAmount
    """The amount on the credit side."""
    balance: AccountAmount
    """Debit less credit."""


class TrialBalanceView(TypedDict):
    """All balances; ``total_debit`` equals ``total_credit``."""

    as_of: str | None
    """The business day up to which facts count; null means all."""
    as_known_at: str | None
    """The instant of knowledge that was used; null means now."""
    currency: str
    """ISO 4217 code."""
    lines: list[BalanceLine]
    """The accounts, by code."""
    total_debit: Cost
    """All debits."""
    total_credit: Cost
    """All credits."""


class AmountLine(TypedDict):
    """An account with its amount, positive on the natural side of its group."""

    account_id: str
    """The account."""
    code: str
    """The code of the account."""
    name: str
    """The name of the account."""
    role: str | None
    """What the books use the account for; null for an account of your own."""
    amount: AccountAmount
    """The balance, positive on the natural side of its group."""


class ProfitAndLossView(TypedDict):
    """Income and expenses of a range of days."""

    effective_from: str
    """The first day."""
    effective_to: str
    """The last day."""
    as_known_at: str | None
    """The instant of knowledge that was used; null means now."""
    currency: str
    """ISO 4217 code."""
    income: list[AmountLine]
    """The income accounts."""
    expenses: list[AmountLine]
    """The expense accounts."""
    total_income: Cost
    """All income."""
    total_expenses: Cost
    """All expenses."""
    net_profit: Cost
    """Income less expense."""


class BalanceSheetView(TypedDict):
    """Assets against liabilities and equity; the totals are equal."""

    as_of: str | None
    """The business day up to which facts count; null means all."""
    as_known_at: str | None
    """The instant of knowledge that was used; null means now."""
    currency: str
    """ISO 4217 code."""
    assets: list[AmountLine]
    """What the company owns."""
    liabilities: list[AmountLine]
    """What the company owes."""
    equity: list[AmountLine]
    """What belongs to the owners."""
    current_earnings: Cost
    """Income less expense of all time, not yet moved to equity."""
    total_assets: Cost
    """All assets."""
    total_liabilities: Cost
    """All liabilities."""
    total_equity: Cost
    """All equity, with the current earnings."""


class LedgerLine(TypedDict):
    """What one entry did to an account."""

    entry_id: str
    """The journal entry that posted it."""
    number: str | None
    """The number of the document, without gaps in its series."""
    effective_on: str
    """The business day, in the time zone of the company."""
    source_kind: str
    """The kind of the document behind it."""
    source_id: str
    """The document behind it."""
    memo: str
    """A note for people."""
    debit: Cost
    """The amount on the debit side."""
    credit: Cost
    """The amount on the credit side."""
    recorded_at: str
    """When the service recorded it."""


class StockValueLine(TypedDict):
    """Quantity and value of a product; the unit cost is value by quantity, for reading only."""

    product_id: str
    """The product."""
    sku: str
    """The article number; unique within the company, without regard to case."""
    quantity: str
    """The quantity, in the unit of the product."""
    value: Cost
    """The value at cost."""
    unit_cost: Annotated[str | None, Guarded(COSTS)]
    """The cost of one unit."""


class StockTotalsView(TypedDict):
    """Stock as a whole."""

    as_of: str | None
    """The business day up to which facts count; null means all."""
    as_known_at: str | None
    """The instant of knowledge that was used; null means now."""
    currency: str
    """ISO 4217 code."""
    product_count: int
    """How many products."""
    value: Cost
    """The value at cost."""


class Offender(TypedDict):
    """The first document whose two sides differ."""

    source_kind: str
    """The kind of the document behind it."""
    source_id: str
    """The document behind it."""
    sub_ledger: str
    """What the documents say."""
    ledger: str
    """What the ledger says."""


class ReconciliationCheck(TypedDict):
    """A sub-ledger against its accounts."""

    name: str
    """What is compared."""
    sub_ledger: CheckAmount
    """What the documents say."""
    ledger: CheckAmount
    """What the ledger says."""
    difference: CheckAmount
    """How much the two sides differ."""
    first_offender: Annotated[Offender | None, COST_CHECKS]
    """The first document that breaks the agreement; null when none does."""


class ReconciliationView(TypedDict):
    """All checks; ``ok`` when every difference is zero."""

    as_of: str | None
    """The business day up to which facts count; null means all."""
    as_known_at: str | None
    """The instant of knowledge that was used; null means now."""
    currency: str
    """ISO 4217 code."""
    ok: bool
    """Whether all agree."""
    checks: list[ReconciliationCheck]
    """The checks, one by one."""


class IntegrityCheck(TypedDict):
    """An invariant: how many rows break it, and the first of them."""

    name: str
    """The rule."""
    broken: int
    """How many rows break the rule."""
    first: Annotated[dict[str, str] | None, Guarded(COSTS)]
    """The first row that breaks the rule; null when none does."""


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
    """Whether no rule is broken."""
    checks: list[IntegrityCheck]
    """The checks, one by one."""
