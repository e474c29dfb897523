"""What an incremental audit looks at: the keys that facts recorded since an instant touch.

An invariant has one statement. ``touching`` and ``recorded`` mark in it, where the rows of a table
are chosen, which of them an incremental audit would choose; the full audit passes the marks over,
and ``narrowed`` puts the condition in the place of each. A key that is touched is compared as a
whole, with all that was ever recorded of it.

Facts are found by what is indexed: entries by ``recorded_at``, others by their own ids, which begin
with the milliseconds of their making. A document may carry an id that its client made long before;
it is found by its entry, its event or its moves.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    Alias,
    Boolean,
    Column,
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    and_,
    bindparam,
    select,
    tuple_,
    union,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler

from app.infrastructure.accounting.tables import (
    allocations,
    day_balances,
    journal_entries,
    journal_lines,
    open_items,
)
from app.infrastructure.catalog.tables import products
from app.infrastructure.db.kernel_tables import outbox_events
from app.infrastructure.db.query import of_tenant
from app.infrastructure.db.types import Id, Instant
from app.infrastructure.inventory.tables import (
    cost_layers,
    cost_pools,
    stock_levels,
    stock_moves,
    valuations,
)
from app.infrastructure.purchasing.tables import (
    bill_lines,
    billed_lines,
    receipt_progress,
    supplier_returns,
)
from app.infrastructure.sales.tables import (
    return_lines,
    returned_so_far,
)
from app.infrastructure.stored import documents

# How far the clock that makes ids may be behind the database's, with the time of a transaction.
_IDS_BEHIND = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE = bindparam("since", type_=Instant)


def bounds(since: datetime) -> dict[str, Any]:
    """The parameters of narrowed statements."""
    made = max(since - _IDS_BEHIND, _EPOCH) - _EPOCH
    return {
        "since": since,
        "made_since": (made // timedelta(milliseconds=1) << 80).to_bytes(16, "big"),
    }


def _recorded(table: Table) -> list[ColumnElement[bool]]:
    """The rows recorded since; the key of the table begins with an id that the service makes."""
    since = table.c.recorded_at >= _SINCE
    if table is journal_entries:  # the only index on the time of recording
        return [*of_tenant(table), since]
    key: Column[Any] = table.primary_key.columns.values()[1]
    return [*of_tenant(table), key >= bindparam("made_since", type_=Id), since]


def _among(keys: CTE, *columns: ColumnElement[Any]) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_(select(keys))
    return tuple_(*columns).in_(select(keys))


def _named(column: Column[Any], by: Column[Any], keys: CTE) -> Select[Any]:
    """What ``column`` names in the rows whose ``by`` is among the keys."""
    return select(column).where(*of_tenant(column.table), _among(keys, by), column.is_not(None))


_DOCUMENT_TABLES = [each.table for each in documents() if each.table is not journal_entries]
_LINES_OF_GOODS = [each.lines.parent for each in documents() if each.lines and each.of_goods]

# Entries recorded since, also where only the lines are left.
ENTRIES = union(
    select(journal_entries.c.id).where(*_recorded(journal_entries)),
    select(journal_lines.c.entry_id).where(*_recorded(journal_lines)),
).cte("recent_entries")

# Documents recorded since, and those that facts recorded since say they belong to.
DOCUMENTS = union(
    select(journal_entries.c.source_id.label("id")).where(*_recorded(journal_entries)),
    *(
        select(each).where(*_recorded(each.table))
        for each in (
            outbox_events.c.subject_id,
            stock_moves.c.source_id,
            allocations.c.document_id,
            *(table.c.id for table in _DOCUMENT_TABLES),
        )
    ),
).cte("recent_documents")

# Products that these documents have lines of, or that moved since.
PRODUCTS = union(
    select(stock_moves.c.product_id.label("id")).where(*_recorded(stock_moves)),
    *(_named(each.table.c.product_id, each, DOCUMENTS) for each in _LINES_OF_GOODS),
).cte("recent_products")

# Open items of these documents, and those that they settle.
OPEN_ITEMS = union(
    select(DOCUMENTS),
    _named(allocations.c.debit_id, allocations.c.document_id, DOCUMENTS),
    _named(allocations.c.credit_id, allocations.c.document_id, DOCUMENTS),
).cte("recent_open_items")

# Sales among these documents, and those that goods came back from.
SALES = union(
    select(DOCUMENTS), _named(return_lines.c.sale_id, return_lines.c.return_id, DOCUMENTS)
).cte("recent_sales")

# Receipts among these documents, and those that were billed or sent back.
RECEIPTS = union(
    select(DOCUMENTS),
    _named(bill_lines.c.receipt_id, bill_lines.c.bill_id, DOCUMENTS),
    _named(supplier_returns.c.receipt_id, supplier_returns.c.id, DOCUMENTS),
).cte("recent_receipts")

# Accounts and days that these entries have lines of.
ACCOUNT_DAYS = (
    select(journal_lines.c.account_id, journal_lines.c.effective_on)
    .where(*of_tenant(journal_lines), _among(ENTRIES, journal_lines.c.entry_id))
    .distinct()
    .cte("recent_account_days")
)

# Keys without an index of their own, and the indexed column that finds the same rows.
_FOUND_BY: dict[ColumnElement[Any], tuple[Column[Any], CTE]] = {
    stock_moves.c.source_id: (stock_moves.c.product_id, PRODUCTS),
    valuations.c.source_id: (valuations.c.product_id, PRODUCTS),
    billed_lines.c.bill_id: (billed_lines.c.receipt_id, RECEIPTS),
}

# Which rows of a table are recent where each is checked for itself, by its reference or its time;
# of other tables all, for they are short.
_ROWS: dict[Table, ColumnElement[bool]] = {
    **{
        table: and_(*_recorded(table))
        for table in (journal_entries, journal_lines, allocations, outbox_events)
    },
    **{
        table: and_(_among(DOCUMENTS, table.c.id), table.c.recorded_at >= _SINCE)
        for table in _DOCUMENT_TABLES
    },
    # The move of an opening stock has the id of its product, which may be the client's.
    stock_moves: and_(
        _among(PRODUCTS, stock_moves.c.product_id), stock_moves.c.recorded_at >= _SINCE
    ),
    **{each.table: _among(DOCUMENTS, each) for each in _LINES_OF_GOODS},
    **{
        table: _among(PRODUCTS, table.c.product_id)
        for table in (stock_levels, cost_pools, cost_layers, valuations)
    },
    products: _among(PRODUCTS, products.c.id),
    open_items: _among(OPEN_ITEMS, open_items.c.document_id),
    returned_so_far: _among(SALES, returned_so_far.c.sale_id),
    receipt_progress: _among(RECEIPTS, receipt_progress.c.receipt_id),
    billed_lines: _among(RECEIPTS, billed_lines.c.receipt_id),
    day_balances: _among(ACCOUNT_DAYS, day_balances.c.account_id, day_balances.c.effective_on),
}


class _Narrowing(ColumnElement[bool]):
    """The mark of a condition that holds in an incremental audit only."""

    type = Boolean()
    inherit_cache = False

    def __init__(self, condition: ColumnElement[bool]) -> None:
        self.condition = condition


@compiles(_Narrowing)
def _passed_over(element: _Narrowing, compiler: SQLCompiler, **kw: Any) -> str:
    del element, compiler, kw
    return "(1 = 1)"


def touching(statement: Select[Any], keys: CTE) -> Select[Any]:
    """The statement with a mark: its first columns, as many as a key has, are among ``keys``."""
    named = list(statement.selected_columns)[: len(keys.c)]
    columns = [getattr(each, "element", each) for each in named]
    conditions = [_among(keys, *columns)]
    if columns[0] in _FOUND_BY:
        column, found_by = _FOUND_BY[columns[0]]
        conditions.append(_among(found_by, column))
    return statement.where(_Narrowing(and_(*conditions)))


def recorded(statement: Select[Any], table: Table) -> Select[Any]:
    """The statement with a mark: rows of ``table`` that were recorded since, or are touched.

    Of tables that keep no facts (masters, series) every row is looked at.
    """
    if table not in _ROWS:
        return statement
    return statement.where(_Narrowing(_ROWS[table]))


def narrowed(statement: Select[Any] | CompoundSelect[Any]) -> Select[Any] | CompoundSelect[Any]:
    """The statement of the incremental audit; it takes the ``bounds``."""

    def condition(element: Any, **_: Any) -> Any:
        if isinstance(element, Alias):  # of a table: stays what its columns refer to
            return element
        return element.condition if isinstance(element, _Narrowing) else None

    return visitors.replacement_traverse(statement, {}, condition)  # type: ignore[return-value]
