"""Stock moves: the facts that change quantities, and where they come from."""

from collections.abc import Iterable
from typing import Annotated

from app.domain.catalog.ids import ProductId
from app.domain.inventory.errors import ZeroQuantity
from app.domain.inventory.ids import LocationId, MoveId
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import InvalidValue, ValueOutOfRange
from app.domain.shared.fields import DocumentReference, EffectiveAt, EffectiveOn, SignedQuantity
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import QUANTITY_MAX

LevelKey = tuple[Id, Id]  # product, location


@frozen
class Source:
    """The line of a document that causes a fact. Lines count from 1."""

    kind: DocumentKind
    id: Id
    line: int


@frozen
class StockMove:
    """Goods that came to a location (above zero) or left it, with the line that moved them.

    ``quantity`` is in the base unit, scaled by 10^6. ``effective_on`` is the day of
    ``effective_at`` where the company is.

    Raises:
        ZeroQuantity: nothing moves.
        ValueOutOfRange: more than the books hold, or a line below 0.
        InvalidValue: ``effective_at`` knows no time zone.
    """

    id: MoveId
    product_id: ProductId
    location_id: LocationId
    quantity: SignedQuantity
    """What came (above zero) or went (below zero), in the unit of the product."""
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    source_kind: DocumentKind
    """The kind of the document behind it."""
    source_id: Annotated[Id, DocumentReference("source_kind")]
    """The document behind it."""
    line: int
    """The line of the document, from 1."""

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
