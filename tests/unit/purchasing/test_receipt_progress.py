"""What becomes of a receipt line: billed and sent back in pieces, and the value that clears."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.purchasing.errors import LineCount
from app.domain.purchasing.receipts import (
    Receipt,
    ReceiptLine,
    ReceiptProgress,
    check_lines,
)
from app.domain.shared.documents import LINES_MAX
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.ids import Id

RECEIPT, PRODUCT = Id(b"R" * 16), Id(b"P" * 16)
LINE = ReceiptLine(1, PRODUCT, 10, 0, 1000, 7)
NONE = ReceiptProgress.none(RECEIPT, 1)


def test_lines_count_from_one() -> None:
    receipt = Receipt(
        RECEIPT,
        "RCP/2026/MAIN/000001",
        None,
        Id(b"S" * 16),
        Id(b"L" * 16),
        datetime(2026, 3, 31, tzinfo=UTC),
        date(2026, 3, 31),
        "GBP",
        2000,
        None,
        datetime(2026, 3, 31, tzinfo=UTC),
        (LINE, replace(LINE, line=2)),
    )
    found = [receipt.line(number) for number in (0, 1, 2, 3, -1)]
    assert [each and each.line for each in found] == [None, 1, 2, None, None]


@pytest.mark.parametrize("count", [0, LINES_MAX + 1])
def test_line_count(count: int) -> None:
    """R-15."""
    with pytest.raises(LineCount) as refused:
        check_lines(count)
    assert refused.value.params == {"lines_max": 2000}
    check_lines(1)
    check_lines(LINES_MAX)


def test_billed_goods_go_back_last() -> None:
    """10 came, 6 were billed: of 7 back 4 were not billed; 3 more can be credited."""
    value, progress = NONE.bill(LINE, 6)
    assert (value, progress.billable(LINE), progress.returnable(LINE)) == (600, 4, 10)
    unbilled, value, progress = progress.send_back(LINE, 7)
    assert (unbilled, value) == (4, 400)
    assert (progress.billable(LINE), progress.returnable(LINE), progress.sent_back) == (0, 3, 7)
    unbilled, value, progress = progress.send_back(LINE, 3)
    assert (unbilled, value, progress.credited_quantity) == (0, 0, 6)
    assert progress.returnable(LINE) == 0


def test_more_than_is_billable() -> None:
    _, progress = NONE.bill(LINE, 6)
    with pytest.raises(ValueOutOfRange):
        progress.bill(LINE, 5)


@given(
    value=st.integers(0, 10**12),
    cuts=st.lists(st.tuples(st.booleans(), st.integers(1, 10**9)), min_size=1, max_size=12),
)
def test_any_cutting_clears_the_received_value(value: int, cuts: list[tuple[bool, int]]) -> None:
    """Semantics 3.2.3: once all is billed or sent back, exactly the received value is cleared."""
    line = replace(LINE, quantity=sum(cut for _, cut in cuts), value=value)
    progress = NONE
    cleared = 0
    for billed, cut in cuts:
        if billed:
            part, progress = progress.bill(line, cut)
        else:
            unbilled, part, progress = progress.send_back(line, cut)
            assert unbilled == cut
        assert part >= 0
        cleared += part
    assert cleared == value == progress.billed_value + progress.returned_value
    assert progress.billable(line) == 0
