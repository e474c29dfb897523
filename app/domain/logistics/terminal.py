"""Terminals: the depots where transport orders start and end."""

from enum import StrEnum
from itertools import pairwise
from typing import Annotated

from app.domain.logistics.errors import OpeningHoursWrong
from app.domain.logistics.ids import TerminalId
from app.domain.shared.addresses import Address
from app.domain.shared.fields import (
    Active,
    Code,
    Count,
    Default,
    EndTime,
    Example,
    Folded,
    Mark,
    Name,
    TimeOfDay,
    Version,
    Words,
)
from app.domain.shared.frozen import frozen, request_form


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@request_form
class OpeningHours:
    """When a terminal is open on a day of the week, in the time zone of the company."""

    day: Weekday
    """The day of the week."""
    opens_at: Annotated[TimeOfDay, Example("06:00")]
    """When it opens."""
    closes_at: Annotated[EndTime, Example("18:00")]
    """When it closes, later than it opens; `24:00` is the end of the day."""


@frozen
class Terminal:
    """A depot where transport orders start and end.

    Raises:
        OpeningHoursWrong: it closes before it opens, or its hours of a day overlap.
    """

    id: TerminalId
    code: Annotated[Code, Mark.FIXED, Example("HULL-1")]
    name: Annotated[Name, Example("Hull docks")]
    name_folded: Annotated[str, Folded("name")]
    account_code: Annotated[str, Words(40), Example("4711-HUL")] | None
    """The code under which carriers bill the terminal."""
    address: Address | None
    """Where it is."""
    opening_hours: Annotated[tuple[OpeningHours, ...], Count(28, 0), Default(())]
    """When it is open; several times a day, or hours past midnight, are several entries."""
    active: Active
    version: Version

    def __post_init__(self) -> None:
        for place, each in enumerate(self.opening_hours):
            if each.opens_at >= each.closes_at:
                raise OpeningHoursWrong.at(f"/opening_hours/{place}/closes_at")
        ordered = sorted(enumerate(self.opening_hours), key=lambda one: _start(one[1]))
        for (_, earlier), (place, later) in pairwise(ordered):
            if earlier.day == later.day and later.opens_at < earlier.closes_at:
                raise OpeningHoursWrong.at(f"/opening_hours/{place}/opens_at")


def _start(hours: OpeningHours) -> tuple[str, str]:
    return hours.day, hours.opens_at
