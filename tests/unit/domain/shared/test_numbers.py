"""Exact arithmetic."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.shared.errors import InvalidValue, ValueOutOfRange
from app.domain.shared.numbers import (
    AMOUNT_MAX,
    allocate,
    checked_amount,
    divide_rounded,
    extended,
    format_amount,
    format_scaled,
    parse_scaled,
    prorate,
    share,
)


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**12))
def test_ties_round_away_from_zero(numerator: int, denominator: int) -> None:
    """R-04, against the decimal module."""
    with localcontext() as context:
        context.prec = 60
        expected = (Decimal(numerator) / Decimal(denominator)).quantize(
            Decimal(1), rounding=ROUND_HALF_UP
        )
    assert divide_rounded(numerator, denominator) == int(expected)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (299, [4300, 1400, 2300], [161, 52, 86]),  # [T] vendure prorate
        (299, [1000, 1000, 1000], [100, 100, 99]),
        (10, [0, 0], [5, 5]),
        (-299, [4300, 1400, 2300], [-161, -52, -86]),
        (1, [0, 3], [0, 1]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_allocating(total: int, weights: list[int], parts: list[int]) -> None:
    assert allocate(total, weights) == parts


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_parts_sum_and_keep_the_sign(total: int, weights: list[int]) -> None:
    """Semantics 1.5: the parts are the whole, none against it, nothing for no weight."""
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert all(part * total >= 0 for part in parts)
    if any(weights):
        pairs = zip(parts, weights, strict=True)
        assert all(part == 0 for part, weight in pairs if weight == 0)


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_weights_that_make_no_sense_are_refused(weights: list[int]) -> None:
    with pytest.raises(InvalidValue):
        allocate(1, weights)


def test_a_share_of_nothing_is_nothing() -> None:
    assert share(10, 1, 0) == 0
    assert share(10, -1, -4) == 3
    assert share(10, 1, 3) == 3


@pytest.mark.parametrize(
    ("text", "digits", "value"),
    [
        ("0", 6, 0),
        ("2.55", 6, 2_550_000),
        ("-3", 6, -3_000_000),
        ("1.500000000", 6, 1_500_000),
        ("12.5", 2, 1250),
        ("7", 0, 7),
    ],
)
def test_reading_decimals(text: str, digits: int, value: int) -> None:
    assert parse_scaled(text, digits) == value


@pytest.mark.parametrize(
    "text", ["", "+1", "01", "1.", ".5", "1e5", "NaN", "Infinity", "1,5", " 1", "٣", "1.0000001"]
)
def test_what_is_no_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_scaled(text, 6)


def test_what_the_books_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueOutOfRange):
        parse_scaled("9" * 18, 6)
    with pytest.raises(InvalidValue):
        parse_scaled("1" * 400, 6)
    assert checked_amount(-AMOUNT_MAX) == -AMOUNT_MAX
    with pytest.raises(ValueOutOfRange):
        checked_amount(AMOUNT_MAX + 1)


@given(st.integers(-(10**15), 10**15), st.integers(0, 6))
def test_writing_and_reading_are_inverse(value: int, digits: int) -> None:
    assert parse_scaled(format_scaled(value, digits), digits) == value


def test_amounts_show_the_decimals_of_their_currency() -> None:
    assert format_amount(1250, 2) == "12.50"
    assert format_amount(-5, 3) == "-0.005"
    assert format_amount(7, 0) == "7"
    assert format_scaled(1_500_000, 6, at_least=2) == "1.50"
    assert format_scaled(1_234_500, 6) == "1.2345"


def test_quantity_times_price_is_rounded_once() -> None:
    """Semantics 1.4: 3 x 0.335 is 1.005, so 1.01."""
    assert extended(3_000_000, 335_000, 2) == 101
    assert extended(1_000_000, 2_550_000, 0) == 3


@given(st.integers(0, 10**9), st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_pieces_add_to_the_whole(total: int, pieces: list[int]) -> None:
    """Semantics 1.6: however a line is undone in pieces, the last takes what is left."""
    whole, done, given_back = sum(pieces), 0, 0
    for piece in pieces:
        part = prorate(total, piece, whole, done, given_back)
        assert 0 <= part <= total - given_back
        done, given_back = done + piece, given_back + part
    assert given_back == total


@pytest.mark.parametrize(("quantity", "already"), [(0, 0), (2, 9), (1, -1)])
def test_pieces_beyond_the_whole_are_refused(quantity: int, already: int) -> None:
    with pytest.raises(ValueOutOfRange):
        prorate(100, quantity, 10, already, 0)
    assert prorate(-100, 1, 3, 0, 0) == -33
