"""Bills of suppliers, matched to receipts line by line, and what is credited of them later."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Annotated

from app.domain.accounting.ids import EntryId, TaxId
from app.domain.catalog.ids import ProductId
from app.domain.purchasing.ids import BillId, ReceiptId, SupplierId
from app.domain.purchasing.receipts import Lines, ReceiptLineNumber
from app.domain.shared.documents import DocumentIn
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.fields import (
    UNSET,
    Cost,
    Currency,
    EffectiveAt,
    EffectiveOn,
    Example,
    ExternalRef,
    LineNumber,
    Mark,
    Meaning,
    Number,
    Quantity,
    RecordedAt,
    UnitCost,
    UnitPrice,
    Unset,
    Version,
)
from app.domain.shared.frozen import frozen, request_form
from app.domain.shared.ids import Id
from app.domain.shared.numbers import prorate

SupplierNumber = Annotated[
    ExternalRef,
    Meaning("The number that the supplier gave the bill."),
    Example("INV-2026-118"),
]
DueOn = Annotated[date, Mark.FILLED, Meaning("The day by which it is to be paid.")]
Net = Annotated[Cost, Meaning("The amount without tax.")]
Tax = Annotated[Cost, Meaning("The tax.")]
Total = Annotated[Cost, Meaning("The amount with tax.")]
ReceivedValue = Annotated[Cost, Meaning("The value at which the goods came in.")]
TaxParts = Annotated[tuple[int, ...], Mark.HIDDEN]  # the amounts by component of the tax code


@request_form
class BillLineIn:
    """Goods of a receipt line, at the price of one unit.

    The product's tax code for purchases applies unless one is stated; a null tax means none.
    """

    receipt_id: ReceiptId
    receipt_line: ReceiptLineNumber
    quantity: Quantity
    unit_price: UnitPrice
    tax_id: TaxId | Unset | None = UNSET
    """The tax code. Left out: that of the product; null: no tax."""


@request_form
class BillIn(DocumentIn):
    """A bill of a supplier, under the number that the supplier gave it."""

    id: BillId | None = None
    supplier_id: SupplierId
    supplier_number: SupplierNumber
    due_on: DueOn | None = None
    """The day by which it is to be paid; that of the bill when left out."""
    lines: Annotated[tuple[BillLineIn, ...], Lines]
    """What is billed."""


@frozen
class BillLine:
    """A line that bills goods of a receipt line."""

    line: LineNumber
    receipt_id: ReceiptId
    receipt_line: ReceiptLineNumber
    product_id: ProductId
    quantity: Quantity
    unit_price: UnitCost
    """The price of one unit."""
    net: Net
    tax: Tax
    total: Total
    tax_id: TaxId | None
    tax_parts: TaxParts
    received_value: ReceivedValue
    difference: Cost
    """What the goods cost more than they came in at, with the tax that is not recovered."""
    difference_in_stock: Cost
    """What of the difference went into the value of stock."""


@frozen
class Bill:
    """A posted bill; never edited."""

    id: BillId
    number: Number
    external_ref: ExternalRef | None
    supplier_id: SupplierId
    supplier_number: SupplierNumber
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    due_on: DueOn
    currency: Currency
    net: Net
    tax: Tax
    total: Total
    received_value: ReceivedValue
    entry_id: EntryId | None
    recorded_at: RecordedAt
    lines: tuple[BillLine, ...]
    """What is billed."""


@frozen
class BillTax:
    """Base and amount of one tax code."""

    tax_id: TaxId
    base: Cost
    """What the tax is computed on."""
    amount: Tax


def taxes(lines: tuple[BillLine, ...]) -> tuple[BillTax, ...]:
    """The tax by code, in the order in which the codes first appear."""
    sums: dict[Id, tuple[int, int]] = {}
    for line in lines:
        if line.tax_id is not None:
            base, amount = sums.get(line.tax_id, (0, 0))
            sums[line.tax_id] = (base + line.net, amount + line.tax)
    return tuple(BillTax(tax_id, base, amount) for tax_id, (base, amount) in sums.items())


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
    tax_id: TaxId | None
    tax_parts: tuple[int, ...]
    credited_quantity: int
    credited_net: int
    credited_tax_parts: tuple[int, ...]
    version: Version

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
