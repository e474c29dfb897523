"""Receipts: goods that a supplier brought, and what became of each line since."""

from dataclasses import replace
from typing import Annotated

from app.domain.accounting.ids import EntryId
from app.domain.catalog.ids import ProductId
from app.domain.inventory.ids import LocationId
from app.domain.purchasing.errors import LineCount
from app.domain.purchasing.ids import ReceiptId, SupplierId
from app.domain.shared.documents import LINES_MAX, DocumentIn
from app.domain.shared.fields import (
    Bounds,
    Cost,
    Count,
    Currency,
    EffectiveAt,
    EffectiveOn,
    ExternalRef,
    LineNumber,
    Mark,
    Meaning,
    Number,
    Quantity,
    RecordedAt,
    UnitCost,
    UnitPrice,
    Version,
)
from app.domain.shared.frozen import frozen, request_form
from app.domain.shared.ids import Id
from app.domain.shared.numbers import prorate

# Of the lines of a request, and which line of a receipt one of them is about.
Lines = Count(LINES_MAX)
ReceiptLineNumber = Annotated[
    int, Bounds(1, LINES_MAX), Meaning("The line of the receipt, from 1.")
]


@request_form
class ReceiptLineIn:
    """Goods of one product, at the cost of one unit."""

    product_id: ProductId
    quantity: Quantity
    unit_cost: UnitPrice


@request_form
class ReceiptIn(DocumentIn):
    """Goods that a supplier brought to a location, to be billed later."""

    id: ReceiptId | None = None
    supplier_id: SupplierId
    location_id: LocationId
    lines: Annotated[tuple[ReceiptLineIn, ...], Lines]
    """What came."""


@frozen
class ReceiptLine:
    """Goods that came, and how much of them was billed and sent back since."""

    line: LineNumber
    product_id: ProductId
    quantity: Quantity
    unit_cost: UnitCost
    """The cost of one unit."""
    value: Cost
    """The value at cost."""
    layer_seq: Annotated[int, Mark.HIDDEN]
    """The cost layer of the goods in the pool of the product."""


@frozen
class Receipt:
    """A posted receipt; never edited."""

    id: ReceiptId
    number: Number
    external_ref: ExternalRef | None
    supplier_id: SupplierId
    location_id: LocationId
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    currency: Currency
    value: Cost
    """The value at cost."""
    entry_id: EntryId | None
    recorded_at: RecordedAt
    lines: tuple[ReceiptLine, ...]
    """What came."""

    def line(self, number: int) -> ReceiptLine | None:
        """The line with this number, None when the receipt has none."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else None


def check_lines(count: int) -> None:
    """Let a document of this many lines pass; raises LineCount otherwise."""
    if not 1 <= count <= LINES_MAX:
        raise LineCount.at("/lines", lines_max=LINES_MAX)


@frozen
class ReceiptProgress:
    """What was billed and what went back of one receipt line.

    ``billed_*`` were billed and ``returned_*`` went back before any bill; both clear goods received
    not invoiced, at the received value in minor units, so that nothing is left there once the line
    is fully billed or returned. ``credited_quantity`` went back after it was billed.
    """

    receipt_id: Id
    line: int
    billed_quantity: int
    billed_value: int
    returned_quantity: int
    returned_value: int
    credited_quantity: int
    version: Version

    @classmethod
    def none(cls, receipt_id: Id, line: int) -> "ReceiptProgress":
        """Nothing was billed or sent back yet."""
        return cls(receipt_id, line, 0, 0, 0, 0, 0, version=1)

    @property
    def sent_back(self) -> int:
        """The quantity that went back to the supplier, billed or not."""
        return self.returned_quantity + self.credited_quantity

    def billable(self, received: ReceiptLine) -> int:
        """What came and was neither billed nor sent back before a bill."""
        return received.quantity - self.billed_quantity - self.returned_quantity

    def returnable(self, received: ReceiptLine) -> int:
        """What came and did not go back."""
        return received.quantity - self.sent_back

    def bill(self, received: ReceiptLine, quantity: int) -> tuple[int, "ReceiptProgress"]:
        """The received value of ``quantity`` more pieces billed, and the progress after it.

        Raises:
            ValueOutOfRange: more than is billable.
        """
        value = self._cleared(received, quantity)
        after = replace(
            self,
            billed_quantity=self.billed_quantity + quantity,
            billed_value=self.billed_value + value,
        )
        return value, after

    def send_back(self, received: ReceiptLine, quantity: int) -> tuple[int, int, "ReceiptProgress"]:
        """Let ``quantity`` go back: first what no bill has asked for yet, the rest billed goods.

        Answers with the quantity that was not billed, its received value, and the progress after.

        Raises:
            ValueOutOfRange: more than is returnable.
        """
        unbilled = min(quantity, self.billable(received))
        value = self._cleared(received, unbilled) if unbilled else 0
        after = replace(
            self,
            returned_quantity=self.returned_quantity + unbilled,
            returned_value=self.returned_value + value,
            credited_quantity=self.credited_quantity + quantity - unbilled,
        )
        return unbilled, value, after

    def _cleared(self, received: ReceiptLine, quantity: int) -> int:
        """The received value of the next ``quantity`` pieces; the last one takes what is left."""
        return prorate(
            received.value,
            quantity,
            received.quantity,
            self.billed_quantity + self.returned_quantity,
            self.billed_value + self.returned_value,
        )
