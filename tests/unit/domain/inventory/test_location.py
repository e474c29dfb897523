"""Locations."""

import pytest

from app.domain.inventory.errors import LocationInactive
from app.domain.inventory.location import Location
from app.domain.shared.errors import InvalidValue
from tests.unit.domain.inventory.store import MAIN


def test_new_location() -> None:
    place = Location.new(MAIN, "main-1_a", "  Main store ")
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
        Location.new(MAIN, code, "Main")
    assert [fault.pointer for fault in refused.value.faults] == ["/code"]


def test_a_lower_case_code_does_not_come_from_the_database() -> None:
    with pytest.raises(InvalidValue):
        Location(MAIN, "main", "Main", active=True, version=1)


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "x" * 201])
def test_names_without_the_right_form(name: str) -> None:
    place = Location.new(MAIN, "A" * 16, "Main")
    with pytest.raises(InvalidValue):
        place.renamed(name)


def test_rename_and_go_out_of_use() -> None:
    place = Location.new(MAIN, "MAIN", "Main")
    assert place.renamed("Old main") == Location(MAIN, "MAIN", "Old main", active=True, version=1)
    place.check_active("/location_id")
    closed = place.deactivated()
    with pytest.raises(LocationInactive) as refused:
        closed.check_active("/location_id")
    assert refused.value.params == {"location": "MAIN"}
    assert [fault.pointer for fault in refused.value.faults] == ["/location_id"]
    assert closed.reactivated() == place
