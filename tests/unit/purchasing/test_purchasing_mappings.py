"""What purchasing saves is what it loads, and every field of it is saved."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.application.purchasing.bills import BILLED_LINES, BILLS
from app.application.purchasing.receipts import RECEIPT_PROGRESS, RECEIPTS
from app.application.purchasing.returns import SUPPLIER_RETURNS
from app.application.shared.kinds import Kind
from app.domain.purchasing.bills import Bill, BilledLine, BillLine
from app.domain.purchasing.receipts import Receipt, ReceiptLine, ReceiptProgress
from app.domain.purchasing.returns import SupplierReturn, SupplierReturnLine
from app.domain.shared.ids import Id
from app.infrastructure.contexts import registry
from tests.support.mapped import loaded_again, unsaved_fields

A, B, C, D = (Id(bytes(15) + bytes([value])) for value in range(1, 5))
AT, DAY = datetime(2026, 3, 31, 15, tzinfo=UTC), date(2026, 3, 31)

BILL_LINE = BillLine(1, A, 2, B, 3, 4, 50, 6, 56, C, (4, 2), 48, 2, 1)
RETURN_LINE = SupplierReturnLine(1, 2, B, 3, 4, 5, 6, 7, -8)

AGGREGATES: list[tuple[Kind[Any], Any]] = [
    (
        RECEIPTS,
        Receipt(
            A, "RCP/1", "REF", B, C, AT, DAY, "KWD", 9, D, AT, (ReceiptLine(1, D, 2, 3, 4, 5),)
        ),
    ),
    (RECEIPT_PROGRESS, ReceiptProgress(A, 1, 5, 6, 7, 8, 4, 3)),
    (
        BILLS,
        Bill(A, "BIL/1", "REF", B, "77", AT, DAY, DAY, "GBP", 50, 6, 56, 48, C, AT, (BILL_LINE,)),
    ),
    (BILLED_LINES, BilledLine(A, 1, B, 2, 9, 10, C, (3, 4), 5, 6, (1, 2), 7)),
    (
        SUPPLIER_RETURNS,
        SupplierReturn(A, "SRT/1", "REF", B, C, D, AT, DAY, "GBP", 4, 5, 13, A, AT, (RETURN_LINE,)),
    ),
]


@pytest.mark.parametrize(("kind", "aggregate"), AGGREGATES)
def test_an_aggregate_is_loaded_as_it_was_saved(kind: Kind[Any], aggregate: Any) -> None:
    mapping = registry().mappings[kind]
    found = loaded_again(mapping, aggregate)
    assert found == aggregate
    assert repr(found) == repr(aggregate)
    assert unsaved_fields(mapping, aggregate) == []
