"""Adjustments as documents."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.inventory.adjustments import (
    EXTERNAL_REF_LENGTH_MAX,
    LINES_MAX,
    MEMO_LENGTH_MAX,
    Adjustment,
    AdjustmentLine,
    AdjustmentReason,
)
from app.domain.inventory.errors import CostOnLoss, LineCount, WrongDirection, ZeroQuantity
from app.domain.shared.errors import DomainError, Fault, InvalidValue, ValueOutOfRange
from app.domain.shared.numbers import AMOUNT_MAX, QUANTITY_MAX
from tests.unit.domain.inventory.store import DAY, DOCUMENT, MAIN, PRODUCT, units


def lines(*quantities: int) -> tuple[AdjustmentLine, ...]:
    return tuple(AdjustmentLine(at, PRODUCT, each) for at, each in enumerate(quantities, 1))


GOOD = Adjustment(
    id=DOCUMENT,
    location_id=MAIN,
    reason=AdjustmentReason.CORRECTION,
    effective_at=datetime(2010, 12, 1, 8, 26, tzinfo=UTC),
    effective_on=DAY,
    memo="amazon sales",
    external_ref="536365",
    lines=lines(units(2), -units(1)),
)


def faults(error: type[DomainError], **changes: Any) -> tuple[Fault, ...]:
    with pytest.raises(error) as refused:
        replace(GOOD, **changes)
    assert type(refused.value) is error
    return refused.value.faults


@pytest.mark.parametrize("count", [0, LINES_MAX + 1])
def test_line_count(count: int) -> None:
    """R-15: 1 to 2,000 lines."""
    (fault,) = faults(LineCount, lines=lines(*[1] * count))
    assert (fault.pointer, fault.params) == ("/lines", {"lines_max": 2000})


def test_the_largest_adjustment() -> None:
    assert len(replace(GOOD, lines=lines(*[1] * LINES_MAX)).lines) == LINES_MAX


def test_every_empty_line_is_named() -> None:
    found = faults(ZeroQuantity, lines=lines(0, units(1), 0))
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
        changes = {"reason": AdjustmentReason(reason), "lines": lines(quantity)}
        if allowed:
            assert replace(GOOD, **changes).lines[0].quantity == quantity  # type: ignore[arg-type]
        else:
            (fault,) = faults(WrongDirection, **changes)
            assert fault.pointer == "/lines/0/quantity"


def test_costs_are_stated_for_gains_only() -> None:
    loss = AdjustmentLine(1, PRODUCT, -units(1), unit_cost=0)
    (fault,) = faults(CostOnLoss, lines=(loss,))
    assert fault.pointer == "/lines/0/unit_cost"
    free = AdjustmentLine(1, PRODUCT, units(1), unit_cost=0)
    assert replace(GOOD, lines=(free,)).lines == (free,)


@pytest.mark.parametrize("unit_cost", [-1, AMOUNT_MAX + 1])
def test_costs_the_books_cannot_hold(unit_cost: int) -> None:
    line = AdjustmentLine(1, PRODUCT, units(1), unit_cost=unit_cost)
    (fault,) = faults(ValueOutOfRange, lines=(line,))
    assert fault.pointer == "/lines/0/unit_cost"


@pytest.mark.parametrize("quantity", [-QUANTITY_MAX - 1, QUANTITY_MAX + 1])
def test_quantities_the_books_cannot_hold(quantity: int) -> None:
    (fault,) = faults(ValueOutOfRange, lines=lines(1, quantity))
    assert fault.pointer == "/lines/1/quantity"


@pytest.mark.parametrize(
    ("pointer", "changes"),
    [
        ("/lines", {"lines": (AdjustmentLine(0, PRODUCT, 1),)}),
        ("/effective_at", {"effective_at": datetime(2010, 12, 1)}),  # noqa: DTZ001
        ("/memo", {"memo": "x" * (MEMO_LENGTH_MAX + 1)}),
        ("/memo", {"memo": "a\0b"}),
        ("/external_ref", {"external_ref": ""}),
        ("/external_ref", {"external_ref": "x" * (EXTERNAL_REF_LENGTH_MAX + 1)}),
        ("/external_ref", {"external_ref": "a\0b"}),
    ],
)
def test_members_without_the_right_form(pointer: str, changes: dict[str, Any]) -> None:
    (fault,) = faults(InvalidValue, **changes)
    assert fault.pointer == pointer


def test_members_at_their_limits() -> None:
    """The largest document the books hold is not refused."""
    cost = AdjustmentLine(1, PRODUCT, QUANTITY_MAX, unit_cost=AMOUNT_MAX)
    loss = AdjustmentLine(2, PRODUCT, -QUANTITY_MAX)
    long_ref = "x" * EXTERNAL_REF_LENGTH_MAX
    for ref in ("1", long_ref):
        full = replace(GOOD, external_ref=ref, memo="x" * MEMO_LENGTH_MAX, lines=(cost, loss))
        assert (full.external_ref, full.lines) == (ref, (cost, loss))


def test_what_comes_in_and_what_goes() -> None:
    """Gains are costed first: a document that brings 3 and takes 8 of 5 finds its goods."""
    document = replace(GOOD, external_ref=None, lines=lines(-8, 3, -1, 2))
    assert [line.line for line in document.gains] == [2, 4]
    assert [line.line for line in document.losses] == [1, 3]
