"""The injected clock: domain and use cases never read the system clock."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """A source of the present instant."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


def milliseconds(clock: Clock) -> Callable[[], int]:
    """The clock as milliseconds since the Unix epoch; fast for the system clock."""
    if isinstance(clock, SystemClock):
        return lambda: time.time_ns() // 1_000_000
    return lambda: int(clock.now().timestamp() * 1000)


def epoch_milliseconds(instant: datetime) -> int:
    """Milliseconds since the Unix epoch, rounded up."""
    return (instant - _EPOCH) // _MILLISECOND


def business_date(instant: datetime, zone: str) -> date:
    """The calendar day of ``instant`` in the company's time zone."""
    return instant.astimezone(ZoneInfo(zone)).date()
