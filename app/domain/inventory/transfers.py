"""Transfers: goods moved from one location to another.

All locations share one cost pool, so a transfer changes no value and posts no entry.
"""

from typing import Annotated

from app.domain.catalog.ids import ProductId
from app.domain.inventory.errors import TransferToItself
from app.domain.inventory.ids import LocationId, TransferId
from app.domain.shared.documents import LINES_MAX, DocumentIn
from app.domain.shared.fields import (
    Count,
    EffectiveAt,
    EffectiveOn,
    ExternalRef,
    LineNumber,
    Memo,
    Number,
    Quantity,
    RecordedAt,
)
from app.domain.shared.frozen import frozen, request_form


@request_form
class TransferLineIn:
    """Goods that are moved."""

    product_id: ProductId
    quantity: Quantity


@request_form
class TransferIn(DocumentIn):
    """Goods that are moved from one location to another."""

    id: TransferId | None = None
    from_location_id: LocationId
    """Where the goods are taken from."""
    to_location_id: LocationId
    """Where they are brought to."""
    memo: Memo = ""
    lines: Annotated[tuple[TransferLineIn, ...], Count(LINES_MAX)]
    """What is moved."""

    def check_ways(self) -> None:
        """Let the transfer pass when it leads from one location to another.

        Raises:
            TransferToItself: both are the same location.
        """
        if self.from_location_id == self.to_location_id:
            raise TransferToItself.at("/to_location_id")


@frozen
class TransferLine:
    """A line of a transfer."""

    line: LineNumber
    product_id: ProductId
    quantity: Quantity


@frozen
class Transfer:
    """A posted transfer; never edited."""

    id: TransferId
    number: Number
    external_ref: ExternalRef | None
    from_location_id: LocationId
    """Where the goods were taken from."""
    to_location_id: LocationId
    """Where they were brought to."""
    memo: Memo
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    recorded_at: RecordedAt
    lines: tuple[TransferLine, ...]
    """What was moved."""
