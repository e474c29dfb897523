"""What the invariants are made of.

Each statement answers (id, second key or text, what is there, what should be) of the rows that
differ. Most compare two sides: facts of both are summed by their key, so one pass with a hash finds
what differs, what is missing and what is too much.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    and_,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.domain.shared.documents import DocumentKind
from app.infrastructure.accounting.tables import payments
from app.infrastructure.db.query import of_tenant, total
from app.infrastructure.db.types import Day, Instant, Integer, Text
from app.infrastructure.reports.integrity.recent import touching
from app.infrastructure.stored import documents

Statement = Select[Any] | CompoundSelect[Any]
Number = ColumnElement[int]

# Documents that post an entry, by their kind. A payment always posts, and keeps no reference.
TABLES: dict[DocumentKind, Table] = {
    DocumentKind(each.document.kinds[0]): each.table
    for each in documents()
    if "entry_id" in each.table.c or each.table is payments
}


def text(value: str) -> ColumnElement[str]:
    """A text of ours."""
    return literal(value, Text)


def fact(
    id_: Column[Any],
    of: ColumnElement[Any],
    *,
    found: Number | None = None,
    expected: Number | None = None,
) -> Select[Any]:
    """The rows of the table of ``id_`` as one side of a comparison."""
    zero = literal(0, Integer)
    return select(
        id_.label("id"),
        of.label("of"),
        (zero if found is None else found).label("found"),
        (zero if expected is None else expected).label("expected"),
    ).where(*of_tenant(id_.table))


def differing(*facts: Select[Any], by: CTE | None) -> Select[Any]:
    """The keys whose two sides do not have the same sum.

    An incremental audit compares those ``by`` which what was recorded since touches something.
    With None, the facts have been marked one by one.
    """
    marked = facts if by is None else [touching(each, by) for each in facts]
    both = union_all(*marked).subquery()
    found, expected = total(both.c.found), total(both.c.expected)
    return (
        select(both.c.id, both.c.of, found, expected)
        .group_by(both.c.id, both.c.of)
        .having(found != expected)
    )


def pairs_of(child: Table, parent: Any, *columns: tuple[str, str]) -> ColumnElement[bool]:
    """The condition that joins a child with its parent, within the tenant."""
    same = [child.c[mine] == parent.c[theirs] for mine, theirs in columns]
    return and_(parent.c.tenant_id == child.c.tenant_id, *same)


class Portable(FunctionElement[Any]):
    """A function of one column that each database writes in its own way."""

    inherit_cache = True
    on_postgres = "{0}"
    on_sqlite = "{0}"


@compiles(Portable)
def _on_sqlite(element: Portable, compiler: SQLCompiler, **kw: Any) -> str:
    return element.on_sqlite.format(compiler.process(element.clauses, **kw))


@compiles(Portable, "postgresql")
def _on_postgres(element: Portable, compiler: SQLCompiler, **kw: Any) -> str:
    return element.on_postgres.format(compiler.process(element.clauses, **kw))


class MonthOf(Portable):
    """The first day of the month of a day."""

    type = Day()
    inherit_cache = True
    on_postgres = "date_trunc('month', {0}::timestamp)::date"
    on_sqlite = "(substr({0}, 1, 8) || '01')"


class PartsTotal(Portable):
    """The sum of a JSON list of amounts, such as the tax of each component."""

    type = Integer()
    inherit_cache = True
    on_postgres = (
        "(SELECT coalesce(sum(part::bigint), 0)::bigint "
        "FROM jsonb_array_elements_text({0}) AS part)"
    )
    on_sqlite = "(SELECT coalesce(sum(value), 0) FROM json_each({0}))"


class Tendered(Portable):
    """The sum of the tenders of a sale, which are pairs of a method and an amount."""

    type = Integer()
    inherit_cache = True
    on_postgres = (
        "(SELECT coalesce(sum((tender->>1)::bigint), 0)::bigint "
        "FROM jsonb_array_elements({0}) AS tender)"
    )
    on_sqlite = "(SELECT coalesce(sum(json_extract(value, '$[1]')), 0) FROM json_each({0}))"


class TenderedOnAccount(Portable):
    """The part of the tenders that the customer owes."""

    type = Integer()
    inherit_cache = True
    on_postgres = (
        "(SELECT coalesce(sum((tender->>1)::bigint), 0)::bigint "
        "FROM jsonb_array_elements({0}) AS tender WHERE tender->>0 = 'on_account')"
    )
    on_sqlite = (
        "(SELECT coalesce(sum(json_extract(value, '$[1]')), 0) FROM json_each({0}) "
        "WHERE json_extract(value, '$[0]') = 'on_account')"
    )


class DatabaseClock(Portable):
    """The clock that dates what is recorded; on SQLite the second that it shows."""

    type = Instant()
    inherit_cache = True
    on_postgres = "clock_timestamp()"
    on_sqlite = "(unixepoch() * 1000000)"
