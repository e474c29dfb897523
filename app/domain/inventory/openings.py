"""Opening stock: what is on hand of a product when its books begin."""

from datetime import datetime

from app.domain.inventory.errors import WrongDirection
from app.domain.shared.errors import InvalidValue, ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX, QUANTITY_MAX, extended


@frozen
class OpeningStock:
    """``quantity`` (> 0) and ``unit_cost``, both scaled by 10^6, at one location.

    Raises:
        WrongDirection: nothing is there, or less.
        ValueOutOfRange: a quantity or cost that the books cannot hold, or a cost below zero.
        InvalidValue: ``effective_at`` knows no time zone.
    """

    location_id: Id
    quantity: int
    unit_cost: int
    effective_at: datetime

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise WrongDirection.at("/quantity")
        if self.quantity > QUANTITY_MAX:
            raise ValueOutOfRange.at("/quantity")
        if not 0 <= self.unit_cost <= AMOUNT_MAX:
            raise ValueOutOfRange.at("/unit_cost")
        if self.effective_at.tzinfo is None:
            raise InvalidValue.at("/effective_at")

    def value(self, exponent: int) -> int:
        """What it is worth, in minor units of a currency with ``exponent`` decimals.

        Raises:
            ValueOutOfRange: more than the books hold.
        """
        value = extended(self.quantity, self.unit_cost, exponent)
        if value > AMOUNT_MAX:
            raise ValueOutOfRange.at("/unit_cost")
        return value
