"""Drivers."""

from datetime import date

import pytest

from app.domain.logistics.driver import Driver
from app.domain.logistics.errors import LicenceClassRepeated
from app.domain.shared.errors import InvalidValue
from app.domain.shared.ids import Id
from app.domain.shared.masters import made


def driver(**members: object) -> Driver:
    return made(Driver, Id(bytes(16)), {"name": " Femi Okafor ", "phone": "+44 1482", **members})


def test_a_driver_may_have_no_licence_yet() -> None:
    one = driver()
    assert (one.name, one.name_folded) == ("Femi Okafor", "femi okafor")
    assert (one.licence_classes, one.licence_expires_on) == ((), None)
    assert driver(licence_expires_on=date(2027, 3, 31)).licence_expires_on == date(2027, 3, 31)


@pytest.mark.parametrize("same", ["+44 1482 000000", "+44(1482)000-000", "+441482000000"])
def test_a_number_has_one_form(same: str) -> None:
    assert driver(phone=same).phone == "+441482000000"


@pytest.mark.parametrize("wrong", ["--- ---", "+ 1-2", "call me", ""])
def test_what_is_no_number(wrong: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        driver(phone=wrong)
    assert refused.value.faults[0].pointer == "/phone"


def test_a_licence_class_is_named_once() -> None:
    assert driver(licence_classes=("B", "CE")).licence_classes == ("B", "CE")
    with pytest.raises(LicenceClassRepeated) as refused:
        driver(licence_classes=("B", "CE", "B"))
    assert [each.pointer for each in refused.value.faults] == ["/licence_classes/2"]
