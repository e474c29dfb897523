"""Returns: what comes back at the figures of its sale, or without a sale at a stated price."""

from dataclasses import replace
from typing import Annotated, Literal

from app.domain.accounting.ids import EntryId, TaxId
from app.domain.catalog.ids import CustomerId, ProductId
from app.domain.inventory.ids import LocationId
from app.domain.sales.errors import OverReturn
from app.domain.sales.ids import ReturnId, SaleId
from app.domain.sales.sale import SaleLine, TaxLine, TenderMethod
from app.domain.shared.documents import LINES_MAX, DocumentIn
from app.domain.shared.fields import (
    UNSET,
    Amount,
    Bounds,
    Cost,
    Count,
    Currency,
    EffectiveAt,
    EffectiveOn,
    Example,
    ExternalRef,
    LineNumber,
    Mark,
    Net,
    Number,
    Quantity,
    RecordedAt,
    Tax,
    Total,
    UnitPrice,
    Unset,
    Version,
)
from app.domain.shared.frozen import frozen, request_form
from app.domain.shared.ids import Id
from app.domain.shared.numbers import SCALE_DIGITS, format_scaled, prorate


@request_form
class ReturnLineIn:
    """Either ``sale_id`` and ``sale_line``, or ``product_id`` with its ``unit_price``."""

    quantity: Quantity
    sale_id: SaleId | None = None
    sale_line: Annotated[int, Bounds(1, LINES_MAX)] | None = None
    """The line of the sale, from 1."""
    product_id: Annotated[ProductId, Mark.FILLED] | None = None
    """The product; that of the sale line when left out."""
    unit_price: Annotated[UnitPrice, Mark.FILLED] | None = None
    """The price of one unit; that of the sale line when left out."""
    unit_cost: UnitPrice | None = None
    """The cost of one unit, of goods that were never in stock."""
    tax_id: TaxId | Unset | None = UNSET
    """The tax code. Left out: that of the product; null: no tax."""


@request_form
class RefundIn:
    """How the money goes back."""

    method: TenderMethod
    """How the money moves."""


@request_form
class ReturnIn(DocumentIn):
    """Goods or services taken back; on account they become a credit of the customer."""

    id: ReturnId | None = None
    location_id: LocationId
    customer_id: Annotated[CustomerId, Mark.FILLED] | None = None
    """The customer; that of the first sale when left out."""
    lines: Annotated[
        tuple[ReturnLineIn, ...],
        Count(LINES_MAX),
        Example([{"sale_id": "sal_01J8Z3K4M5N6P7Q8R9S0T1V2W3", "sale_line": 1, "quantity": "1"}]),
    ]
    """What comes back."""
    refund: Annotated[RefundIn, Mark.OWN_CHECK]
    """How the money goes back."""
    allocate: Literal["oldest", "none"] = "none"
    """Whether a return on account settles the oldest open documents."""


@frozen
class ReturnLine:
    """A line of a return. Amounts are what was given back."""

    line: LineNumber
    sale_id: SaleId | None
    """The sale; null without one."""
    sale_line: int | None
    """The line of the sale, from 1."""
    product_id: ProductId
    quantity: Quantity
    unit_price: UnitPrice
    """The price of one unit."""
    net: Net
    tax: Tax
    total: Total
    tax_id: TaxId | None
    cost: Cost
    """The value with which the goods came in again."""
    valuation_seq: Annotated[int, Mark.HIDDEN] | None
    """What valued the goods that came in, in the pool of the product; None for a service."""


@frozen
class Return:
    """A posted return; amounts are what was given back, in ``currency``."""

    id: ReturnId
    number: Number
    external_ref: ExternalRef | None
    location_id: LocationId
    customer_id: CustomerId | None
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    currency: Currency
    net: Net
    tax: Tax
    total: Total
    refund: TenderMethod
    """How the money went back."""
    entry_id: EntryId | None
    recorded_at: RecordedAt
    lines: tuple[ReturnLine, ...]
    """What came back."""
    taxes: tuple[TaxLine, ...]
    """The tax by code."""


@frozen
class ReturnedSoFar:
    """What came back of one sale line."""

    sale_id: SaleId
    line: LineNumber
    quantity: Quantity
    net: Net
    tax_parts: tuple[Amount, ...]
    """The tax of each component of the code."""
    cost: Cost
    version: Version

    @classmethod
    def none(cls, sale_id: Id, line: SaleLine) -> "ReturnedSoFar":
        """Nothing came back yet."""
        return cls(sale_id, line.line, 0, 0, (0,) * len(line.tax_parts), 0, version=1)


@frozen
class Share:
    """The part of a sale line that comes back now, without its cost."""

    net: int
    tax_parts: tuple[int, ...]

    @property
    def tax(self) -> int:
        """The tax of all components."""
        return sum(self.tax_parts)


def take_back(
    line: SaleLine, before: ReturnedSoFar, quantity: int, pointer: str, *, tax_included: bool
) -> tuple[Share, ReturnedSoFar]:
    """The original figures of ``quantity`` of a sale line; the last piece takes what is left.

    The figure that the price was stated in is shared: the net and the taxes on it, or, where the
    price included the tax, what was paid. The cost is added by ``with_cost`` once it is known.

    Raises:
        OverReturn: more than was sold less what came back before.
    """
    left = line.quantity - before.quantity
    if quantity > left:
        raise OverReturn.at(pointer, returnable=format_scaled(left, SCALE_DIGITS))

    def part_of(total: int, already: int) -> int:
        return prorate(total, quantity, line.quantity, before.quantity, already)

    parts = tuple(map(part_of, line.tax_parts, before.tax_parts))
    if tax_included:
        paid = part_of(line.net + line.tax, before.net + sum(before.tax_parts))
        share = _out_of(paid, parts, line, before)
    else:
        share = Share(part_of(line.net, before.net), parts)
    after = replace(
        before,
        quantity=before.quantity + quantity,
        net=before.net + share.net,
        tax_parts=tuple(a + b for a, b in zip(before.tax_parts, share.tax_parts, strict=True)),
    )
    return share, after


def _out_of(paid: int, parts: tuple[int, ...], line: SaleLine, before: ReturnedSoFar) -> Share:
    """The net within ``paid``, which leaves the tax ``parts``.

    Rounding may leave it a minor unit below zero or above the net that is left; that unit moves
    between the net and the parts, none of which leaves its own bounds.
    """
    net = min(max(paid - sum(parts), 0), line.net - before.net)
    odd = paid - net - sum(parts)
    fitted = []
    for part, total, already in zip(parts, line.tax_parts, before.tax_parts, strict=True):
        step = max(-part, min(odd, total - already - part))
        fitted.append(part + step)
        odd -= step
    return Share(net, tuple(fitted))
