"""Invariants of every context: numbers, references, keys and events."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKeyConstraint,
    Select,
    String,
    Table,
    case,
    cast,
    distinct,
    func,
    literal,
    or_,
    select,
    union_all,
)

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401  (their references are checked)
from app.domain.shared.ids import NO_ID
from app.infrastructure.accounting.tables import (
    journal_entries,
    number_series,
    payments,
)
from app.infrastructure.db.kernel_tables import outbox_events, stored_answers
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.query import of_tenant, total
from app.infrastructure.db.types import Id, Integer
from app.infrastructure.reports.integrity.recent import recorded
from app.infrastructure.reports.integrity.shapes import Statement, differing, fact, pairs_of, text
from app.infrastructure.stored import documents

_NUMBERED = [each.table for each in documents()]
_DIGITS_MAX = 15  # what a 64-bit integer surely holds


def _given(table: Table) -> Select[Any]:
    """The scope, series with year, and place in it of every number: ``SAL/2026/MAIN/000001``."""
    number = table.c.number
    # A transfer is numbered where the goods leave.
    places = (table.c[name] for name in ("location_id", "from_location_id") if name in table.c)
    scope: Any = next(places, literal(NO_ID, Id))
    digits = func.substr(number, func.length(func.rtrim(number, "0123456789")) + 1, _DIGITS_MAX)
    return select(
        scope.label("scope"),
        func.substr(number, 1, 8).label("series"),
        cast(func.nullif(digits, ""), Integer).label("place"),
    ).where(*of_tenant(table), number.is_not(None))


def _numbers() -> Select[Any]:
    """Series whose documents do not carry each number from 1 to the last one given, once."""
    given = union_all(*map(_given, _NUMBERED)).subquery()
    series, zero = number_series.c, literal(0, Integer)
    both = union_all(
        select(
            given.c.scope,
            given.c.series,
            func.count().label("documents"),
            func.count(distinct(case((given.c.place >= 1, given.c.place)))).label("numbers"),
            func.coalesce(func.max(given.c.place), 0).label("highest"),
            zero.label("last"),
        ).group_by(given.c.scope, given.c.series),
        select(
            series.scope_id,
            series.series + "/" + cast(series.year, String),
            zero,
            zero,
            zero,
            series.next_number - 1,
        ).where(*of_tenant(number_series)),
    ).subquery()
    sums = (
        select(
            both.c.scope,
            both.c.series,
            total(both.c.documents).label("documents"),
            total(both.c.numbers).label("numbers"),
            total(both.c.highest).label("highest"),
            total(both.c.last).label("last"),
        )
        .group_by(both.c.scope, both.c.series)
        .subquery()
    )
    found = case(
        (sums.c.documents != sums.c.last, sums.c.documents),
        (sums.c.numbers != sums.c.last, sums.c.numbers),
        else_=sums.c.highest,
    )
    return select(sums.c.scope, sums.c.series, found, sums.c.last).where(found != sums.c.last)


def _astray(reference: ForeignKeyConstraint) -> Select[Any]:
    """Rows of this tenant that refer to what is none of its rows: gone, or another tenant's."""
    child: Table = reference.table
    parent = reference.referred_table.alias()
    names = [(each.parent.name, each.column.name) for each in reference.elements]
    own = [pair for pair in names if pair[0] != "tenant_id"]
    keys = (each for each in child.primary_key.columns if each.name != "tenant_id")
    key = next(each for each in keys if isinstance(each.type, Id))
    return recorded(
        select(
            key,
            text(f"{child.name}.{own[-1][0]}"),
            text("none"),
            text(f"a row of {reference.referred_table.name}"),
        )
        .select_from(child.outerjoin(parent, pairs_of(child, parent, *own)))
        .where(
            *of_tenant(child),
            parent.c.tenant_id.is_(None),
            *(child.c[name].is_not(None) for name, _ in own if child.c[name].nullable),
        ),
        child,
    )


def _references() -> Statement:
    tables = [table for table in metadata.sorted_tables if table.info["tenant"]]
    found = [each for table in tables for each in table.foreign_key_constraints]
    return union_all(*map(_astray, sorted(found, key=lambda each: str(each.name))))


_repeated = (
    select(
        stored_answers.c.principal_id,
        stored_answers.c.headers,
        func.count(),
        literal(1, Integer),
    )
    .where(*of_tenant(stored_answers), stored_answers.c.status == 201)
    .where(stored_answers.c.headers.contains('"location"'))
    .group_by(stored_answers.c.principal_id, stored_answers.c.operation, stored_answers.c.headers)
    .having(func.count() > 1)
)

# Entries and payments are below: entries that a document made have no event of their own.
_POSTED = {
    each.document.event: each.table
    for each in documents()
    if each.document.event is not None and each.table is not journal_entries
}
_OTHERS = (
    "payment.received",
    "payment.made",
    "journal_entry.posted",
    "journal_entry.reversed",
)


def _announced() -> Select[Any]:
    """Documents without their one event in the outbox, and events without their document."""
    one, entries = literal(1, Integer), journal_entries
    paid: ColumnElement[str] = case(
        (payments.c.direction == "in", text("payment.received")), else_=text("payment.made")
    )
    by_hand, reversal = entries.c.number.is_not(None), entries.c.reverses_id
    events = fact(outbox_events.c.subject_id, outbox_events.c.type, found=one).where(
        or_(*(outbox_events.c.type == each for each in (*_POSTED, *_OTHERS)))
    )
    posted = fact(entries.c.id, text("journal_entry.posted"), expected=one)
    reversed_ = fact(reversal, text("journal_entry.reversed"), expected=one)
    made = (
        *((table, fact(table.c.id, text(event), expected=one)) for event, table in _POSTED.items()),
        (payments, fact(payments.c.id, paid, expected=one)),
        (entries, posted.where(by_hand, reversal.is_(None))),
        (entries, reversed_.where(by_hand, reversal.is_not(None))),
    )
    # A document and its event are recorded at one instant.
    both = (recorded(each, table) for table, each in ((outbox_events, events), *made))
    return differing(*both, by=None)


INVARIANTS: dict[str, Statement] = {
    "numbers_have_no_gap": _numbers(),
    "references_stay_in_the_tenant": _references(),
    "one_effect_per_key": _repeated,
    "documents_are_told_once": _announced(),
}
