"""How much of a product lies at a location, and whether that is enough for a document."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from app.domain.catalog.ids import ProductId
from app.domain.inventory.errors import BelowZero, InsufficientStock
from app.domain.inventory.ids import LocationId
from app.domain.inventory.moves import LevelKey
from app.domain.shared.errors import Fault, ValueOutOfRange
from app.domain.shared.fields import Mark, Scaled, Version
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import QUANTITY_MAX, SCALE_DIGITS, format_scaled


@frozen
class StockLevel:
    """What lies of a product at a location, in the product's unit; never negative.

    Raises:
        BelowZero: ``on_hand`` is negative.
        ValueOutOfRange: ``on_hand`` is more than the books hold.
    """

    product_id: ProductId
    location_id: LocationId
    on_hand: Annotated[int, Scaled("What lies there, in the unit of the product.", "12")]
    """What lies there, in the unit of the product."""
    version: Annotated[Version, Mark.HIDDEN]

    def __post_init__(self) -> None:
        if self.on_hand < 0:
            raise BelowZero
        if self.on_hand > QUANTITY_MAX:
            raise ValueOutOfRange

    @classmethod
    def new(cls, product_id: Id, location_id: Id) -> "StockLevel":
        """The level of a product that was never at the location."""
        return cls(product_id, location_id, on_hand=0, version=1)

    def move(self, delta: int) -> "StockLevel":
        """The level after ``delta`` came (or, below 0, left). The store counts the version.

        Raises:
            BelowZero: more would leave than there is.
            ValueOutOfRange: the level would be more than the books hold.
        """
        return StockLevel(self.product_id, self.location_id, self.on_hand + delta, self.version)


@frozen
class Demand:
    """What one line takes from a location (``quantity`` > 0), or brings to it (< 0).

    ``pointer`` names the member of the request that states the quantity.
    """

    pointer: str
    sku: str
    product_id: Id
    location_id: Id
    quantity: int


def check_shortages(lines: Iterable[Demand], levels: Mapping[LevelKey, StockLevel]) -> None:
    """Let a document pass when all its lines together find their goods (semantics 2.4, 8.2).

    The lines of one item at one location are summed before they are compared with what is there,
    so two lines cannot both count on the same goods. A level that is missing is empty.

    Raises:
        InsufficientStock: with a fault for every line of every item that is short.
    """
    lines = tuple(lines)
    totals: dict[LevelKey, int] = {}
    for line in lines:
        key = (line.product_id, line.location_id)
        totals[key] = totals.get(key, 0) + line.quantity
    short: dict[LevelKey, int] = {}
    for key, total in totals.items():
        level = levels.get(key)
        available = 0 if level is None else level.on_hand
        if total > available:
            short[key] = available
    if short:
        raise _insufficient(lines, totals, short)


def _insufficient(
    lines: Iterable[Demand], totals: Mapping[LevelKey, int], short: Mapping[LevelKey, int]
) -> InsufficientStock:
    faults = []
    for line in lines:
        key = (line.product_id, line.location_id)
        if key in short and line.quantity > 0:
            params: dict[str, str | int] = {
                "sku": line.sku,
                "available": format_scaled(short[key], SCALE_DIGITS),
                "requested": format_scaled(totals[key], SCALE_DIGITS),
            }
            faults.append(Fault(line.pointer, InsufficientStock.code, params))
    # The sentence of the error itself speaks of the first short line.
    return InsufficientStock(faults=faults, **faults[0].params)
