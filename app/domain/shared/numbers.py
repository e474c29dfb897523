"""Exact arithmetic on scaled integers: rounding, splitting, reading and writing decimals.

Scales (``docs/decisions/0003-numbers.md``): money is minor units of its currency; quantities, unit
prices, unit costs and percent rates are integers scaled by 10^6. No float, no Decimal in between.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from app.domain.shared.errors import InvalidValue, ValueOutOfRange

SCALE_DIGITS = 6
SCALE = 10**SCALE_DIGITS
BIGINT_MAX = 2**63 - 1
# A document and a pool stay a thousandfold below BIGINT, so that sums over the history fit.
AMOUNT_MAX = 10**15 - 1
QUANTITY_MAX = 10**15 - 1

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", re.ASCII)


def divide_rounded(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest integer, ties away from zero (rulings R-04).

    ``denominator`` must be positive.
    """
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((-2 * numerator + denominator) // (2 * denominator))


def share(total: int, part: int, whole: int) -> int:
    """``total * part / whole`` rounded; 0 when ``whole`` is 0."""
    if whole == 0:
        return 0
    if whole < 0:
        part, whole = -part, -whole
    return divide_rounded(total * part, whole)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` by ``weights`` with the largest remainder; the parts always sum to ``total``.

    No part has the opposite sign of the total. A part without weight gets nothing; if no part has
    weight, they share evenly. Ties go to the earlier part (semantics 1.5).

    Raises:
        InvalidValue: there are no weights, or one is negative.
    """
    if not weights or any(weight < 0 for weight in weights):
        raise InvalidValue
    weight_sum = sum(weights)
    if weight_sum == 0:
        weights = [1] * len(weights)
        weight_sum = len(weights)
    sign = -1 if total < 0 else 1
    parts: list[int] = []
    remainders: list[int] = []
    for weight in weights:
        quotient, remainder = divmod(abs(total) * weight, weight_sum)
        parts.append(quotient)
        remainders.append(remainder)
    left = abs(total) - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda index: -remainders[index])
    for index in by_remainder[:left]:
        parts[index] += 1
    return [sign * part for part in parts]


def prorate(
    total: int, quantity: int, of_quantity: int, already_quantity: int, already_amount: int
) -> int:
    """The share of ``total`` for ``quantity`` further pieces out of ``of_quantity``.

    Computed cumulatively: the rounded share of all pieces so far including these, less what the
    earlier pieces got. So the running sums do not depend on how the pieces are split, the last
    piece takes the rest, and the parts add up to the whole (semantics 1.6). A part never has the
    opposite sign of the total, unless it is the last one after earlier parts got too much.

    Raises:
        ValueOutOfRange: the quantity is not positive, or more than what is left of it.
    """
    done = already_quantity + quantity
    if quantity <= 0 or already_quantity < 0 or done > of_quantity:
        raise ValueOutOfRange
    left = total - already_amount
    if done == of_quantity:
        return left
    part = share(total, done, of_quantity) - already_amount
    return max(min(part, left), 0) if total >= 0 else min(max(part, left), 0)


def parse_scaled(text: str, digits: int) -> int:
    """The decimal string ``text`` as an integer scaled by ``10**digits``.

    Raises:
        InvalidValue: not a plain decimal, or more than ``digits`` significant decimals.
        ValueOutOfRange: the result does not fit the books.
    """
    if len(text) > 40 or _DECIMAL.fullmatch(text) is None:
        raise InvalidValue
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > digits:
        raise InvalidValue
    scaled = int((whole + fraction).ljust(len(whole) + digits, "0"))
    if abs(scaled) > BIGINT_MAX // 1000:
        raise ValueOutOfRange
    return scaled


@lru_cache(maxsize=4096)  # cached: lists repeat the same prices and quantities
def format_scaled(value: int, digits: int, *, at_least: int = 0) -> str:
    """``value / 10**digits`` as a decimal string, trailing zeros cut down to ``at_least``."""
    if digits == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    text = str(abs(value)).rjust(digits + 1, "0")
    fraction = text[-digits:].rstrip("0").ljust(at_least, "0")
    return f"{sign}{text[:-digits]}.{fraction}" if fraction else f"{sign}{text[:-digits]}"


def format_amount(minor: int, exponent: int) -> str:
    """An amount of money with exactly the decimals of its currency."""
    return format_scaled(minor, exponent, at_least=exponent)


def extended(quantity: int, unit_price: int, exponent: int) -> int:
    """``quantity x unit_price`` in minor units, rounded once. Both factors are scaled by 10^6."""
    return divide_rounded(quantity * unit_price * 10**exponent, SCALE * SCALE)


def checked_amount(minor: int) -> int:
    """``minor`` itself.

    Raises:
        ValueOutOfRange: the amount is larger than a document may have.
    """
    if abs(minor) > AMOUNT_MAX:
        raise ValueOutOfRange
    return minor
