"""Returns to suppliers."""

from datetime import date, datetime

from app.domain.purchasing.receipts import check_lines
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class SupplierReturnLine:
    """Goods of a receipt line that went back; lines count from 1. Amounts are minor units.

    ``value`` left the stock. ``received_value`` is of goods that were not billed yet; ``net`` and
    ``tax`` were billed and are owed by the supplier. ``variance`` is what the goods were worth
    above the claim (below 0, less): ``value`` less ``received_value``, ``net`` and the tax that is
    not recovered.
    """

    line: int
    receipt_line: int
    product_id: Id
    quantity: int
    value: int
    received_value: int
    net: int
    tax: int
    variance: int


@frozen
class SupplierReturn:
    """A posted return to a supplier, never edited. ``credit`` is what the supplier owes for it.

    Raises:
        LineCount: no line, or more than 2,000.
    """

    id: Id
    number: str
    external_ref: str | None
    receipt_id: Id
    supplier_id: Id
    location_id: Id
    effective_at: datetime
    effective_on: date
    currency: str
    value: int
    received_value: int
    credit: int
    entry_id: Id | None
    recorded_at: datetime
    lines: tuple[SupplierReturnLine, ...]

    def __post_init__(self) -> None:
        check_lines(len(self.lines))
