"""Locations."""

from dataclasses import replace

import pytest

from app.domain.inventory.errors import LocationInactive
from app.domain.inventory.location import Location
from app.domain.shared.errors import InvalidValue
from app.domain.shared.masters import changed, made
from tests.unit.domain.inventory.store import MAIN


def place_of(code: str, name: str = "Main") -> Location:
    return made(Location, MAIN, {"code": code, "name": name})


def test_new_location() -> None:
    place = place_of("main-1_a", "  Main store ")
    assert (place.code, place.name, place.active, place.version) == (
        "MAIN-1_A",
        "Main store",
        True,
        1,
    )


@pytest.mark.parametrize("code", ["", "-A", "_A", "A B", "A" * 17, "Ä", "ß", "ı", "A\n", "A/B"])
def test_codes_without_the_right_form(code: str) -> None:
    """Also letters that only upper-casing would turn into ASCII."""
    with pytest.raises(InvalidValue) as refused:
        place_of(code)
    assert [fault.pointer for fault in refused.value.faults] == ["/code"]


def test_a_lower_case_code_does_not_come_from_the_database() -> None:
    with pytest.raises(InvalidValue):
        Location(MAIN, "main", "Main", active=True, version=1)


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "x" * 201])
def test_names_without_the_right_form(name: str) -> None:
    place = place_of("A" * 16)
    with pytest.raises(InvalidValue):
        changed(place, {"name": name})


def test_rename_and_go_out_of_use() -> None:
    place = place_of("MAIN")
    renamed = changed(place, {"name": "Old main"})
    assert renamed == Location(MAIN, "MAIN", "Old main", active=True, version=1)
    place.check_active("/location_id")
    closed = replace(place, active=False)
    with pytest.raises(LocationInactive) as refused:
        closed.check_active("/location_id")
    assert refused.value.params == {"location": "MAIN"}
    assert [fault.pointer for fault in refused.value.faults] == ["/location_id"]
