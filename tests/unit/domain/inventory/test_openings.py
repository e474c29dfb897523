"""Opening stock by itself."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.inventory.errors import WrongDirection
from app.domain.inventory.openings import OpeningStock
from app.domain.shared.errors import DomainError, InvalidValue, ValueOutOfRange
from app.domain.shared.numbers import AMOUNT_MAX, QUANTITY_MAX
from tests.unit.domain.inventory.store import MAIN, units

GOOD = OpeningStock(MAIN, units(4), 1_255_000, datetime(2021, 1, 1, tzinfo=UTC))


def test_its_value() -> None:
    """4 x 1.255 in a currency of two decimals, of none and of three."""
    assert [GOOD.value(exponent) for exponent in (2, 0, 3)] == [502, 5, 5020]


@pytest.mark.parametrize(
    ("change", "error", "pointer"),
    [
        ({"quantity": 0}, WrongDirection, "/quantity"),
        ({"quantity": -1}, WrongDirection, "/quantity"),
        ({"quantity": QUANTITY_MAX + 1}, ValueOutOfRange, "/quantity"),
        ({"unit_cost": -1}, ValueOutOfRange, "/unit_cost"),
        ({"unit_cost": AMOUNT_MAX + 1}, ValueOutOfRange, "/unit_cost"),
        ({"effective_at": datetime(2021, 1, 1)}, InvalidValue, "/effective_at"),  # noqa: DTZ001
    ],
)
def test_what_it_refuses(change: dict[str, Any], error: type[DomainError], pointer: str) -> None:
    with pytest.raises(error) as refused:
        replace(GOOD, **change)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


def test_the_largest() -> None:
    assert replace(GOOD, quantity=QUANTITY_MAX, unit_cost=0).value(2) == 0
    with pytest.raises(ValueOutOfRange) as refused:
        replace(GOOD, quantity=QUANTITY_MAX, unit_cost=AMOUNT_MAX).value(2)
    assert [fault.pointer for fault in refused.value.faults] == ["/unit_cost"]
