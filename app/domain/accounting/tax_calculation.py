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

A tax of ``r`` percent of the total that contains it is one of ``100 * r / (100 - r)`` percent on
top of the price.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Final

from app.domain.accounting.errors import TaxExceedsAmount
from app.domain.accounting.periods import TaxRounding
from app.domain.accounting.tax import PERCENT_MAX, TaxCode, TaxComponent, TaxKind
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import SCALE, checked_amount, divide_rounded


@frozen
class TaxableLine:
    """A line before tax: ``amount`` in minor units after all discounts, never negative.

    The amount contains the tax when the code is ``included``. ``quantity`` is scaled by 10^6.
    ``tax`` None is an exempt line.
    """

    amount: int
    quantity: int
    tax: TaxCode | None


@frozen
class TaxedLine:
    """A line with tax in minor units.

    ``gross`` = ``base`` + ``tax``, and ``tax`` is the sum of the components.
    """

    base: int
    tax: int
    gross: int
    components: tuple[int, ...] = ()


_UNTAXED: Final = TaxedLine(0, 0, 0)


@frozen
class TaxTotal:
    """What a document shows for one tax code, also at rate zero: the sums of its lines."""

    tax_id: Id
    base: int
    amount: int
    components: tuple[int, ...]


@frozen
class DocumentTax:
    """The lines in their order, the codes in the order they first appear, and the sums."""

    lines: tuple[TaxedLine, ...]
    totals: tuple[TaxTotal, ...]
    net: int
    tax: int
    gross: int


@frozen
class _Formula:
    """``a`` and ``b`` of the notation over one denominator ``whole``; ``twins``: two agree."""

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
    taxed = [_UNTAXED] * len(lines)
    codes: dict[Id, TaxCode] = {}
    places: dict[Id, list[int]] = {}
    for index, line in enumerate(lines):
        if line.amount < 0 or line.quantity < 0:
            raise ValueOutOfRange.at(f"/lines/{index}")
        if line.tax is None:
            taxed[index] = TaxedLine(line.amount, 0, line.amount)
        else:
            codes[line.tax.id] = line.tax
            places.setdefault(line.tax.id, []).append(index)
    totals: list[TaxTotal] = []
    for tax_id, indexes in places.items():
        of_code = _tax_of_code(codes[tax_id], lines, indexes, exponent, rounding)
        for index, taxed_line in zip(indexes, of_code, strict=True):
            taxed[index] = taxed_line
        totals.append(_total(codes[tax_id], of_code))
    net = sum(line.base for line in taxed)
    tax = sum(total.amount for total in totals)
    return DocumentTax(tuple(taxed), tuple(totals), net, tax, checked_amount(net + tax))


def _tax_of_code(
    code: TaxCode,
    lines: Sequence[TaxableLine],
    indexes: Sequence[int],
    exponent: int,
    rounding: TaxRounding,
) -> list[TaxedLine]:
    """The taxed lines at ``indexes``, which all carry ``code``."""
    formula = _formula(code.components, exponent)
    if not any(formula.a) and not any(formula.b):
        zeros = (0,) * len(code.components)
        return [TaxedLine(lines[i].amount, 0, lines[i].amount, zeros) for i in indexes]
    taxed_group = _taxed_inside if code.included else _taxed_on_top
    if rounding is TaxRounding.DOCUMENT:
        return taxed_group(formula, lines, indexes)
    if len(code.components) == 1:
        return [_taxed_alone(formula, code.included, lines[index], index) for index in indexes]
    return [taxed_group(formula, lines, (index,))[0] for index in indexes]


def _taxed_alone(formula: _Formula, included: bool, line: TaxableLine, index: int) -> TaxedLine:
    """One line with one tax, the usual case: nothing is spread, so this is the short way."""
    (a,), (b,), whole, amount = formula.a, formula.b, formula.whole, line.amount
    if not included:
        tax = divide_rounded(a * amount + b * line.quantity, whole)
        return TaxedLine(amount, tax, amount + tax, (tax,))
    if b * line.quantity > whole * amount:
        raise TaxExceedsAmount.at(f"/lines/{index}")
    # The amount less the exact base: (g - (g - q * b) / (1 + a)) with one of a and b being 0.
    tax = divide_rounded(a * amount + b * line.quantity, whole + a)
    return TaxedLine(amount - tax, tax, amount, (tax,))


def _taxed_on_top(
    formula: _Formula, lines: Sequence[TaxableLine], group: Sequence[int]
) -> list[TaxedLine]:
    columns: list[list[int]] = []
    for a, b in zip(formula.a, formula.b, strict=True):
        exact = [a * lines[i].amount + b * lines[i].quantity for i in group]
        total = divide_rounded(sum(exact), formula.whole)
        columns.append(_spread(total, exact, formula.whole))
    taxed: list[TaxedLine] = []
    for index, parts in zip(group, zip(*columns, strict=True), strict=True):
        base, tax = lines[index].amount, sum(parts)
        taxed.append(TaxedLine(base, tax, base + tax, parts))
    return taxed


def _taxed_inside(
    formula: _Formula, lines: Sequence[TaxableLine], group: Sequence[int]
) -> list[TaxedLine]:
    exact, whole = _exact_inside(formula, lines, group)
    sums = [sum(column) for column in exact]
    if formula.twins:
        totals = [divide_rounded(part, whole) for part in sums]
    else:
        totals = _spread(divide_rounded(sum(sums), whole), sums, whole)
    room = [lines[i].amount for i in group]
    for column in exact:
        for place, part in enumerate(column):
            room[place] -= part // whole
    # Twins are placed together, so that they are equal on every line as well.
    columns: dict[tuple[int, int], list[int]] = {}
    measures = list(zip(formula.a, formula.b, strict=True))
    for measure, column, total in zip(measures, exact, totals, strict=True):
        if measure not in columns:
            columns[measure] = _spread(total, column, whole, room, measures.count(measure))
    taxed: list[TaxedLine] = []
    by_line = zip(*(columns[measure] for measure in measures), strict=True)
    for index, parts in zip(group, by_line, strict=True):
        gross, tax = lines[index].amount, sum(parts)
        taxed.append(TaxedLine(gross - tax, tax, gross, parts))
    return taxed


def _exact_inside(
    formula: _Formula, lines: Sequence[TaxableLine], group: Sequence[int]
) -> tuple[list[list[int]], int]:
    """Per component, the exact tax inside the price of each line, and the common denominator."""
    divisor = formula.whole + sum(formula.a)
    fixed = sum(formula.b)
    bases: list[int] = []  # the exact bases, over ``divisor``
    for index in group:
        base = lines[index].amount * formula.whole - lines[index].quantity * fixed
        if base < 0:
            raise TaxExceedsAmount.at(f"/lines/{index}")
        bases.append(base)
    exact = [
        [
            a * base + b * divisor * lines[index].quantity
            for index, base in zip(group, bases, strict=True)
        ]
        for a, b in zip(formula.a, formula.b, strict=True)
    ]
    return exact, formula.whole * divisor


def _spread(
    total: int, exact: Sequence[int], whole: int, room: list[int] | None = None, step: int = 1
) -> list[int]:
    """Round the shares ``exact / whole`` so that they sum to ``total``, their rounded sum.

    ``numbers.allocate`` cannot do this: it splits the rounded total in proportion and can move a
    share past the next integer, for instance a tax above its price. With ``room`` a share grows
    only where ``step`` units are free, which are then used up.
    """
    parts = [part // whole for part in exact]
    left = total - sum(parts)
    if left == 0:
        return parts
    remainders = [part % whole for part in exact]
    for place in sorted(range(len(parts)), key=lambda place: -remainders[place]):
        if left == 0:
            break
        if room is not None:
            if room[place] < step:
                continue
            room[place] -= step
        parts[place] += 1
        left -= 1
    return parts


@lru_cache(maxsize=1024)
def _formula(components: tuple[TaxComponent, ...], exponent: int) -> _Formula:
    a: list[Fraction] = []
    b: list[Fraction] = []
    factor, added = Fraction(1), Fraction(0)  # of the base that the next percentage is taken of
    for component in components:
        if component.kind is TaxKind.PERCENT:
            rate = Fraction(component.rate, PERCENT_MAX)
            a.append(rate * factor)
            b.append(rate * added)
        else:
            a.append(Fraction(0))
            b.append(Fraction(component.rate * 10**exponent, SCALE * SCALE))
        if component.compound:
            factor += a[-1]
            added += b[-1]
    whole = lcm(*(part.denominator for part in a + b))
    measures = [measure for measure in zip(a, b, strict=True) if any(measure)]
    return _Formula(
        a=tuple(int(part * whole) for part in a),
        b=tuple(int(part * whole) for part in b),
        whole=whole,
        twins=len(set(measures)) < len(measures),
    )


def _total(code: TaxCode, lines: Sequence[TaxedLine]) -> TaxTotal:
    columns = zip(*(line.components for line in lines), strict=True)
    return TaxTotal(
        tax_id=code.id,
        base=sum(line.base for line in lines),
        amount=sum(line.tax for line in lines),
        components=tuple(sum(column) for column in columns),
    )
