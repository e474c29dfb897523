"""Months: open, closed, locked; and the settings of the books."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.accounting.errors import (
    EarlierPeriodOpen,
    LaterPeriodClosed,
    PeriodClosed,
    PeriodLocked,
    PeriodOpen,
    PeriodReasonMissing,
)
from app.domain.accounting.periods import (
    Books,
    Period,
    PeriodStatus,
    PriceDifferencePolicy,
    TaxRounding,
    close_period,
    month_end,
    month_start,
    read_month,
    reopen_period,
)
from app.domain.shared.errors import DomainError, InvalidValue

AT = datetime(2011, 2, 1, 9, 0, tzinfo=UTC)
LATER = datetime(2011, 3, 1, 9, 0, tzinfo=UTC)
DECEMBER, JANUARY, FEBRUARY = date(2010, 12, 1), date(2011, 1, 1), date(2011, 2, 1)


def books(closed_through: date | None = None) -> Books:
    return Books("GBP", "Europe/London", closed_through=closed_through)


def closed(starts_on: date) -> Period:
    return Period(starts_on, PeriodStatus.CLOSED, closed_at=AT)


def test_a_month_knows_its_days_and_its_label() -> None:
    assert month_start(date(2012, 2, 17)) == date(2012, 2, 1)
    assert month_end(date(2012, 2, 17)) == date(2012, 2, 29)
    assert month_end(date(2011, 12, 31)) == date(2011, 12, 31)
    february = Period(date(2012, 2, 1))
    assert (february.ends_on, february.label) == (date(2012, 2, 29), "2012-02")
    with pytest.raises(InvalidValue):
        Period(date(2012, 2, 2))


def test_a_month_is_read_as_it_is_shown() -> None:
    assert read_month("2010-12") == DECEMBER
    assert Period(read_month("2011-01")).label == "2011-01"


@pytest.mark.parametrize(
    "label", ["2010-13", "2010-00", "2010-1", "2010-12-01", "0000-01", "", "٢٠١٠-12"]
)
def test_another_text_is_not_a_month(label: str) -> None:
    with pytest.raises(InvalidValue):
        read_month(label)


def test_a_month_closes_locks_and_then_stays() -> None:
    """S0-11, domain-notes 3.1: open, closed, locked; locked is final."""
    after, shut = close_period(books(), Period(DECEMBER), earliest_open=DECEMBER, at=AT)
    assert after == books(date(2010, 12, 31))
    assert shut == closed(DECEMBER)
    with pytest.raises(PeriodClosed):
        shut.check_open()
    with pytest.raises(PeriodClosed):
        close_period(after, shut, earliest_open=None, at=AT)

    locked = shut.lock(LATER)
    assert locked == Period(DECEMBER, PeriodStatus.LOCKED, closed_at=AT, locked_at=LATER)
    for act in (
        locked.check_open,
        lambda: locked.lock(LATER),
        lambda: close_period(after, locked, earliest_open=None, at=LATER),
        lambda: reopen_period(after, locked, "late bill"),
    ):
        with pytest.raises(PeriodLocked) as refused:
            act()
        assert refused.value.params == {"period": "2010-12"}


def test_an_open_month_is_neither_locked_nor_reopened() -> None:
    Period(DECEMBER).check_open()
    with pytest.raises(PeriodOpen):
        Period(DECEMBER).lock(AT)
    with pytest.raises(PeriodOpen):
        reopen_period(books(), Period(DECEMBER), "why not")


def test_months_close_in_order() -> None:
    with pytest.raises(EarlierPeriodOpen) as refused:
        close_period(books(), Period(JANUARY), earliest_open=DECEMBER, at=AT)
    assert refused.value.params == {"period": "2010-12"}
    after, _ = close_period(books(), Period(JANUARY), earliest_open=JANUARY, at=AT)
    assert after.closed_through == date(2011, 1, 31)
    after, _ = close_period(books(), Period(JANUARY), earliest_open=FEBRUARY, at=AT)
    assert after.closed_through == date(2011, 1, 31)
    after, _ = close_period(books(), Period(JANUARY), earliest_open=None, at=AT)
    assert after.closed_through == date(2011, 1, 31)


def test_only_the_latest_closed_month_reopens_and_only_with_a_reason() -> None:
    shut = books(date(2011, 1, 31))
    with pytest.raises(LaterPeriodClosed) as refused:
        reopen_period(shut, closed(DECEMBER), "late bill")
    assert refused.value.params == {"period": "2010-12"}
    with pytest.raises(PeriodReasonMissing):
        reopen_period(shut, closed(JANUARY), " \n ")
    with pytest.raises(InvalidValue) as too_long:
        reopen_period(shut, closed(JANUARY), "x" * 501)
    assert too_long.value.faults[0].pointer == "/reason"
    after, opened = reopen_period(shut, closed(JANUARY), " late bill ")
    assert after.closed_through == date(2010, 12, 31)
    assert opened == Period(JANUARY, reason="late bill")
    after, opened = reopen_period(after, closed(DECEMBER), "later bill")
    assert after.closed_through == date(2010, 11, 30)


def test_a_month_without_a_row_is_what_the_books_imply() -> None:
    fresh = books()
    assert fresh.period_for_posting(date(1999, 5, 5)) == Period(date(1999, 5, 1))
    shut = books(date(2010, 12, 31))
    assert shut.period_for_posting(date(2011, 1, 1)) == Period(JANUARY)
    assert shut.period_of(date(2010, 12, 31)) == Period(DECEMBER, PeriodStatus.CLOSED)
    for day in (date(2010, 12, 31), date(2010, 12, 1), date(2009, 1, 1)):
        with pytest.raises(PeriodClosed):
            shut.period_for_posting(day)


def test_a_stored_month_and_the_books_must_both_be_open() -> None:
    assert books().period_for_posting(date(2011, 1, 9), Period(JANUARY, version=7)).version == 7
    with pytest.raises(PeriodClosed):
        books().period_for_posting(date(2011, 1, 9), closed(JANUARY))
    with pytest.raises(PeriodClosed) as refused:
        books(date(2011, 1, 31)).period_for_posting(date(2011, 1, 9), Period(JANUARY))
    assert refused.value.params == {"period": "2011-01"}


def test_books_need_a_currency_a_zone_and_a_month_end() -> None:
    assert (Books("JPY", "Asia/Tokyo").exponent, books().exponent) == (0, 2)
    for currency, zone in (
        ("XXX", "Europe/London"),
        ("GBP", "Mars/Olympus"),
        ("GBP", "localtime"),
        ("GBP", "../etc/passwd"),
    ):
        with pytest.raises(InvalidValue):
            Books(currency, zone)
    with pytest.raises(InvalidValue):
        books(date(2011, 1, 30))


def test_settings_change_one_by_one() -> None:
    start = books(date(2010, 12, 31))
    assert start.changed() == start
    assert start.changed(time_zone="Asia/Dubai").time_zone == "Asia/Dubai"
    changed = start.changed(
        tax_rounding=TaxRounding.DOCUMENT, price_difference_policy=PriceDifferencePolicy.VARIANCE
    )
    assert changed == Books(
        "GBP",
        "Europe/London",
        TaxRounding.DOCUMENT,
        PriceDifferencePolicy.VARIANCE,
        date(2010, 12, 31),
    )
    with pytest.raises(InvalidValue):
        start.changed(time_zone="")


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["post", "close", "lock", "reopen"]), st.integers(1, 6)),
        max_size=15,
    )
)
def test_any_history_leaves_the_closed_months_in_one_row_before_the_open_ones(
    steps: list[tuple[str, int]],
) -> None:
    """Whatever is tried: ``closed_through`` parts the months, and a locked month never opens."""
    ledger = books()
    rows: dict[date, Period] = {}
    locked: set[date] = set()
    for act, month in steps:
        day = date(2011, month, 15)
        start = month_start(day)
        stored = rows.get(start)
        open_rows = [key for key, row in rows.items() if row.status is PeriodStatus.OPEN]
        try:
            if act == "post":
                rows[start] = ledger.period_for_posting(day, stored)
            elif act == "close":
                ledger, rows[start] = close_period(
                    ledger,
                    ledger.period_of(day, stored),
                    earliest_open=min(open_rows, default=None),
                    at=AT,
                )
            elif act == "lock":
                rows[start] = ledger.period_of(day, stored).lock(AT)
                locked.add(start)
            else:
                ledger, rows[start] = reopen_period(
                    ledger, ledger.period_of(day, stored), "a reason"
                )
        except DomainError as refused:
            assert refused.code.startswith("accounting.")
        for key, row in rows.items():
            assert (row.status is not PeriodStatus.OPEN) == ledger.is_closed(key)
            assert (row.status is PeriodStatus.LOCKED) == (key in locked)
