"""Credits of billed goods: price and tax of the bill, in pieces that add up to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.purchasing.bills import BilledLine, BillLine, credit_oldest
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.ids import Id

RECEIPT, PRODUCT, TAX = Id(b"R" * 16), Id(b"P" * 16), Id(b"X" * 16)


def billed(
    bill: int, quantity: int, net: int, parts: tuple[int, ...] = (), line: int = 1
) -> BilledLine:
    bill_line = BillLine(
        line=line,
        receipt_id=RECEIPT,
        receipt_line=3,
        product_id=PRODUCT,
        quantity=quantity,
        unit_price=0,
        net=net,
        tax=sum(parts),
        total=net + sum(parts),
        tax_id=TAX if parts else None,
        tax_parts=parts,
        received_value=0,
        difference=0,
        difference_in_stock=0,
    )
    return BilledLine.of(Id(bytes(15) + bytes([bill])), bill_line)


def test_the_oldest_bill_is_credited_first() -> None:
    """Two bills, the first of two lines: 4 + 2 and 5, of which 7 go back, then the other 4."""
    lines = [billed(2, 5, 600), billed(1, 2, 220, line=2), billed(1, 4, 400, (80,))]
    credited, changed = credit_oldest(lines, 7)
    assert [(each.quantity, each.net, each.total) for each in credited] == [
        (4, 400, 480),
        (2, 220, 220),
        (1, 120, 120),
    ]
    assert [each.creditable for each in changed] == [0, 0, 4]
    credited, changed = credit_oldest(changed, 4)
    assert [(each.quantity, each.net) for each in credited] == [(4, 480)]
    assert len(changed) == 1


def test_more_than_was_billed() -> None:
    with pytest.raises(ValueOutOfRange):
        credit_oldest([billed(1, 4, 400)], 5)


@given(
    net=st.integers(0, 10**12),
    parts=st.lists(st.integers(0, 10**11), max_size=3),
    cuts=st.lists(st.integers(1, 10**9), min_size=1, max_size=10),
)
def test_credits_in_pieces_add_up_to_the_bill(net: int, parts: list[int], cuts: list[int]) -> None:
    """Semantics 1.6, for the price and for each component of the tax."""
    line = billed(1, sum(cuts), net, tuple(parts))
    total = 0
    for cut in cuts:
        credit, line = line.credit(cut)
        assert credit.net >= 0
        assert all(part >= 0 for part in credit.tax_parts)
        assert credit.total == credit.net + sum(credit.tax_parts)
        total += credit.total
    assert line.creditable == 0
    assert (line.credited_net, line.credited_tax_parts) == (net, tuple(parts))
    assert total == net + sum(parts)
