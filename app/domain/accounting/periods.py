"""Accounting periods (calendar months) and the settings of a company's books."""

import re
from calendar import monthrange
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated, Final
from zoneinfo import available_timezones

from app.domain.accounting.errors import (
    EarlierPeriodOpen,
    LaterPeriodClosed,
    PeriodClosed,
    PeriodLocked,
    PeriodNotBegun,
    PeriodOpen,
    PeriodReasonMissing,
)
from app.domain.shared.clock import business_date
from app.domain.shared.errors import Fault, InvalidValue
from app.domain.shared.fields import Example, Version, Words
from app.domain.shared.frozen import frozen, request_form
from app.domain.shared.money import currency_exponent
from app.domain.shared.texts import checked_name

REASON_LENGTH_MAX = 500
_LABEL = re.compile(r"([1-9][0-9]{3})-(0[1-9]|1[0-2])", re.ASCII)


class PeriodStatus(StrEnum):
    """What a month still takes. open -> closed -> locked; closed -> open with a reason."""

    OPEN = "open"  # postings
    CLOSED = "closed"  # nothing, until it is reopened
    LOCKED = "locked"  # nothing, for ever


def month_start(day: date) -> date:
    """The first day of the month of ``day``."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """The last day of the month of ``day``."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def read_month(label: str) -> date:
    """The first day of the month written as ``YYYY-MM``.

    Raises:
        InvalidValue: not a month of that form.
    """
    match = _LABEL.fullmatch(label)
    if match is None:
        raise InvalidValue
    return date(int(match[1]), int(match[2]), 1)


@request_form
class ReopeningIn:
    """Why a closed month is opened again; it is kept with the month."""

    reason: Annotated[str, Words(REASON_LENGTH_MAX), Example("A late bill of March")]
    """Why."""


@frozen
class Period:
    """A calendar month of the books, written ``YYYY-MM``.

    Raises:
        InvalidValue: ``starts_on`` is not the first of a month.
    """

    starts_on: date
    """The first day."""
    status: PeriodStatus = PeriodStatus.OPEN
    """`open`, `closed` or `locked`."""
    version: Version = 1
    closed_at: datetime | None = None
    """When the month was closed; null while it is open."""
    locked_at: datetime | None = None
    """When the month was locked."""
    reason: str = ""
    """Why it was last reopened; empty when it never was."""

    def __post_init__(self) -> None:
        if self.starts_on.day != 1:
            raise InvalidValue.at("/starts_on")

    @property
    def ends_on(self) -> date:
        """The last day of the month."""
        return month_end(self.starts_on)

    @property
    def label(self) -> str:
        """The month as ``YYYY-MM``."""
        return self.starts_on.isoformat()[:7]

    def check_open(self) -> None:
        """Let a posting pass.

        Raises:
            PeriodClosed: the month is closed.
            PeriodLocked: the month is locked.
        """
        if self.status is PeriodStatus.OPEN:
            return
        if self.status is PeriodStatus.LOCKED:
            raise PeriodLocked(period=self.label)
        raise PeriodClosed(period=self.label)

    def lock(self, at: datetime) -> "Period":
        """The closed month made final.

        Raises:
            PeriodOpen: it is not closed yet.
            PeriodLocked: it is locked already.
        """
        self.check_closed()
        return replace(self, status=PeriodStatus.LOCKED, locked_at=at)

    def check_closed(self) -> None:
        """Let a lock or a reopening pass.

        Raises:
            PeriodOpen: the month is open.
            PeriodLocked: the month is locked.
        """
        if self.status is PeriodStatus.LOCKED:
            raise PeriodLocked(period=self.label)
        if self.status is PeriodStatus.OPEN:
            raise PeriodOpen(period=self.label)


class TaxRounding(StrEnum):
    """Where the tax of a document is rounded (semantics 4.5)."""

    LINE = "line"
    DOCUMENT = "document"


class PriceDifferencePolicy(StrEnum):
    """Where the difference between the price received and the price billed goes (R-10)."""

    SPLIT = "split"  # stock for the part on hand, cost of goods sold for the part sold
    VARIANCE = "variance"  # all of it to purchase price variance


# Names that the machine, not the time zone database, gives a meaning.
_NOT_ZONES: Final = frozenset({"localtime", "Factory"})


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_ZONES


@frozen
class Books:
    """The settings of a company's ledger, and how far it is closed.

    ``closed_through`` is the last day of the latest closed month, None while none was ever closed.
    Months up to it are closed whether or not they have a row; months after it are open, and one
    without a row is opened by its first posting.

    Raises:
        InvalidValue: an unknown currency or time zone, or ``closed_through`` is not a month's end.
    """

    currency: str
    time_zone: str
    tax_rounding: TaxRounding = TaxRounding.LINE
    price_difference_policy: PriceDifferencePolicy = PriceDifferencePolicy.SPLIT
    closed_through: date | None = None
    version: int = 1

    def __post_init__(self) -> None:
        currency_exponent(self.currency)
        if self.time_zone not in _zones():
            raise InvalidValue(faults=[Fault("/time_zone", "validation.zone")])
        if self.closed_through is not None and self.closed_through != month_end(
            self.closed_through
        ):
            raise InvalidValue.at("/closed_through")

    @property
    def exponent(self) -> int:
        """The decimals of the currency's minor unit."""
        return currency_exponent(self.currency)

    def changed(
        self,
        *,
        time_zone: str | None = None,
        tax_rounding: TaxRounding | None = None,
        price_difference_policy: PriceDifferencePolicy | None = None,
    ) -> "Books":
        """The books under other settings; None keeps what is there. Posted facts stay as they are.

        Raises:
            InvalidValue: an unknown time zone.
        """
        return replace(
            self,
            time_zone=self.time_zone if time_zone is None else time_zone,
            tax_rounding=tax_rounding or self.tax_rounding,
            price_difference_policy=price_difference_policy or self.price_difference_policy,
        )

    def is_closed(self, day: date) -> bool:
        """Whether ``day`` lies in a closed (or locked) month."""
        return self.closed_through is not None and day <= self.closed_through

    def period_of(self, day: date, stored: Period | None = None) -> Period:
        """The month of ``day``: the ``stored`` row, or without one what the books imply."""
        if stored is not None:
            return stored
        status = PeriodStatus.CLOSED if self.is_closed(day) else PeriodStatus.OPEN
        return Period(month_start(day), status)

    def period_for_posting(self, day: date, stored: Period | None = None) -> Period:
        """The open month that a posting of ``day`` falls into; without a row it is to be stored.

        Raises:
            PeriodClosed: the month is closed, by its row or by a later month's closing.
            PeriodLocked: the month is locked.
        """
        period = self.period_of(day, stored)
        period.check_open()
        # An open row can be read just before a closing commits; the books then say so.
        if self.is_closed(day):
            raise PeriodClosed(period=period.label)
        return period


def close_period(
    books: Books, period: Period, *, earliest_open: date | None, at: datetime
) -> tuple[Books, Period]:
    """Close ``period`` and with it every earlier month that has no row.

    ``earliest_open`` is the first day of the earliest open month that has a row, None without one.

    Raises:
        PeriodClosed: it is closed already.
        PeriodLocked: it is locked.
        PeriodNotBegun: where the company is, its first day is still to come at ``at``.
        EarlierPeriodOpen: an earlier month is still open.
    """
    period.check_open()
    if period.starts_on > business_date(at, books.time_zone):
        raise PeriodNotBegun(period=period.label)
    if earliest_open is not None and earliest_open < period.starts_on:
        raise EarlierPeriodOpen(period=Period(earliest_open).label)
    closed = replace(period, status=PeriodStatus.CLOSED, closed_at=at)
    return replace(books, closed_through=period.ends_on), closed


def reopen_period(books: Books, period: Period, reason: str) -> tuple[Books, Period]:
    """Open the latest closed month again. The months before it stay closed.

    Raises:
        PeriodReasonMissing: the reason is blank.
        PeriodOpen: the month is open.
        PeriodLocked: the month is locked.
        LaterPeriodClosed: a later month is closed.
        InvalidValue: the reason does not have its form.
    """
    if not reason.strip():
        raise PeriodReasonMissing.at("/reason")
    reason = checked_name(reason, "/reason", REASON_LENGTH_MAX)
    period.check_closed()
    if books.closed_through != period.ends_on:
        raise LaterPeriodClosed(period=period.label)
    opened = replace(period, status=PeriodStatus.OPEN, closed_at=None, reason=reason)
    return replace(books, closed_through=period.starts_on - timedelta(days=1)), opened
