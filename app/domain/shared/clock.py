"""Time, injected: nothing in the domain or the use cases reads a clock by itself."""

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Where the present instant comes from."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


def business_date(instant: datetime, zone: str) -> date:
    """The calendar day of ``instant`` where the company is."""
    return instant.astimezone(ZoneInfo(zone)).date()
