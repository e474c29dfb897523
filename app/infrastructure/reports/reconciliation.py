"""Reconciliation: every sub-ledger against its account, document by document, at any date.

A check is a SELECT of facts (document, amount, day, instant of recording) and the role of the
account that must have the same balance. Where the two differ, the same facts, summed by document,
name the first document whose two sides differ.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, literal, select, union_all

from app.application.reports.ports import Knowledge
from app.application.reports.views import Offender, ReconciliationCheck, ReconciliationView
from app.application.shared.views import show_document
from app.domain.shared.frozen import frozen
from app.domain.shared.numbers import SCALE_DIGITS, format_amount
from app.infrastructure.accounting.tables import (
    accounts,
    journal_entries,
    journal_lines,
    open_items,
)
from app.infrastructure.db.port import Scope, Snapshots
from app.infrastructure.db.query import Query, of_tenant, total
from app.infrastructure.db.types import Day, Instant, Integer, Text
from app.infrastructure.inventory.tables import stock_levels, stock_moves, valuations
from app.infrastructure.purchasing.facts import grni_facts
from app.infrastructure.reports.ledger import (
    LATEST,
    day_text,
    exponent_of,
    instant_text,
    one_row,
)


@frozen
class Check:
    """Two sums of facts that must be equal; ``decimals`` None means those of the currency."""

    name: str
    """What was checked."""
    sub_ledger: Select[Any]
    ledger: Select[Any]
    decimals: int | None = None

    def queries(self) -> tuple[Query, Query]:
        """The two sums in one row, and the first document that breaks them."""
        both = union_all(_tagged(self.sub_ledger, 0), _tagged(self.ledger, 1)).subquery()
        bounded = (
            both.c.effective_on <= bindparam("last", type_=Day),
            both.c.recorded_at <= bindparam("known", type_=Instant),
        )
        sub, ledger = total(both.c.sub), total(both.c.ledger)
        sums = Query(select(sub, ledger).select_from(both).where(*bounded))
        first = Query(
            select(both.c.source_id, func.min(both.c.source_kind), sub, ledger)
            .where(*bounded)
            .group_by(both.c.source_id)
            .having(sub != ledger)
            .order_by(func.min(both.c.recorded_at), both.c.source_id)
            .limit(1)
        )
        return sums, first


def _tagged(facts: Select[Any], side: int) -> Select[Any]:
    """Facts with their amount in the column of their side."""
    rows = facts.subquery()
    nothing = literal(0, Integer).label("nothing")
    amounts = (nothing, rows.c.amount) if side else (rows.c.amount, nothing)
    return select(
        rows.c.source_id,
        rows.c.source_kind,
        amounts[0].label("sub"),
        amounts[1].label("ledger"),
        rows.c.effective_on,
        rows.c.recorded_at,
    )


def _account(role: str, sign: int = 1) -> Select[Any]:
    """What was posted to the account of a role; ``sign`` -1 shows a credit as positive."""
    joined = journal_lines.join(
        journal_entries,
        and_(
            journal_entries.c.tenant_id == journal_lines.c.tenant_id,
            journal_entries.c.id == journal_lines.c.entry_id,
        ),
    ).join(
        accounts,
        and_(
            accounts.c.tenant_id == journal_lines.c.tenant_id,
            accounts.c.id == journal_lines.c.account_id,
        ),
    )
    return (
        select(
            journal_entries.c.source_id,
            journal_entries.c.source_kind,
            (journal_lines.c.amount * sign).label("amount"),
            journal_lines.c.effective_on,
            journal_lines.c.recorded_at,
        )
        .select_from(joined)
        .where(*of_tenant(journal_lines, journal_entries, accounts), accounts.c.role == role)
    )


def _every_line() -> Select[Any]:
    return select(
        journal_lines.c.entry_id.label("source_id"),
        literal("journal", Text).label("source_kind"),
        journal_lines.c.amount.label("amount"),
        journal_lines.c.effective_on,
        journal_lines.c.recorded_at,
    ).where(*of_tenant(journal_lines))


def _nothing() -> Select[Any]:
    return _every_line().where(literal(1, Integer) == literal(0, Integer))


def _items(side: str) -> Select[Any]:
    return select(
        open_items.c.document_id.label("source_id"),
        open_items.c.document_kind.label("source_kind"),
        open_items.c.amount.label("amount"),
        open_items.c.effective_on,
        open_items.c.recorded_at,
    ).where(*of_tenant(open_items), open_items.c.side == side)


def _valued(column: str) -> Select[Any]:
    return select(
        valuations.c.source_id,
        valuations.c.source_kind,
        valuations.c[column].label("amount"),
        valuations.c.effective_on,
        valuations.c.recorded_at,
    ).where(*of_tenant(valuations))


def _moved() -> Select[Any]:
    return select(
        stock_moves.c.source_id,
        stock_moves.c.source_kind,
        stock_moves.c.quantity.label("amount"),
        stock_moves.c.effective_on,
        stock_moves.c.recorded_at,
    ).where(*of_tenant(stock_moves))


CHECKS = (
    Check("trial_balance", _every_line(), _nothing()),
    Check("stock_value", _valued("value"), _account("stock")),
    Check("receivables", _items("receivable"), _account("receivables")),
    Check("payables", _items("payable"), _account("payables", -1)),
    Check("grni", grni_facts(), _account("grni", -1)),
    Check("stock_quantity", _moved(), _valued("quantity"), decimals=SCALE_DIGITS),
)
_QUERIES = [(check, *check.queries()) for check in CHECKS]

# Levels have no date: they are compared with all moves, whatever day is asked for.
_LEVELS = Query(
    select(
        select(total(stock_levels.c.on_hand)).where(*of_tenant(stock_levels)).scalar_subquery(),
        select(total(stock_moves.c.quantity)).where(*of_tenant(stock_moves)).scalar_subquery(),
    )
)


_ALWAYS = datetime(9999, 12, 31, tzinfo=UTC)


async def reconciliation(
    snapshots: Snapshots, tenant_id: bytes, at: Knowledge
) -> ReconciliationView:
    """See ``Reports.reconciliation``."""
    values = {"last": at.as_of or LATEST, "known": at.as_known_at or _ALWAYS}
    async with snapshots.read(tenant_id) as scope:
        currency, exponent = await exponent_of(scope)
        checks = [await _run(scope, each, values, exponent) for each in _QUERIES]
        checks.append(await _levels(scope))
    return {
        "as_of": day_text(at.as_of),
        "as_known_at": instant_text(at.as_known_at),
        "currency": currency,
        "ok": all(check["sub_ledger"] == check["ledger"] for check in checks),
        "checks": checks,
    }


async def _run(
    scope: Scope, check_queries: tuple[Check, Query, Query], values: dict[str, Any], exponent: int
) -> ReconciliationCheck:
    check, sums, first = check_queries
    decimals = exponent if check.decimals is None else check.decimals
    row = await one_row(scope, sums, **values)
    offender: Offender | None = None
    if row[0] != row[1]:
        found = await scope.row(first, **values)
        if found is not None:
            offender = {
                "source_kind": found[1],
                "source_id": show_document(found[1], found[0]),
                "sub_ledger": format_amount(found[2], decimals),
                "ledger": format_amount(found[3], decimals),
            }
    return _check_view(check.name, row[0], row[1], decimals, offender)


async def _levels(scope: Scope) -> ReconciliationCheck:
    row = await one_row(scope, _LEVELS)
    return _check_view("levels", row[0], row[1], SCALE_DIGITS, None)


def _check_view(
    name: str, sub_ledger: int, ledger: int, decimals: int, offender: Offender | None
) -> ReconciliationCheck:
    return {
        "name": name,
        "sub_ledger": format_amount(sub_ledger, decimals),
        "ledger": format_amount(ledger, decimals),
        "difference": format_amount(sub_ledger - ledger, decimals),
        "first_offender": offender,
    }
