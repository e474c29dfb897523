"""The month's statement: text that holds nothing but what the file and the books say.

No clock, no id that the service made up, nothing of how the run went: two runs that book the same
print the same bytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from load.replay.codes import service_accounts
from load.replay.control import Agreement
from load.replay.figures import amount_text, divide, last_day, shown
from load.replay.goods_in import costing_of
from load.replay.reading import Book, Listed
from load.replay.reports import MonthReports

_WIDTH: Final = 100
_RULE: Final = "-" * _WIDTH


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that a month's statement shows."""

    month: str
    reports: MonthReports
    rows_in: int
    rows_booked: int
    listed: list[Listed]
    guessed: list[str]
    agreements: list[Agreement]

    def faults(self) -> list[str]:
        """What does not agree, each in one line; empty when the month is good."""
        reports = self.reports
        found = [
            f"{line.name}: file {shown(line.file)}, booked {shown(line.booked)}"
            for line in self.agreements
            if not line.agrees
        ]
        found += [
            f"reconciliation of {check.name}: difference {check.difference} {check.first_offender}"
            for check in reports.checks
            if not check.agrees
        ]
        if not reports.checks:
            found.append("the reconciliation has no lines")
        balance = sum(line.debit for line in reports.trial_balance)
        if balance or reports.total_debit != reports.total_credit:
            found.append(f"the trial balance is out by {shown(balance)}")
        if self.rows_in != self.rows_booked + len(self.listed):
            found.append(
                f"{self.rows_in} rows in, {self.rows_booked} booked, {len(self.listed)} listed"
            )
        return found


def heading(book: Book) -> str:
    """What all months of the file have in common."""
    goods = [code for code in book.names if service_accounts(code) is None]
    fifo = sum(costing_of(code) == "fifo" for code in goods)
    return "\n".join(
        [
            f"File: {book.rows:,} rows, SHA-256 of its text {book.digest}",
            f"{len(goods):,} goods, {fifo:,} of them costed first in first out and the others at "
            "moving average (drawn from the code)",
            f"{len(book.names) - len(goods)} services, {len(book.customers):,} named customers",
        ]
    )


def render(statement: Statement, head: str) -> str:
    """The statement as plain text, with a line break at the end."""
    reports = statement.reports
    parts = [
        [_RULE, f"Statement of {statement.month}, in GBP", head, _RULE],
        _rows(statement),
        _income(reports.movements),
        _position(reports.balances),
        _trial_balance(reports),
        _reconciliation(reports),
        _control(statement.agreements),
        _verdict(statement.faults()),
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def _rows(statement: Statement) -> list[str]:
    lines = [
        f"Rows in {statement.rows_in:,} = booked {statement.rows_booked:,} "
        f"+ listed {len(statement.listed):,}"
    ]
    lines += [
        f"  listed: row {row.row}, invoice {row.invoice}, {row.code}, {row.quantity} pieces, "
        f"{shown(row.pence)}: {row.reason}"
        for row in statement.listed
    ]
    if statement.guessed:
        text = f"Brought in at 0.01, never sold at a price ({len(statement.guessed)}): "
        lines += wrap(text + ", ".join(statement.guessed), _WIDTH, subsequent_indent="  ")
    return lines


_Amounts = Mapping[str, int]


def _credit(amounts: _Amounts, *roles: str) -> int:
    return -sum(amounts.get(role, 0) for role in roles)


def _income(movements: _Amounts) -> list[str]:
    def credit(*roles: str) -> int:
        return _credit(movements, *roles)

    deductions = ("sales_returns", "sales_allowances", "discounts_allowed")
    net = credit("sales", *deductions, "freight_income")
    cost = -credit("cost_of_goods_sold", "purchase_price_variance")
    margin = net - cost
    return [
        *_title("Income of the month"),
        _figure("Gross sales", credit("sales")),
        _figure("Returns", credit("sales_returns")),
        _figure("Allowances", credit("sales_allowances")),
        _figure("Discounts allowed", credit("discounts_allowed")),
        _figure("Freight income", credit("freight_income")),
        _figure("Net revenue", net),
        _figure("Cost of goods sold", -cost),
        _figure("Margin", margin),
        _figure("Margin in per cent of net revenue", _hundredths_of_percent(margin, net)),
        _figure("Stock gains", credit("stock_gains")),
        _figure("Stock losses", credit("shrinkage")),
        _figure("Merchant fees", credit("merchant_fees")),
        _figure("Marketing and samples", credit("marketing_and_samples")),
        _figure("Bad debt", credit("bad_debt")),
        _figure("Rounding", credit("rounding")),
    ]


def _position(balances: _Amounts) -> list[str]:
    def debit(*roles: str) -> int:
        return -_credit(balances, *roles)

    return [
        *_title("Balances at the end of the month"),
        _figure("Stock", debit("stock")),
        _figure("Receivables", debit("receivables")),
        _figure("Cash", debit("cash")),
        _figure("Bank", debit("bank")),
        _figure("Payables", debit("payables")),
        _figure("Goods received not invoiced", debit("grni")),
        _figure("Customer credit (vouchers)", debit("customer_credit")),
        _figure("Allowance for bad debt", debit("allowance_for_bad_debt")),
    ]


def _trial_balance(reports: MonthReports) -> list[str]:
    lines = _title(f"Trial balance as of {last_day(reports.month)}", "debit", "credit")
    debit_total = credit_total = 0
    for account in reports.trial_balance:
        debit, credit = max(account.debit, 0), max(-account.debit, 0)
        debit_total += debit
        credit_total += credit
        if account.debit:
            name = f"{account.code} {account.name}"
            lines.append(_columns(name, _or_blank(debit), _or_blank(credit)))
    lines.append(_columns("Total", shown(debit_total), shown(credit_total)))
    return lines


def _reconciliation(reports: MonthReports) -> list[str]:
    return [
        *_title("Reconciliation", "sub-ledger", "ledger", "difference"),
        *(
            _columns(check.name.replace("_", " "), check.sub_ledger, check.ledger, check.difference)
            for check in reports.checks
        ),
    ]


def _control(agreements: Iterable[Agreement]) -> list[str]:
    return [
        *_title("Control totals", "file", "booked", "difference"),
        *(
            _columns(
                line.name,
                amount_text(line.file),
                amount_text(line.booked),
                amount_text(line.booked - line.file),
            )
            for line in agreements
        ),
    ]


def _verdict(faults: list[str]) -> list[str]:
    if not faults:
        return ["", "Agreed: trial balance, reconciliation and control totals."]
    return ["", *(f"NOT AGREED: {fault}" for fault in faults)]


def _title(text: str, *columns: str) -> list[str]:
    return ["", (f"{text:<48}" + "".join(f"{column:>17}" for column in columns)).rstrip()]


def _columns(name: str, *figures: str) -> str:
    return (f"  {name:<46}" + "".join(f"{figure:>17}" for figure in figures)).rstrip()


def _figure(name: str, amount: int) -> str:
    return _columns(name, shown(amount))


def _or_blank(amount: int) -> str:
    return shown(amount) if amount else ""


def _hundredths_of_percent(part: int, whole: int) -> int:
    if whole == 0:
        return 0
    return divide(part * 10_000, whole) if whole > 0 else divide(-part * 10_000, -whole)
