"""Money, ids, texts, time and errors."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.shared import ids
from app.domain.shared.clock import (
    SystemClock,
    business_date,
    epoch_milliseconds,
    milliseconds,
)
from app.domain.shared.errors import (
    DomainError,
    InvalidValue,
    ReferenceNotFound,
    ServiceUnavailable,
    all_errors,
)
from app.domain.shared.money import CurrencyMismatch, Money, currency_exponent
from app.domain.shared.texts import checked_code, checked_name, folded


def test_money_is_exact_and_keeps_its_currency() -> None:
    """S1-20: no float, a mismatch is a typed error, an allocation sums exactly."""
    price = Money.parse("12.50", "GBP")
    assert (str(price), price.minor) == ("12.50", 1250)
    assert price + Money(1, "GBP") == Money(1251, "GBP")
    assert price - price == Money(0, "GBP")
    assert -price == Money(-1250, "GBP")
    assert Money(1, "GBP") < price <= Money(1250, "GBP")
    assert [str(part) for part in price.allocate([1, 1, 1])] == ["4.17", "4.17", "4.16"]
    with pytest.raises(CurrencyMismatch):
        price + Money(1, "EUR")
    with pytest.raises(InvalidValue):
        Money.parse("12.505", "GBP")


def test_every_currency_has_its_own_decimals() -> None:
    assert [currency_exponent(code) for code in ("JPY", "GBP", "KWD", "CLF")] == [0, 2, 3, 4]
    with pytest.raises(InvalidValue):
        currency_exponent("XXX")


@given(st.binary(min_size=16, max_size=16))
def test_ids_are_written_and_read(value: bytes) -> None:
    text = ids.show("prd", value)
    assert ids.read("prd", text) == value
    assert len(text) == 30


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_ids_sort_as_their_texts(one: bytes, other: bytes) -> None:
    """S1-19: bytes and letters have one order."""
    assert (one < other) == (ids.ulid_text(one) < ids.ulid_text(other))


@pytest.mark.parametrize(
    "text",
    [
        "prd_",
        "sal_" + "0" * 26,
        "prd_" + "8" + "0" * 25,
        "prd_" + "U" * 26,
        "prd_" + "v" * 26,
        "prd_+" + "0" * 25,
        "prd_ " + "0" * 25,
        "prd_0_" + "0" * 24,
        "prd_" + "0" * 25 + "\N{ARABIC-INDIC DIGIT ONE}",
        "prd_" + "0" * 25 + "\0",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        ids.read("prd", text)


def test_ids_ascend_also_across_threads_and_when_the_clock_goes_back() -> None:
    """S1-19: monotonic within the process, whatever the clock does."""
    times = itertools.cycle([5, 5, 4, 6, 3])
    factory = ids.UlidFactory(lambda: next(times))
    made = [factory() for _ in range(100)]
    assert made == sorted(set(made))
    with ThreadPoolExecutor(4) as pool:
        parallel = list(pool.map(lambda _: factory(), range(400)))
    assert len(set(parallel)) == 400


def test_an_id_may_be_dated_by_another_clock() -> None:
    """Audit entries are in the order of the database's time, whichever node named them."""
    instant = datetime(2026, 3, 31, 12, 0, 0, 999_999, tzinfo=UTC)
    at_ms = epoch_milliseconds(instant)
    assert at_ms == 1_774_958_400_999
    lowest = ids.first_of(at_ms)
    made = ids.Id(b"\1" * 16)
    one, two = ids.dated(made, at_ms), ids.dated(made, at_ms, 1)
    assert lowest < one < two < ids.first_of(at_ms + 1)
    assert (one[:6], one[6:]) == (lowest[:6], made[6:])
    assert ids.dated(b"\xff" * 16, at_ms, 1) == lowest  # once in 10^24 ids


def test_the_business_day_is_that_of_the_company() -> None:
    instant = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert business_date(instant, "UTC") == date(2026, 6, 30)
    assert business_date(instant, "Europe/London") == date(2026, 7, 1)
    assert SystemClock().now().tzinfo is UTC


class _Still:
    """A clock that stands at one millisecond and three quarters."""

    def now(self) -> datetime:
        return datetime(1970, 1, 1, 0, 0, 0, 1_750, tzinfo=UTC)


def test_a_clock_in_milliseconds_is_the_same_clock() -> None:
    assert milliseconds(_Still())() == 1
    before = int(SystemClock().now().timestamp() * 1000)
    shown = milliseconds(SystemClock())()
    assert before <= shown <= int(SystemClock().now().timestamp() * 1000)


def test_texts_have_a_form() -> None:
    assert checked_name("  Café  ") == "Café"
    assert checked_code("A-1.b_2") == "A-1.b_2"
    assert folded("ＡBC") == folded("abc")
    for wrong in ("", "   ", "a\0b", "x" * 201):
        with pytest.raises(InvalidValue):
            checked_name(wrong)
    for wrong in ("", "-a", "a b", "x" * 33):
        with pytest.raises(InvalidValue):
            checked_code(wrong)


def test_an_error_names_its_place_and_never_a_value() -> None:
    error = ReferenceNotFound.at("/lines/0/product_id", limit=3)
    [fault] = error.faults
    assert (fault.pointer, fault.code, fault.params) == (
        "/lines/0/product_id",
        "common.reference_not_found",
        {"limit": 3},
    )
    assert ServiceUnavailable(retry_after_seconds=7).retry_after_seconds == 7
    assert str(ReferenceNotFound()) == "common.reference_not_found"

    class Nameless(DomainError):
        """A base without a code is no error of its own."""

    assert Nameless not in set(all_errors())
