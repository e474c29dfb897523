"""Returns to suppliers."""

from typing import Annotated

from app.domain.accounting.ids import EntryId
from app.domain.catalog.ids import ProductId
from app.domain.inventory.ids import LocationId
from app.domain.purchasing.bills import Net, ReceivedValue, Tax
from app.domain.purchasing.ids import ReceiptId, SupplierId, SupplierReturnId
from app.domain.purchasing.receipts import Lines, ReceiptLineNumber
from app.domain.shared.documents import DocumentIn
from app.domain.shared.fields import (
    Cost,
    Currency,
    EffectiveAt,
    EffectiveOn,
    ExternalRef,
    LineNumber,
    Number,
    Quantity,
    RecordedAt,
)
from app.domain.shared.frozen import frozen, request_form


@request_form
class ReturnedLineIn:
    """A line of the receipt, and how much of it goes back."""

    receipt_line: ReceiptLineNumber
    quantity: Quantity


@request_form
class SupplierReturnIn(DocumentIn):
    """Goods of one receipt that go back to the supplier."""

    id: SupplierReturnId | None = None
    receipt_id: ReceiptId
    """The receipt whose goods go back."""
    lines: Annotated[tuple[ReturnedLineIn, ...], Lines]
    """What goes back."""


@frozen
class SupplierReturnLine:
    """Goods that went back: what left the stock, what was not billed yet, what is credited."""

    line: LineNumber
    receipt_line: ReceiptLineNumber
    product_id: ProductId
    quantity: Quantity
    value: Cost
    """The value at cost that left the stock."""
    received_value: ReceivedValue
    """The value at which the goods came in that were not billed yet."""
    net: Net
    """What is credited, without tax."""
    tax: Tax
    """The tax of what is credited."""
    variance: Cost
    """What the goods were worth above the claim, which went to the price variance."""


@frozen
class SupplierReturn:
    """A posted return to a supplier; never edited."""

    id: SupplierReturnId
    number: Number
    external_ref: ExternalRef | None
    receipt_id: ReceiptId
    supplier_id: SupplierId
    location_id: LocationId
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    currency: Currency
    value: Cost
    """The value at cost that left the stock."""
    received_value: ReceivedValue
    """The value at which the goods came in that were not billed yet."""
    credit: Cost
    """What the supplier owes for the goods."""
    entry_id: EntryId | None
    recorded_at: RecordedAt
    lines: tuple[SupplierReturnLine, ...]
    """What went back."""
