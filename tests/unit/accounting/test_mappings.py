"""What accounting saves is what it loads: its rows make the same aggregate again."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.application.accounting.allocations import ALLOCATION_DOCUMENTS
from app.application.accounting.payments import PAYMENTS
from app.application.accounting.ports import (
    ACCOUNTS,
    ALLOCATIONS,
    BOOKS,
    JOURNAL_ENTRIES,
    NUMBER_SERIES,
    OPEN_ITEMS,
    PERIODS,
    POSTING_ACCOUNTS,
    TAXES,
    PostingAccounts,
)
from app.application.shared.kinds import Kind
from app.domain.accounting.allocations import AllocationDocument
from app.domain.accounting.chart import Account, AccountKind, AccountRole
from app.domain.accounting.entries import EntryLine, JournalEntry, Purpose
from app.domain.accounting.open_items import BookedAllocation, OpenItem, Side
from app.domain.accounting.payments import Direction, Payment, PaymentMethod
from app.domain.accounting.periods import (
    Books,
    Period,
    PeriodStatus,
    PriceDifferencePolicy,
    TaxRounding,
)
from app.domain.accounting.series import NumberSeries
from app.domain.accounting.tax import TaxCode, TaxComponent, TaxKind
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.ids import Id
from app.infrastructure.contexts import registry
from app.infrastructure.db.mapping import Mapping
from app.infrastructure.db.reading import build

A, B, C, D = (Id(bytes(15) + bytes([value])) for value in range(1, 5))
AT, DAY = datetime(2026, 3, 31, 15, tzinfo=UTC), date(2026, 3, 31)

AGGREGATES: list[tuple[Kind[Any], Any]] = [
    (
        BOOKS,
        Books(
            "KWD",
            "Asia/Kuwait",
            TaxRounding.DOCUMENT,
            PriceDifferencePolicy.VARIANCE,
            date(2026, 2, 28),
            7,
        ),
    ),
    (POSTING_ACCOUNTS, PostingAccounts({AccountRole.CASH: A, AccountRole.BANK: B})),
    (ACCOUNTS, Account(A, "1000", "Cash", AccountKind.ASSET, AccountRole.CASH, True, 2)),
    (ACCOUNTS, Account(A, "6910", "Training", AccountKind.EXPENSE, None, False, 3)),
    (
        TAXES,
        TaxCode(
            A,
            "LEVY",
            "Levy",
            True,
            (
                TaxComponent("Levy", TaxKind.PERCENT, 2_500_000, True, False, B, C),
                TaxComponent("Fee", TaxKind.FIXED, 125_000),
            ),
            False,
            4,
        ),
    ),
    (PERIODS, Period(date(2026, 3, 1), PeriodStatus.LOCKED, 5, AT, AT, "A late bill")),
    (NUMBER_SERIES, NumberSeries(Series("PAY"), A, 2026, 12, 13)),
    (
        JOURNAL_ENTRIES,
        JournalEntry(
            A,
            "JNL/2026/000001",
            AT,
            DAY,
            DocumentKind("journal"),
            B,
            Purpose.REVERSAL,
            "Undone",
            C,
            AT,
            (EntryLine(1, B, 5, "in", D), EntryLine(2, C, -5)),
            "REF",
        ),
    ),
    (
        OPEN_ITEMS,
        OpenItem(DocumentKind("bill"), A, Side.PAYABLE, B, DAY, date(2026, 4, 30), 500, 200, 3),
    ),
    (
        ALLOCATIONS,
        BookedAllocation(A, B, DocumentKind("payment"), C, DocumentKind("sale"), D, 7, DAY),
    ),
    (
        PAYMENTS,
        Payment(
            A, "PAY/2026/000001", "REF", Direction.OUT, B, PaymentMethod.CARD, 900, AT, DAY, AT
        ),
    ),
    (ALLOCATION_DOCUMENTS, AllocationDocument(A, "ALC/1", B, Side.PAYABLE, True, AT, DAY, AT)),
]


def loaded_again(mapping: Mapping, aggregate: Any) -> Any:
    """The aggregate that a read makes of the rows of a write."""
    rows = list(mapping.dump(aggregate))
    root = next(row for table, row in rows if table is mapping.table)
    children = [
        [
            tuple(row[name] for name in (*child.by, *child.columns))
            for table, row in rows
            if table is child.table
        ]
        for child in mapping.children
    ]
    [found] = build(mapping, [tuple(root[name] for name in mapping.columns)], children)
    return found


@pytest.mark.parametrize(("kind", "aggregate"), AGGREGATES)
def test_an_aggregate_is_loaded_as_it_was_saved(kind: Kind[Any], aggregate: Any) -> None:
    mapping = registry().mappings[kind]
    found = loaded_again(mapping, aggregate)
    assert found == aggregate
    assert repr(found) == repr(aggregate), "texts became enumerations again"
