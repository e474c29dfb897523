"""Stock moves: the facts that change quantities, and where they come from."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from app.domain.inventory.errors import ZeroQuantity
from app.domain.shared.errors import InvalidValue, ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import QUANTITY_MAX

LevelKey = tuple[Id, Id]  # product, location


class SourceKind(StrEnum):
    """The kind of document that causes a move or a change of value."""

    RECEIPT = "receipt"
    BILL = "bill"
    SUPPLIER_RETURN = "supplier_return"
    SALE = "sale"
    SALE_RETURN = "sale_return"
    ADJUSTMENT = "adjustment"
    REVALUATION = "revaluation"


@frozen
class Source:
    """The line of a document that causes a fact. Lines count from 1."""

    kind: SourceKind
    id: Id
    line: int


@frozen
class StockMove:
    """Goods that came to a location (``quantity`` > 0) or left it (< 0); never edited.

    ``quantity`` is in the base unit, scaled by 10^6. ``effective_on`` is the day of
    ``effective_at`` where the company is.

    Raises:
        ZeroQuantity: nothing moves.
        ValueOutOfRange: more than the books hold, or a line below 0.
        InvalidValue: ``effective_at`` knows no time zone.
    """

    id: Id
    product_id: Id
    location_id: Id
    quantity: int
    effective_at: datetime
    effective_on: date
    source_kind: SourceKind
    source_id: Id
    line: int

    def __post_init__(self) -> None:
        if self.quantity == 0:
            raise ZeroQuantity
        if abs(self.quantity) > QUANTITY_MAX or self.line < 0:
            raise ValueOutOfRange
        if self.effective_at.tzinfo is None:
            raise InvalidValue

    @property
    def key(self) -> LevelKey:
        """The level that the move changes."""
        return self.product_id, self.location_id


def balances(moves: Iterable[StockMove]) -> dict[LevelKey, int]:
    """What lies where after ``moves``: the sum of quantities of each product at each location."""
    sums: dict[LevelKey, int] = {}
    for move in moves:
        sums[move.key] = sums.get(move.key, 0) + move.quantity
    return sums
