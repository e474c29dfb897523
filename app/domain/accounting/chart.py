"""The chart of accounts: kinds, the roles the books post by, the template of a new company."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from app.domain.accounting.errors import (
    AccountInactive,
    AccountRequired,
    AccountUnsuitable,
    ControlAccount,
)
from app.domain.accounting.ids import AccountId
from app.domain.shared.errors import InvalidValue
from app.domain.shared.fields import Active, Code, Example, Mark, Name, Version
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


class AccountKind(StrEnum):
    """Where an account stands in the statements."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class AccountRole(StrEnum):
    """What the books use an account for; a company has exactly one account per role (R-16)."""

    CASH = "cash"
    CARD_CLEARING = "card_clearing"
    BANK = "bank"
    RECEIVABLES = "receivables"
    PAYABLES = "payables"
    STOCK = "stock"
    GRNI = "grni"
    GOODS_IN_TRANSIT = "goods_in_transit"
    INPUT_TAX = "input_tax"
    OUTPUT_TAX = "output_tax"
    SALES = "sales"
    SALES_RETURNS = "sales_returns"
    SALES_ALLOWANCES = "sales_allowances"
    DISCOUNTS_ALLOWED = "discounts_allowed"
    FREIGHT_INCOME = "freight_income"
    COST_OF_GOODS_SOLD = "cost_of_goods_sold"
    PURCHASE_PRICE_VARIANCE = "purchase_price_variance"
    SHRINKAGE = "shrinkage"
    STOCK_GAINS = "stock_gains"
    ROUNDING = "rounding"
    MERCHANT_FEES = "merchant_fees"
    MARKETING_AND_SAMPLES = "marketing_and_samples"
    BAD_DEBT = "bad_debt"
    ALLOWANCE_FOR_BAD_DEBT = "allowance_for_bad_debt"
    CUSTOMER_CREDIT = "customer_credit"
    EXCHANGE_GAIN_LOSS = "exchange_gain_loss"
    RETAINED_EARNINGS = "retained_earnings"
    OPENING_BALANCES = "opening_balances"


# Accounts whose balance a sub-ledger explains item by item; a hand-made entry would break the tie.
# The tax accounts are not among them: no document of its own settles the tax with the
# authority, so the return and its payment are entries made by hand.
CONTROL_ROLES: Final = frozenset(
    {AccountRole.RECEIVABLES, AccountRole.PAYABLES, AccountRole.STOCK, AccountRole.GRNI}
)


@frozen
class Account:
    """One account of the general ledger. Its kind and role never change.

    Raises:
        InvalidValue: the kind is not the role's.
        AccountRequired: it has a role and is not active; the books could not post.
    """

    id: AccountId
    code: Annotated[Code, Example("6150")]
    name: Annotated[Name, Example("Postage")]
    kind: Annotated[AccountKind, Mark.FIXED, Example("expense")]
    """Asset, liability, equity, income or expense; it decides where the balance stands."""
    role: Annotated[AccountRole, Mark.GIVEN] | None
    """What the books use the account for; null for an account of your own."""
    active: Active
    version: Version

    def __post_init__(self) -> None:
        if self.role is None:
            return
        if ROLE_KINDS[self.role] is not self.kind:
            raise InvalidValue.at("/kind")
        if not self.active:
            raise AccountRequired

    @property
    def control(self) -> AccountRole | None:
        """The sub-ledger that alone posts to this account, or None."""
        return self.role if self.role in CONTROL_ROLES else None

    def check_named(self, pointer: str) -> None:
        """Let a user name this account: on a line of an entry, a product, a tax component.

        Raises:
            ControlAccount: its sub-ledger alone posts to it.
            AccountInactive: it is no longer in use.
        """
        if self.control is not None:
            raise ControlAccount.at(pointer)
        if not self.active:
            raise AccountInactive.at(pointer)

    def check_revenue(self, pointer: str) -> None:
        """Let what is sold post to this account: income, or a liability of the company's own.

        A deposit or a voucher that is sold is owed to the customer, so it is a liability.

        Raises:
            ControlAccount, AccountInactive: as ``check_named``.
            AccountUnsuitable: it is of another kind, or the books use it for something else.
        """
        self.check_named(pointer)
        own_liability = self.kind is AccountKind.LIABILITY and self.role is None
        if not (self.kind is AccountKind.INCOME or own_liability):
            raise AccountUnsuitable.at(pointer)

    def check_tax(self, pointer: str) -> None:
        """Let tax post to this account: that of a tax, or an asset or liability of its own.

        Raises:
            ControlAccount, AccountInactive: as ``check_named``.
            AccountUnsuitable: it is of another kind, or the books use it for something else.
        """
        self.check_named(pointer)
        own = self.role is None and self.kind in (AccountKind.ASSET, AccountKind.LIABILITY)
        if not (own or self.role in (AccountRole.INPUT_TAX, AccountRole.OUTPUT_TAX)):
            raise AccountUnsuitable.at(pointer)

    def check_cost(self, pointer: str) -> None:
        """Let the cost of goods taken out post to this account.

        That is an expense, or an asset (goods used to build something) or equity (goods taken by
        the owner) of the company's own.

        Raises:
            ControlAccount, AccountInactive: as ``check_named``.
            AccountUnsuitable: it is of another kind, or the books use it for something else.
        """
        self.check_named(pointer)
        own = self.role is None and self.kind in (AccountKind.ASSET, AccountKind.EQUITY)
        if not (own or self.kind is AccountKind.EXPENSE):
            raise AccountUnsuitable.at(pointer)


class TemplateAccount(NamedTuple):
    """An account that every new company starts with."""

    code: str
    name: str
    kind: AccountKind
    role: AccountRole | None = None


_ASSET, _LIABILITY, _EQUITY = AccountKind.ASSET, AccountKind.LIABILITY, AccountKind.EQUITY
_INCOME, _EXPENSE = AccountKind.INCOME, AccountKind.EXPENSE

# 1 assets, 2 liabilities, 3 equity, 4 income, 5 cost of sales, 6 operating expense, 7 other.
# Deductions from sales are of kind income, so that net revenue is one sum; the allowance for bad
# debt and accumulated depreciation are of kind asset, for they lower one.
TEMPLATE: Final[tuple[TemplateAccount, ...]] = (
    TemplateAccount("1000", "Cash", _ASSET, AccountRole.CASH),
    TemplateAccount("1050", "Card clearing", _ASSET, AccountRole.CARD_CLEARING),
    TemplateAccount("1100", "Bank", _ASSET, AccountRole.BANK),
    TemplateAccount("1200", "Receivables", _ASSET, AccountRole.RECEIVABLES),
    TemplateAccount("1250", "Allowance for bad debt", _ASSET, AccountRole.ALLOWANCE_FOR_BAD_DEBT),
    TemplateAccount("1300", "Stock", _ASSET, AccountRole.STOCK),
    TemplateAccount("1350", "Goods in transit", _ASSET, AccountRole.GOODS_IN_TRANSIT),
    TemplateAccount("1400", "Input tax", _ASSET, AccountRole.INPUT_TAX),
    TemplateAccount("1500", "Prepayments", _ASSET),
    TemplateAccount("1600", "Other receivables", _ASSET),
    TemplateAccount("1700", "Fixed assets", _ASSET),
    TemplateAccount("1750", "Accumulated depreciation", _ASSET),
    TemplateAccount("2000", "Payables", _LIABILITY, AccountRole.PAYABLES),
    TemplateAccount("2050", "Goods received not invoiced", _LIABILITY, AccountRole.GRNI),
    TemplateAccount("2100", "Output tax", _LIABILITY, AccountRole.OUTPUT_TAX),
    TemplateAccount("2200", "Customer credit", _LIABILITY, AccountRole.CUSTOMER_CREDIT),
    TemplateAccount("2300", "Accruals", _LIABILITY),
    TemplateAccount("2400", "Wages and payroll taxes payable", _LIABILITY),
    TemplateAccount("2500", "Income tax payable", _LIABILITY),
    TemplateAccount("2600", "Loans", _LIABILITY),
    TemplateAccount("3000", "Share capital", _EQUITY),
    TemplateAccount("3100", "Owner's drawings and dividends", _EQUITY),
    TemplateAccount("3200", "Retained earnings", _EQUITY, AccountRole.RETAINED_EARNINGS),
    TemplateAccount("3900", "Opening balances", _EQUITY, AccountRole.OPENING_BALANCES),
    TemplateAccount("4000", "Sales", _INCOME, AccountRole.SALES),
    TemplateAccount("4100", "Sales returns", _INCOME, AccountRole.SALES_RETURNS),
    TemplateAccount("4200", "Sales allowances", _INCOME, AccountRole.SALES_ALLOWANCES),
    TemplateAccount("4300", "Discounts allowed", _INCOME, AccountRole.DISCOUNTS_ALLOWED),
    TemplateAccount("4400", "Freight income", _INCOME, AccountRole.FREIGHT_INCOME),
    TemplateAccount("4500", "Stock gains", _INCOME, AccountRole.STOCK_GAINS),
    TemplateAccount("4900", "Other income", _INCOME),
    TemplateAccount("5000", "Cost of goods sold", _EXPENSE, AccountRole.COST_OF_GOODS_SOLD),
    TemplateAccount(
        "5100", "Purchase price variance", _EXPENSE, AccountRole.PURCHASE_PRICE_VARIANCE
    ),
    TemplateAccount("5200", "Shrinkage", _EXPENSE, AccountRole.SHRINKAGE),
    TemplateAccount("6000", "Wages and salaries", _EXPENSE),
    TemplateAccount("6050", "Payroll taxes", _EXPENSE),
    TemplateAccount("6100", "Rent", _EXPENSE),
    TemplateAccount("6150", "Heat, light and water", _EXPENSE),
    TemplateAccount("6200", "Office and software", _EXPENSE),
    TemplateAccount("6250", "Telephone and internet", _EXPENSE),
    TemplateAccount("6300", "Freight and carriage out", _EXPENSE),
    TemplateAccount("6350", "Travel and vehicles", _EXPENSE),
    TemplateAccount("6400", "Marketing and samples", _EXPENSE, AccountRole.MARKETING_AND_SAMPLES),
    TemplateAccount("6450", "Merchant fees", _EXPENSE, AccountRole.MERCHANT_FEES),
    TemplateAccount("6500", "Insurance", _EXPENSE),
    TemplateAccount("6550", "Legal and accounting fees", _EXPENSE),
    TemplateAccount("6600", "Repairs and maintenance", _EXPENSE),
    TemplateAccount("6650", "Bad debt", _EXPENSE, AccountRole.BAD_DEBT),
    TemplateAccount("6700", "Depreciation", _EXPENSE),
    TemplateAccount("6900", "Other operating expense", _EXPENSE),
    TemplateAccount("7000", "Interest", _EXPENSE),
    TemplateAccount("7100", "Exchange gain and loss", _EXPENSE, AccountRole.EXCHANGE_GAIN_LOSS),
    TemplateAccount("7200", "Rounding", _EXPENSE, AccountRole.ROUNDING),
    TemplateAccount("7300", "Income tax", _EXPENSE),
)

ROLE_KINDS: Final = {row.role: row.kind for row in TEMPLATE if row.role is not None}


def template_accounts(existing: Iterable[Account], new_id: Callable[[], Id]) -> list[Account]:
    """The accounts of the template that a company still lacks, ready to be stored.

    A company without accounts gets the whole template. One that has accounts gets only the roles
    that none of them holds, because the rest is a proposal that it may have renumbered; so a second
    seeding gives nothing. A role whose code is in use takes the next free number.
    """
    known = list(existing)
    roles = {account.role for account in known}
    codes = {account.code for account in known}
    missing: list[Account] = []
    for row in TEMPLATE:
        if known and (row.role is None or row.role in roles):
            continue
        code = row.code
        while code in codes:
            code = str(int(code) + 1)
        codes.add(code)
        missing.append(
            Account(new_id(), code, row.name, row.kind, row.role, active=True, version=1)
        )
    return missing
