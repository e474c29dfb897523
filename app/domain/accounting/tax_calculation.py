"""The tax of a document, in exact integers.

Notation: of a line with base ``n`` and quantity ``q``, component ``i`` is exactly
``a_i * n + b_i * q``. For a percentage ``a_i`` is the rate times one plus the ``a_j`` of the
compound components before it, and ``b_i`` the rate times their ``b_j``; for a fixed sum ``a_i`` is
0 and ``b_i`` the sum. A price ``g`` that includes the tax has the exact base
``n = (g - q * sum(b)) / (1 + sum(a))`` (ERPNext, ``determine_exclusive_rate``).

Rounding. A *group* is what is rounded together: one line (``TaxRounding.LINE``) or all lines of one
code (``TaxRounding.DOCUMENT``). Nothing is rounded before the sum of its group.

- On top of the price: each component is rounded alone, and spread over the lines of the group.
- Inside the price: the tax as a whole is rounded and spread over the components, then each
  component over the lines; the base is the rest, so the price never changes.
- Twins (components of equal measure, such as central and state parts) inside a price are rounded
  alone instead, because they must be equal (semantics 4.7): the base, being the rest, gives way.
- Spreading gives each its exact share rounded down, and the units left over to the largest
  remainders. Inside a price a unit goes only where the base does not become negative; of a code
  with several components a unit that finds no such line (prices of a single minor unit) stays in
  the base.

A tax of ``r`` percent of the total that contains it is, on top of a price, one of ``r / (100 - r)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm

from app.domain.accounting.errors import TaxExceedsAmount
from app.domain.accounting.periods import TaxRounding
from app.domain.accounting.tax import PERCENT_MAX, TaxCode, TaxComponent, TaxKind
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.ids import Id
from app.domain.shared.numbers import SCALE, checked_amount, divide_rounded


@dataclass(frozen=True, slots=True)
class TaxableLine:
    """A line before tax: ``amount`` in minor units after all discounts, never negative.

    The amount contains the tax when the code is ``included``. ``quantity`` is scaled by 10^6.
    ``tax`` None is an exempt line.
    """

    amount: int
    quantity: int
    tax: TaxCode | None


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """A line with tax in minor units: ``gross`` = ``base`` + ``tax``, ``tax`` = sum of components."""

    base: int
    tax: int
    gross: int
    components: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """What a document shows for one tax code, also at rate zero: the sums of its lines."""

    tax_id: Id
    base: int
    amount: int
    components: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DocumentTax:
    """The lines in their order, the codes in the order they first appear, and the sums."""

    lines: tuple[TaxedLine, ...]
    totals: tuple[TaxTotal, ...]
    net: int
    tax: int
    gross: int


@dataclass(frozen=True, slots=True)
class _Formula:
    """``a`` and ``b`` of the notation above over one denominator ``whole``; ``twins``: two agree."""

    a: tuple[int, ...]
    b: tuple[int, ...]
    whole: int
    twins: bool


def compute_tax(
    lines: Sequence[TaxableLine], exponent: int, rounding: TaxRounding = TaxRounding.LINE
) -> DocumentTax:
    """The tax of a document in a currency of ``exponent`` decimals.

    Raises:
        ValueOutOfRange: an amount or a quantity is negative, or the document is larger than the
            books hold.
        TaxExceedsAmount: a fixed tax inside a price is more than the price.
    """
    taxed: list[TaxedLine | None] = [None] * len(lines)
    codes: dict[Id, TaxCode] = {}
    groups: dict[Id, list[int]] = {}
    for index, line in enumerate(lines):
        if line.amount < 0 or line.quantity < 0:
            raise ValueOutOfRange.at(f"/lines/{index}")
        if line.tax is None:
            taxed[index] = TaxedLine(line.amount, 0, line.amount)
            continue
        codes[line.tax.id] = line.tax
        groups.setdefault(line.tax.id, []).append(index)
    totals: list[TaxTotal] = []
    for tax_id, indexes in groups.items():
        code_lines = [lines[index] for index in indexes]
        result = _tax_of_code(codes[tax_id], code_lines, indexes, exponent, rounding)
        for index, taxed_line in zip(indexes, result, strict=True):
            taxed[index] = taxed_line
        totals.append(_total(codes[tax_id], result))
    done = tuple(line for line in taxed if line is not None)
    net = sum(line.base for line in done)
    tax = sum(total.amount for total in totals)
    return DocumentTax(done, tuple(totals), net, tax, checked_amount(net + tax))


def _tax_of_code(
    code: TaxCode,
    lines: Sequence[TaxableLine],
    indexes: Sequence[int],
    exponent: int,
    rounding: TaxRounding,
) -> list[TaxedLine]:
    """The taxed lines of one code; ``indexes`` are their places in the document."""
    formula = _formula(code.components, exponent)
    if not any(formula.a) and not any(formula.b):
        zeros = (0,) * len(code.components)
        return [TaxedLine(line.amount, 0, line.amount, zeros) for line in lines]
    if rounding is TaxRounding.LINE:
        ...
    return []


def _total(code: TaxCode, lines: Sequence[TaxedLine]) -> TaxTotal:
    return TaxTotal(
        code.id,
        sum(line.base for line in lines),
        sum(line.tax for line in lines),
        tuple(
            sum(line.components[place] for line in lines) for place in range(len(code.components))
        ),
    )
