"""Tenders and what comes back of a sale line."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sales.errors import (
    ChangeWithoutCash,
    CustomerNeeded,
    LineCount,
    OverReturn,
    TenderMismatch,
)
from app.domain.sales.returns import ReturnedSoFar, take_back
from app.domain.sales.sale import (
    SaleLine,
    Tender,
    TenderMethod,
    check_lines,
    settle_tenders,
)
from app.domain.shared.documents import LINES_MAX
from app.domain.shared.errors import InvalidValue
from app.domain.shared.ids import Id
from app.domain.shared.numbers import divide_rounded

CASH, CARD, ACCOUNT = TenderMethod.CASH, TenderMethod.CARD, TenderMethod.ON_ACCOUNT
SOMEBODY = Id(bytes(16))
UNIT = 1_000_000
Offer = tuple[TenderMethod, int | None]


@pytest.mark.parametrize(
    ("offers", "tenders", "change"),
    [
        ([(CASH, None)], [Tender(CASH, 810)], 0),
        ([(CASH, 1000)], [Tender(CASH, 810)], 190),
        ([(CARD, 500), (CASH, None)], [Tender(CARD, 500), Tender(CASH, 310)], 0),
        ([(CARD, 800), (CASH, 20)], [Tender(CARD, 800), Tender(CASH, 10)], 10),
        ([(CASH, 500), (CASH, 310)], [Tender(CASH, 810)], 0),
        ([(CARD, 810), (CASH, 0)], [Tender(CARD, 810)], 0),
    ],
)
def test_tenders_settle_the_total(offers: list[Offer], tenders: list[Tender], change: int) -> None:
    assert settle_tenders(810, offers, None, 2) == (tenders, change)


@pytest.mark.parametrize(
    ("offers", "error"),
    [
        ([], TenderMismatch),
        ([(CASH, 809)], TenderMismatch),
        ([(CASH, None), (CARD, None)], TenderMismatch),
        ([(CARD, 900), (CASH, None)], TenderMismatch),
        ([(CARD, 811)], ChangeWithoutCash),
        ([(ACCOUNT, 810)], CustomerNeeded),
        ([(CASH, 81)] * 11, InvalidValue),
    ],
)
def test_tenders_that_do_not_fit(offers: list[Offer], error: type[Exception]) -> None:
    with pytest.raises(error):
        settle_tenders(810, offers, None, 2)


def test_on_account_needs_somebody() -> None:
    assert settle_tenders(810, [(ACCOUNT, None)], SOMEBODY, 2) == ([Tender(ACCOUNT, 810)], 0)


def test_nothing_due_needs_no_tender() -> None:
    assert settle_tenders(0, [], None, 2) == ([], 0)


def sold(quantity: int, net: int, parts: tuple[int, ...]) -> SaleLine:
    tax = sum(parts)
    figures = (quantity * UNIT, UNIT, net, 0, net, tax, net + tax)
    return SaleLine(1, SOMEBODY, "", *figures, None, parts, 0, None)


# Small amounts too: a penny in four pieces is where rounding meets its bounds.
_AMOUNTS = st.integers(0, 9) | st.integers(0, 10**9)


@given(
    _AMOUNTS,
    st.tuples(_AMOUNTS, _AMOUNTS),
    st.lists(st.integers(1, 9), min_size=1, max_size=6),
    st.booleans(),
)
def test_pieces_of_a_line_add_to_the_sale(
    net: int, parts: tuple[int, int], pieces: list[int], tax_included: bool
) -> None:
    """Semantics 1.6, 6.4: whatever comes back in pieces gives back the sale to the penny."""
    line = sold(sum(pieces), net, parts)
    so_far = ReturnedSoFar.none(SOMEBODY, line)
    back = 0
    for piece in pieces:
        share, so_far = take_back(
            line, so_far, piece * UNIT, "/lines/0/quantity", tax_included=tax_included
        )
        assert min(share.net, *share.tax_parts, 0) == 0
        back += share.net + share.tax
        if tax_included:
            assert back == divide_rounded(line.total * so_far.quantity, line.quantity)
    assert back == line.total
    assert (so_far.net, so_far.tax_parts) == (line.net, line.tax_parts)
    with pytest.raises(OverReturn):
        take_back(line, so_far, 1, "/lines/0/quantity", tax_included=tax_included)


def test_over_return_says_what_is_left() -> None:
    line = sold(5, 500, ())
    so_far = replace(ReturnedSoFar.none(SOMEBODY, line), quantity=3 * UNIT)
    with pytest.raises(OverReturn) as refused:
        take_back(line, so_far, 3 * UNIT, "/lines/4/quantity", tax_included=False)
    assert refused.value.faults[0].params == {"returnable": "2"}


def test_documents_have_1_to_2000_lines() -> None:
    """R-15."""
    check_lines(1)
    check_lines(LINES_MAX)
    for count in (0, LINES_MAX + 1):
        with pytest.raises(LineCount):
            check_lines(count)


def test_what_was_paid_is_shared_where_the_price_included_the_tax() -> None:
    """Two of eight pieces for 75.00 with 20 % in it give back 18.75, not 15.63 + 3.13."""
    line = sold(8, 6250, (1250,))
    so_far = ReturnedSoFar.none(SOMEBODY, line)
    share, _ = take_back(line, so_far, 2 * UNIT, "/lines/0/quantity", tax_included=True)
    assert (share.net, share.tax_parts) == (1562, (313,))
    share, _ = take_back(line, so_far, 2 * UNIT, "/lines/0/quantity", tax_included=False)
    assert (share.net, share.tax_parts) == (1563, (313,))
