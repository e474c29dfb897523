"""Terminals."""

import pytest

from app.domain.logistics.errors import OpeningHoursWrong
from app.domain.logistics.terminal import OpeningHours, Terminal, Weekday
from app.domain.shared.ids import Id
from app.domain.shared.masters import made


def hours(opens_at: str, closes_at: str, day: str = "monday") -> OpeningHours:
    return OpeningHours(day=Weekday(day), opens_at=opens_at, closes_at=closes_at)


def terminal(*opening_hours: OpeningHours) -> Terminal:
    members = {"code": "HULL", "name": " Hull docks ", "opening_hours": opening_hours}
    return made(Terminal, Id(bytes(16)), members)


def test_a_terminal_may_state_no_hours() -> None:
    made_one = terminal()
    assert (made_one.name, made_one.name_folded, made_one.opening_hours) == (
        "Hull docks",
        "hull docks",
        (),
    )
    assert (made_one.address, made_one.account_code) == (None, None)


def test_hours_may_touch_and_repeat_on_other_days() -> None:
    terminal(hours("06:00", "12:00"), hours("12:00", "18:00"), hours("06:00", "12:00", "sunday"))


def test_hours_past_midnight_are_two_entries() -> None:
    terminal(hours("22:00", "24:00"), hours("00:00", "02:00", "tuesday"))


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ([hours("06:00", "06:00")], "/opening_hours/0/closes_at"),
        ([hours("06:00", "18:00"), hours("19:00", "08:00")], "/opening_hours/1/closes_at"),
        ([hours("08:00", "18:00"), hours("06:00", "08:01")], "/opening_hours/0/opens_at"),
    ],
)
def test_hours_that_do_not_fit(wrong: list[OpeningHours], pointer: str) -> None:
    with pytest.raises(OpeningHoursWrong) as refused:
        terminal(*wrong)
    assert [each.pointer for each in refused.value.faults] == [pointer]
