"""Returns: what comes back at the figures of its sale, or without a sale at a stated price."""

from dataclasses import replace
from datetime import date, datetime

from app.domain.sales.errors import OverReturn
from app.domain.sales.sale import SaleLine, TaxLine, TenderMethod, check_lines
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import SCALE_DIGITS, format_scaled, prorate


@frozen
class ReturnedSoFar:
    """What came back of one sale line; quantities scaled by 10^6, amounts in minor units.

    ``tax_parts`` are the amounts per component of the tax code.
    """

    sale_id: Id
    line: int
    quantity: int
    net: int
    tax_parts: tuple[int, ...]
    cost: int
    version: int

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


@frozen
class ReturnLine:
    """A line of a return, from 1 on. ``sale_id`` and ``sale_line`` are None without a sale.

    Amounts are positive: what is given back. ``cost`` is the value with which goods re-enter.
    """

    line: int
    sale_id: Id | None
    sale_line: int | None
    product_id: Id
    quantity: int
    unit_price: int
    net: int
    tax: int
    total: int
    tax_id: Id | None
    cost: int
    valuation_seq: int | None


@frozen
class Return:
    """A posted return; ``refund`` says how the money went back.

    Raises:
        LineCount: no line, or more than 2,000.
    """

    id: Id
    number: str
    external_ref: str | None
    location_id: Id
    customer_id: Id | None
    effective_at: datetime
    effective_on: date
    currency: str
    net: int
    tax: int
    total: int
    refund: TenderMethod
    entry_id: Id | None
    recorded_at: datetime
    lines: tuple[ReturnLine, ...]
    taxes: tuple[TaxLine, ...]

    def __post_init__(self) -> None:
        check_lines(len(self.lines))
