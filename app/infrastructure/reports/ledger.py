"""Reports of the general ledger: the day balances of its checkpoint, and the lines behind it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, bindparam, select, union_all

from app.application.reports.ports import LEDGER_LIST, Knowledge
from app.application.reports.views import (
    AmountLine,
    BalanceLine,
    BalanceSheetView,
    LedgerLine,
    ProfitAndLossView,
    TrialBalanceView,
)
from app.application.shared.views import show_document
from app.application.shared.wording import instant
from app.domain.shared.ids import show
from app.domain.shared.money import currency_exponent
from app.domain.shared.numbers import format_amount
from app.infrastructure.accounting.tables import (
    accounts,
    books,
    day_balances,
    journal_entries,
    journal_lines,
)
from app.infrastructure.db.lists import ListQuery, at_least, at_most, equals
from app.infrastructure.db.port import Scope, Snapshots
from app.infrastructure.db.query import Query, of_tenant, total
from app.infrastructure.db.types import Day, Instant
from app.infrastructure.reports.folding import CHECKPOINT

EARLIEST, LATEST = date(1, 1, 1), date(9999, 12, 31)
LATEST_INSTANT = datetime(9999, 12, 31, tzinfo=UTC)

CURRENCY = Query(select(books.c.currency).where(*of_tenant(books)))


def _within(days: ColumnElement[date]) -> list[ColumnElement[bool]]:
    return [days >= bindparam("first", type_=Day), days <= bindparam("last", type_=Day)]


def _lines(*, known: bool) -> FromClause:
    """The sum of each account with postings in a range of days."""
    lines = (
        select(journal_lines.c.account_id, total(journal_lines.c.amount).label("balance"))
        .where(*of_tenant(journal_lines), *_within(journal_lines.c.effective_on))
        .group_by(journal_lines.c.account_id)
    )
    if known:
        lines = lines.where(journal_lines.c.recorded_at <= bindparam("known", type_=Instant))
    return lines.subquery()


def _checkpoint_and_tail() -> FromClause:
    """As ``_lines``, from the day balances and what was recorded after them."""
    folded = select(day_balances.c.account_id, day_balances.c.amount).where(
        *of_tenant(day_balances), *_within(day_balances.c.effective_on)
    )
    entries = select(journal_entries.c.id).where(
        *of_tenant(journal_entries),
        journal_entries.c.recorded_at > bindparam("after", type_=Instant),
        journal_entries.c.recorded_at <= bindparam("known", type_=Instant),
    )
    tail = select(journal_lines.c.account_id, journal_lines.c.amount).where(
        *of_tenant(journal_lines),
        journal_lines.c.entry_id.in_(entries),
        *_within(journal_lines.c.effective_on),
    )
    both = union_all(folded, tail).subquery()
    sums = select(both.c.account_id, total(both.c.amount).label("balance"))
    return sums.group_by(both.c.account_id).subquery()


def _of_accounts(sums: FromClause) -> Query:
    """Id, code, name, kind, role and balance of the accounts."""
    return Query(
        select(
            accounts.c.id,
            accounts.c.code,
            accounts.c.name,
            accounts.c.kind,
            accounts.c.role,
            sums.c.balance,
        )
        .select_from(accounts.join(sums, accounts.c.id == sums.c.account_id))
        .where(*of_tenant(accounts))
        .order_by(accounts.c.code)
    )


_OF_LINES = {known: _of_accounts(_lines(known=known)) for known in (False, True)}
_OF_CHECKPOINT = _of_accounts(_checkpoint_and_tail())


async def balances(
    scope: Scope, first: date, last: date, known: datetime | None
) -> Sequence[Sequence[Any]]:
    """Accounts with their balances in minor units, a debit positive, in the order of the chart.

    What was known before the checkpoint is summed from the lines.
    """
    values: dict[str, Any] = {"first": first, "last": last}
    checkpoint = await scope.row(CHECKPOINT)
    if checkpoint is not None and (known is None or known >= checkpoint[0]):
        values |= {"after": checkpoint[0], "known": known or LATEST_INSTANT}
        return await scope.rows(_OF_CHECKPOINT, **values)
    if known is not None:
        values["known"] = known
    return await scope.rows(_OF_LINES[known is not None], **values)


async def one_row(scope: Scope, query: Query, **values: Any) -> Sequence[Any]:
    """The row of a query that always has one (a sum, the books of a tenant)."""
    rows = await scope.rows(query, **values)
    return rows[0]


async def exponent_of(scope: Scope) -> tuple[str, int]:
    """The currency of the books and its decimals."""
    row = await one_row(scope, CURRENCY)
    return row[0], currency_exponent(row[0])


async def trial_balance(snapshots: Snapshots, tenant_id: bytes, at: Knowledge) -> TrialBalanceView:
    """See ``Reports.trial_balance``."""
    async with snapshots.read(tenant_id) as scope:
        currency, exponent = await exponent_of(scope)
        rows = await balances(scope, EARLIEST, at.as_of or LATEST, at.as_known_at)
    lines: list[BalanceLine] = []
    debit = credit = 0
    for id_, code, name, kind, role, balance in rows:
        debit += max(balance, 0)
        credit += max(-balance, 0)
        lines.append(
            {
                "account_id": show("acc", id_),
                "code": code,
                "name": name,
                "kind": kind,
                "role": role,
                "debit": format_amount(max(balance, 0), exponent),
                "credit": format_amount(max(-balance, 0), exponent),
                "balance": format_amount(balance, exponent),
            }
        )
    return {
        "as_of": day_text(at.as_of),
        "as_known_at": instant_text(at.as_known_at),
        "currency": currency,
        "lines": lines,
        "total_debit": format_amount(debit, exponent),
        "total_credit": format_amount(credit, exponent),
    }


async def profit_and_loss(
    snapshots: Snapshots, tenant_id: bytes, first: date, last: date, known: datetime | None
) -> ProfitAndLossView:
    """See ``Reports.profit_and_loss``."""
    async with snapshots.read(tenant_id) as scope:
        currency, exponent = await exponent_of(scope)
        rows = await balances(scope, first, last, known)
    income, total_income = _group(rows, "income", -1, exponent)
    expenses, total_expenses = _group(rows, "expense", 1, exponent)
    return {
        "effective_from": first.isoformat(),
        "effective_to": last.isoformat(),
        "as_known_at": instant_text(known),
        "currency": currency,
        "income": income,
        "expenses": expenses,
        "total_income": format_amount(total_income, exponent),
        "total_expenses": format_amount(total_expenses, exponent),
        "net_profit": format_amount(total_income - total_expenses, exponent),
    }


async def balance_sheet(snapshots: Snapshots, tenant_id: bytes, at: Knowledge) -> BalanceSheetView:
    """See ``Reports.balance_sheet``."""
    async with snapshots.read(tenant_id) as scope:
        currency, exponent = await exponent_of(scope)
        rows = await balances(scope, EARLIEST, at.as_of or LATEST, at.as_known_at)
    assets, total_assets = _group(rows, "asset", 1, exponent)
    liabilities, total_liabilities = _group(rows, "liability", -1, exponent)
    equity, total_equity = _group(rows, "equity", -1, exponent)
    earnings = -sum(row[5] for row in rows if row[3] in ("income", "expense"))
    return {
        "as_of": day_text(at.as_of),
        "as_known_at": instant_text(at.as_known_at),
        "currency": currency,
        "assets": assets,
        "liabilities": liabilities,
        "equity": equity,
        "current_earnings": format_amount(earnings, exponent),
        "total_assets": format_amount(total_assets, exponent),
        "total_liabilities": format_amount(total_liabilities, exponent),
        "total_equity": format_amount(total_equity + earnings, exponent),
    }


def _group(
    rows: Sequence[Sequence[Any]], kind: str, sign: int, exponent: int
) -> tuple[list[AmountLine], int]:
    lines: list[AmountLine] = []
    whole = 0
    for id_, code, name, row_kind, role, balance in rows:
        if row_kind == kind:
            whole += sign * balance
            lines.append(
                {
                    "account_id": show("acc", id_),
                    "code": code,
                    "name": name,
                    "role": role,
                    "amount": format_amount(sign * balance, exponent),
                }
            )
    return lines, whole


def _ledger_statement() -> Select[Any]:
    """One row per entry: what it did to the account, and the document behind it."""
    joined = journal_lines.join(
        journal_entries,
        and_(
            journal_entries.c.tenant_id == journal_lines.c.tenant_id,
            journal_entries.c.id == journal_lines.c.entry_id,
        ),
    )
    head = (
        journal_entries.c.id,
        journal_entries.c.number,
        journal_entries.c.effective_on,
        journal_entries.c.source_kind,
        journal_entries.c.source_id,
        journal_entries.c.memo,
        journal_entries.c.recorded_at,
    )
    currency = select(books.c.currency).where(*of_tenant(books)).scalar_subquery()
    return (
        select(*head, total(journal_lines.c.amount).label("amount"), currency.label("currency"))
        .select_from(joined)
        .where(*of_tenant(journal_lines, journal_entries))
        .group_by(journal_lines.c.effective_on, journal_lines.c.entry_id, *head)
    )


def _ledger_line(
    entry_id: bytes,
    number: str | None,
    effective_on: date,
    source_kind: str,
    source_id: bytes,
    memo: str,
    recorded_at: datetime,
    amount: int,
    currency: str,
) -> LedgerLine:
    exponent = currency_exponent(currency)
    return {
        "entry_id": show("jnl", entry_id),
        "number": number,
        "effective_on": effective_on.isoformat(),
        "source_kind": source_kind,
        "source_id": show_document(source_kind, source_id),
        "memo": memo,
        "debit": format_amount(max(amount, 0), exponent),
        "credit": format_amount(max(-amount, 0), exponent),
        "recorded_at": instant(recorded_at),
    }


GENERAL_LEDGER = ListQuery(
    LEDGER_LIST,
    _ledger_statement(),
    journal_lines.c.entry_id,
    _ledger_line,
    {"effective_on": journal_lines.c.effective_on},
    {
        "account_id": equals(journal_lines.c.account_id),
        "effective_from": at_least(journal_lines.c.effective_on),
        "effective_to": at_most(journal_lines.c.effective_on),
        "as_known_at": at_most(journal_lines.c.recorded_at),
    },
)


def day_text(day: date | None) -> str | None:
    """A day as ISO 8601, None as it is."""
    return None if day is None else day.isoformat()


def instant_text(at: datetime | None) -> str | None:
    """An instant as RFC 3339, None as it is."""
    return None if at is None else instant(at)
