"""Amounts of document lines before tax: quantity times price less discounts.

Amounts are minor units; quantities, unit prices and percentages are scaled by 10^6, so 10 percent
is 10_000_000.
"""

from collections.abc import Sequence

from app.domain.accounting.errors import DiscountTooLarge
from app.domain.shared.errors import InvalidValue, ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.numbers import (
    AMOUNT_MAX,
    QUANTITY_MAX,
    SCALE,
    allocate,
    checked_amount,
    divide_rounded,
    extended,
)

ONE_HUNDRED_PERCENT = 100 * SCALE


@frozen
class Discount:
    """Percentages, each on what the ones before it left, and then a fixed amount."""

    percents: tuple[int, ...] = ()
    amount: int = 0

    def on(self, total: int, pointer: str) -> int:
        """The discount on ``total`` in minor units; the percentages together are rounded once.

        ``pointer`` is how the members of the discount start in the request, up to "percent" and
        "amount".

        Raises:
            ValueOutOfRange: a percentage or the amount is negative.
            DiscountTooLarge: a percentage is above 100, or the fixed amount more than they leave.
        """
        taken = 0
        if self.percents:
            left, whole = total, 1
            for percent in self.percents:
                if percent < 0:
                    raise ValueOutOfRange.at(pointer + "percent")
                if percent > ONE_HUNDRED_PERCENT:
                    raise DiscountTooLarge.at(pointer + "percent")
                left *= ONE_HUNDRED_PERCENT - percent
                whole *= ONE_HUNDRED_PERCENT
            taken = divide_rounded(total * whole - left, whole)
        if self.amount < 0:
            raise ValueOutOfRange.at(pointer + "amount")
        taken += self.amount
        if taken > total:
            raise DiscountTooLarge.at(pointer + "amount")
        return taken


@frozen
class PricedLine:
    """What a line of a document says: a quantity at a unit price, less its own discount."""

    quantity: int
    unit_price: int
    discount: Discount | None = None


@frozen
class LineAmount:
    """What a line comes to in minor units: ``amount`` = ``gross`` - ``discount``, never negative.

    ``discount`` holds the line's own discount and its share of the document's.
    """

    gross: int
    discount: int
    amount: int


def line_amount(line: PricedLine, exponent: int, pointer: str = "") -> LineAmount:
    """Quantity times price, rounded once to the currency's ``exponent``, less the discount.

    ``pointer`` is where the line stands in the request, for the errors.

    Raises:
        ValueOutOfRange: the quantity is not positive, the price or the discount is negative, or the
            line is larger than the books hold.
        DiscountTooLarge: the discount is more than the line.
    """
    if not 0 < line.quantity <= QUANTITY_MAX:
        raise ValueOutOfRange.at(pointer + "/quantity")
    gross = extended(line.quantity, line.unit_price, exponent)
    if line.unit_price < 0 or gross > AMOUNT_MAX:
        raise ValueOutOfRange.at(pointer + "/unit_price")
    if line.discount is None:
        return LineAmount(gross, 0, gross)
    discount = line.discount.on(gross, pointer + "/discount_")
    return LineAmount(gross, discount, gross - discount)


def document_amounts(
    lines: Sequence[PricedLine], exponent: int, discount: Discount | None = None
) -> list[LineAmount]:
    """The amounts of all lines, with the document's ``discount`` spread over them by amount.

    The spread comes before tax, so that each tax rate gets its share (semantics 5.6).

    Raises:
        InvalidValue: there are no lines.
        ValueOutOfRange: as for ``line_amount``, or the lines together are more than the books hold.
        DiscountTooLarge: a discount is more than what it is taken from.
    """
    if not lines:
        raise InvalidValue.at("/lines")
    amounts = [line_amount(line, exponent, f"/lines/{i}") for i, line in enumerate(lines)]
    checked_amount(sum(line.gross for line in amounts))
    if discount is None:
        return amounts
    weights = [line.amount for line in amounts]
    total = discount.on(sum(weights), "/discount/")
    return [
        LineAmount(line.gross, line.discount + part, line.amount - part)
        for line, part in zip(amounts, allocate(total, weights), strict=True)
    ]
