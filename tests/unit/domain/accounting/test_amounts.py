"""Line amounts, discounts and shares. Amounts in pence; quantities, prices, percentages x 10^6."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.accounting.amounts import (
    Discount,
    LineAmount,
    PricedLine,
    document_amounts,
    line_amount,
)
from app.domain.accounting.errors import DiscountTooLarge
from app.domain.shared.errors import DomainError, InvalidValue, ValueOutOfRange
from app.domain.shared.numbers import AMOUNT_MAX, QUANTITY_MAX, prorate

ONE = 1_000_000


def pct(*percents: int) -> Discount:
    return Discount(tuple(int(Fraction(percent) * ONE) for percent in percents))


def of(pence: int, discount: Discount | None = None) -> PricedLine:
    """A line of one piece at ``pence``."""
    return PricedLine(ONE, pence * 10_000, discount)


def test_a_line_is_quantity_times_price_rounded_once() -> None:
    """Semantics 1.4: 3 x 0.335 is 1.01 (1.005 away from zero), not 3 x 0.34."""
    assert line_amount(PricedLine(6 * ONE, 2_550_000), 2) == LineAmount(1530, 0, 1530)
    assert line_amount(PricedLine(3 * ONE, 335_000), 2) == LineAmount(101, 0, 101)
    assert line_amount(PricedLine(10 * ONE, 38_230_000), 2).amount == 38230
    assert line_amount(PricedLine(2 * ONE, 399_000_000), 0).amount == 798
    assert line_amount(PricedLine(ONE // 2, 1_001_000), 3).amount == 501
    assert line_amount(PricedLine(ONE, 0), 2) == LineAmount(0, 0, 0)


@pytest.mark.parametrize(
    ("discount", "taken"),
    [
        (pct(10), 153),
        (Discount(amount=153), 153),
        (pct(10, 5), 222),  # 15.30 x 0.145 = 2.2185
        (pct(50, 50), 1148),  # 15.30 x 0.75 = 11.475, never 100 percent
        (Discount((10 * ONE,), 77), 230),
        (pct(100), 1530),
        (Discount(amount=1530), 1530),
        (Discount(), 0),
        (pct(0), 0),
    ],
)
def test_percentages_follow_one_another_and_then_the_amount(discount: Discount, taken: int) -> None:
    """Semantics 5.4."""
    line = line_amount(PricedLine(6 * ONE, 2_550_000, discount), 2)
    assert line == LineAmount(1530, taken, 1530 - taken)


def test_a_tie_of_a_percentage_goes_up() -> None:
    """R-04: 10 percent of 0.05 is 0.01 off."""
    assert line_amount(of(5, pct(10)), 2) == LineAmount(5, 1, 4)


@pytest.mark.parametrize(
    ("discount", "error", "member"),
    [
        (Discount(amount=1531), DiscountTooLarge, "amount"),
        (Discount((10 * ONE,), 1378), DiscountTooLarge, "amount"),
        (Discount((100 * ONE + 1,)), DiscountTooLarge, "percent"),
        (Discount((-1,)), ValueOutOfRange, "percent"),
        (Discount(amount=-1), ValueOutOfRange, "amount"),
    ],
)
def test_a_discount_never_makes_a_line_or_document_negative(
    discount: Discount, error: type[DomainError], member: str
) -> None:
    """Semantics 5.5."""
    with pytest.raises(error) as refused:
        document_amounts([of(5), PricedLine(6 * ONE, 2_550_000, discount)], 2)
    assert refused.value.faults[0].pointer == f"/lines/1/discount_{member}"
    with pytest.raises(error) as refused:
        document_amounts([of(1000), of(530)], 2, discount)
    assert refused.value.faults[0].pointer == f"/discount/{member}"


@pytest.mark.parametrize(
    ("line", "member"),
    [
        (PricedLine(0, ONE), "quantity"),
        (PricedLine(-ONE, ONE), "quantity"),
        (PricedLine(QUANTITY_MAX + 1, 0), "quantity"),
        (PricedLine(ONE, -1), "unit_price"),
        (PricedLine(QUANTITY_MAX, 9 * 10**15), "unit_price"),
    ],
)
def test_a_line_outside_the_books_is_named(line: PricedLine, member: str) -> None:
    with pytest.raises(ValueOutOfRange) as refused:
        document_amounts([of(5), line], 2)
    assert refused.value.faults[0].pointer == f"/lines/1/{member}"


def test_the_sum_of_the_lines_is_bounded() -> None:
    largest = PricedLine(10**7 * ONE, AMOUNT_MAX // 10**3)
    assert line_amount(largest, 2).gross == AMOUNT_MAX // 10**3 * 10**3
    assert line_amount(PricedLine(QUANTITY_MAX, ONE), 6).gross == AMOUNT_MAX
    half = PricedLine(10**8 * ONE, (AMOUNT_MAX // 2 + 1) * 10_000 // 10**8)
    assert line_amount(half, 2).gross > AMOUNT_MAX // 3
    with pytest.raises(ValueOutOfRange):
        document_amounts([half, half, half], 2)
    with pytest.raises(InvalidValue) as refused:
        document_amounts([], 2)
    assert refused.value.faults[0].pointer == "/lines"


def test_a_document_discount_is_spread_by_amount() -> None:
    """Semantics 1.5, 5.6: the vendure numbers 2.99 over 43.00, 14.00, 23.00."""
    lines = document_amounts([of(4300), of(1400), of(2300)], 2, Discount(amount=299))
    assert [line.discount for line in lines] == [161, 52, 86]
    assert [line.amount for line in lines] == [4139, 1348, 2214]
    lines = document_amounts([of(1000, pct(50)), of(500)], 2, pct(10))
    assert lines == [LineAmount(1000, 550, 450), LineAmount(500, 50, 450)]
    free = document_amounts([of(0), of(0)], 2, pct(10))
    assert free == [LineAmount(0, 0, 0)] * 2


PERCENTS = st.sampled_from([(), (0,), (10 * ONE,), (33_333_333, 5 * ONE), (100 * ONE,)])
PRICED = st.builds(
    PricedLine,
    st.integers(1, 50 * ONE),
    st.integers(0, 90 * ONE),
    st.none() | st.builds(Discount, PERCENTS),
)


@settings(max_examples=60)
@given(
    st.lists(PRICED, min_size=1, max_size=6),
    PERCENTS,
    st.integers(0, 100),
    st.sampled_from([0, 2, 3]),
)
def test_any_document_adds_up_and_no_line_is_negative(
    lines: list[PricedLine], percents: tuple[int, ...], part: int, exponent: int
) -> None:
    plain = document_amounts(lines, exponent)
    left = sum(line.amount for line in plain)
    percent_only = Discount(percents).on(left, "")
    rest = Discount(percents, (left - percent_only) * part // 100)
    amounts = document_amounts(lines, exponent, rest)
    assert sum(line.amount for line in amounts) == left - percent_only - rest.amount
    for line, before in zip(amounts, plain, strict=True):
        assert line.gross == before.gross
        assert line.amount == line.gross - line.discount
        assert 0 <= line.amount <= before.amount


def test_a_part_is_in_proportion_and_the_last_takes_the_rest() -> None:
    assert [prorate(100, 1, 3, done, paid) for done, paid in ((0, 0), (1, 33), (2, 67))] == [
        33,
        34,
        33,
    ]
    assert prorate(100, 3, 3, 0, 0) == 100
    assert prorate(-100, 1, 3, 1, -33) == -34
    # 40 of 100 pieces at 0.30 together are worth 0.12, however they come back
    assert prorate(30, 40, 100, 0, 0) == 12
    assert prorate(30, 1, 100, 39, 12) == 0


@pytest.mark.parametrize(
    ("quantity", "of_quantity", "already"),
    [(0, 3, 0), (-1, 3, 1), (2, 3, 2), (4, 3, 0), (1, 3, -1)],
)
def test_more_than_is_left_is_refused(quantity: int, of_quantity: int, already: int) -> None:
    with pytest.raises(ValueOutOfRange):
        prorate(100, quantity, of_quantity, already, 0)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_total_that_was_corrected_in_between_still_adds_up(sign: int) -> None:
    assert prorate(sign * 40, 1, 3, 1, sign * 33) == 0  # 27 are due for two, 33 are given
    assert prorate(sign * 40, 1, 3, 2, sign * 33) == sign * 7
    assert prorate(sign * 20, 1, 3, 1, sign * 33) == 0
    assert prorate(sign * 20, 1, 3, 2, sign * 33) == sign * -13
    assert prorate(sign * 100, 1, 3, 1, sign * -50) == sign * 117
    assert prorate(sign * 100, 2, 4, 1, sign * -100) == sign * 175


@settings(max_examples=60)
@given(
    st.integers(-5_000, 5_000),
    st.lists(st.integers(1, 5 * ONE), min_size=1, max_size=8),
)
def test_any_partial_returns_add_up_to_the_whole(total: int, pieces: list[int]) -> None:
    """Semantics 1.6, domain-notes 3.8."""
    whole, done, given_back = sum(pieces), 0, 0
    for piece in pieces:
        part = prorate(total, piece, whole, done, given_back)
        assert min(total, 0) <= part <= max(total, 0)
        done += piece
        given_back += part
        assert abs(given_back - Fraction(total * done, whole)) <= Fraction(1, 2)
    assert given_back == total
