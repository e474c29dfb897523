"""Adjustments as documents."""

import pytest

from app.domain.inventory.adjustments import (
    AdjustmentLineIn,
    AdjustmentReason,
    check_adjustment,
)
from app.domain.inventory.errors import CostOnLoss, LineCount, WrongDirection, ZeroQuantity
from app.domain.shared.documents import LINES_MAX
from app.domain.shared.errors import DomainError, Fault, ValueOutOfRange
from app.domain.shared.numbers import AMOUNT_MAX, QUANTITY_MAX
from tests.unit.domain.inventory.store import PRODUCT, units


def line(quantity: int, unit_cost: int | None = None) -> AdjustmentLineIn:
    return AdjustmentLineIn(product_id=PRODUCT, quantity=quantity, unit_cost=unit_cost)


def check(*lines: AdjustmentLineIn, reason: str = "correction") -> None:
    check_adjustment(AdjustmentReason(reason), lines)


def faults(
    error: type[DomainError], *lines: AdjustmentLineIn, reason: str = "correction"
) -> tuple[Fault, ...]:
    with pytest.raises(error) as refused:
        check(*lines, reason=reason)
    assert type(refused.value) is error
    return refused.value.faults


@pytest.mark.parametrize("count", [0, LINES_MAX + 1])
def test_line_count(count: int) -> None:
    """R-15: 1 to 2,000 lines."""
    (fault,) = faults(LineCount, *[line(1)] * count)
    assert (fault.pointer, fault.params) == ("/lines", {"lines_max": 2000})


def test_the_largest_adjustment() -> None:
    check(*[line(1)] * LINES_MAX)


def test_every_empty_line_is_named() -> None:
    found = faults(ZeroQuantity, line(0), line(units(1)), line(0))
    assert [fault.pointer for fault in found] == ["/lines/0/quantity", "/lines/2/quantity"]
    assert {fault.code for fault in found} == {"inventory.zero_quantity"}


@pytest.mark.parametrize(
    ("reason", "gain", "loss"),
    [
        ("correction", True, True),
        ("count", True, True),
        ("damage", False, True),
        ("theft", False, True),
        ("found", True, False),
        ("opening", True, False),
    ],
)
def test_reasons_and_directions(reason: str, gain: bool, loss: bool) -> None:
    """Nothing is found by losing it, and nothing is stolen into the store."""
    for quantity, allowed in ((units(1), gain), (-units(1), loss)):
        if allowed:
            check(line(quantity), reason=reason)
        else:
            (fault,) = faults(WrongDirection, line(quantity), reason=reason)
            assert fault.pointer == "/lines/0/quantity"


def test_costs_are_stated_for_gains_only() -> None:
    (fault,) = faults(CostOnLoss, line(-units(1), 0))
    assert fault.pointer == "/lines/0/unit_cost"
    check(line(units(1), 0))


@pytest.mark.parametrize("unit_cost", [-1, AMOUNT_MAX + 1])
def test_costs_the_books_cannot_hold(unit_cost: int) -> None:
    (fault,) = faults(ValueOutOfRange, line(units(1), unit_cost))
    assert fault.pointer == "/lines/0/unit_cost"


@pytest.mark.parametrize("quantity", [-QUANTITY_MAX - 1, QUANTITY_MAX + 1])
def test_quantities_the_books_cannot_hold(quantity: int) -> None:
    (fault,) = faults(ValueOutOfRange, line(1), line(quantity))
    assert fault.pointer == "/lines/1/quantity"


def test_the_largest_members_are_not_refused() -> None:
    check(line(QUANTITY_MAX, AMOUNT_MAX), line(-QUANTITY_MAX))
