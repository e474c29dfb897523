"""Bills of suppliers, matched to receipts line by line, and what is credited of them later."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from app.domain.purchasing.receipts import check_lines
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import prorate


@frozen
class BillLine:
    """A line that bills goods of a receipt line; lines count from 1.

    All amounts are minor units. ``tax_parts`` are the amounts per component of the tax code.
    ``received_value`` is what the goods were received at; ``difference`` is what they cost more
    (below 0, less), with the tax that is not recovered. ``difference_in_stock`` of it went to the
    goods still on hand.
    """

    line: int
    receipt_id: Id
    receipt_line: int
    product_id: Id
    quantity: int
    unit_price: int
    net: int
    tax: int
    total: int
    tax_id: Id | None
    tax_parts: tuple[int, ...]
    received_value: int
    difference: int
    difference_in_stock: int


@frozen
class Bill:
    """A posted bill, never edited; the sums are those of its lines, in minor units.

    Raises:
        LineCount: no line, or more than 2,000.
    """

    id: Id
    number: str
    external_ref: str | None
    supplier_id: Id
    supplier_number: str
    effective_at: datetime
    effective_on: date
    due_on: date
    currency: str
    net: int
    tax: int
    total: int
    received_value: int
    entry_id: Id | None
    recorded_at: datetime
    lines: tuple[BillLine, ...]

    def __post_init__(self) -> None:
        check_lines(len(self.lines))


@frozen
class Credit:
    """What a supplier owes for billed goods that went back, at the figures of one bill line."""

    quantity: int
    net: int
    tax_id: Id | None
    tax_parts: tuple[int, ...]

    @property
    def total(self) -> int:
        """The amount with its tax."""
        return self.net + sum(self.tax_parts)


@frozen
class BilledLine:
    """What a bill line says of a receipt line, and how much of it was credited since."""

    receipt_id: Id
    receipt_line: int
    bill_id: Id
    bill_line: int
    quantity: int
    net: int
    tax_id: Id | None
    tax_parts: tuple[int, ...]
    credited_quantity: int
    credited_net: int
    credited_tax_parts: tuple[int, ...]
    version: int

    @classmethod
    def of(cls, bill_id: Id, line: BillLine) -> "BilledLine":
        """What ``line`` of a new bill says; nothing is credited yet."""
        return cls(
            line.receipt_id,
            line.receipt_line,
            bill_id,
            line.line,
            line.quantity,
            line.net,
            line.tax_id,
            line.tax_parts,
            credited_quantity=0,
            credited_net=0,
            credited_tax_parts=(0,) * len(line.tax_parts),
            version=1,
        )

    @property
    def creditable(self) -> int:
        """The quantity that was billed and not credited yet."""
        return self.quantity - self.credited_quantity

    def credit(self, quantity: int) -> tuple[Credit, "BilledLine"]:
        """The price and tax of ``quantity`` as billed; the last piece takes what is left.

        Raises:
            ValueOutOfRange: more than is creditable.
        """
        before = self.credited_quantity
        net = prorate(self.net, quantity, self.quantity, before, self.credited_net)
        parts = tuple(
            prorate(part, quantity, self.quantity, before, already)
            for part, already in zip(self.tax_parts, self.credited_tax_parts, strict=True)
        )
        pairs = zip(self.credited_tax_parts, parts, strict=True)
        after = replace(
            self,
            credited_quantity=before + quantity,
            credited_net=self.credited_net + net,
            credited_tax_parts=tuple(already + part for already, part in pairs),
        )
        return Credit(quantity, net, self.tax_id, parts), after


def credit_oldest(
    billed: Iterable[BilledLine], quantity: int
) -> tuple[list[Credit], list[BilledLine]]:
    """Credit ``quantity`` of one receipt line against its bills, the oldest (by id) first.

    Answers with the credits and the changed lines.

    Raises:
        ValueOutOfRange: more than the bills leave to be credited.
    """
    credited, changed = [], []
    for line in sorted(billed, key=lambda each: (each.bill_id, each.bill_line)):
        part = min(quantity, line.creditable)
        if part:
            credit, after = line.credit(part)
            credited.append(credit)
            changed.append(after)
            quantity -= part
    if quantity:
        raise ValueOutOfRange
    return credited, changed
