"""The tax of documents: the worked numbers of the domain notes, and any basket."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.accounting.errors import TaxExceedsAmount
from app.domain.accounting.periods import TaxRounding
from app.domain.accounting.tax import TaxCode, TaxComponent, TaxKind
from app.domain.accounting.tax_calculation import DocumentTax, TaxableLine, TaxedLine, compute_tax
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX

ONE = 1_000_000
N = TypeVar("N", int, Fraction)
LINE, DOCUMENT = TaxRounding.LINE, TaxRounding.DOCUMENT
BOTH = pytest.mark.parametrize("rounding", list(TaxRounding))


def percent(rate: int | str, compound: bool = False) -> TaxComponent:
    return TaxComponent("VAT", TaxKind.PERCENT, int(Fraction(rate) * ONE), compound)


def fixed(rate: int | str, compound: bool = False) -> TaxComponent:
    return TaxComponent("Levy", TaxKind.FIXED, int(Fraction(rate) * ONE), compound)


def code(*components: TaxComponent, included: bool = False, number: int = 1) -> TaxCode:
    return TaxCode(Id(number.to_bytes(16, "big")), "T", "T", included, components, True, 1)


def tax_of(
    amounts: list[int], tax: TaxCode | None, rounding: TaxRounding = LINE, quantity: int = ONE
) -> DocumentTax:
    return compute_tax([TaxableLine(amount, quantity, tax) for amount in amounts], 2, rounding)


@BOTH
def test_a_price_that_includes_ten_percent(rounding: TaxRounding) -> None:
    """Domain-notes 3.3 [T odoo]: 1000.00 = 909.09 + 90.91."""
    done = tax_of([100_000], code(percent(10), included=True), rounding)
    assert done.lines == (TaxedLine(90_909, 9_091, 100_000, (9_091,)),)
    assert (done.net, done.tax, done.gross) == (90_909, 9_091, 100_000)


@BOTH
def test_ten_percent_of_the_total_that_contains_it(rounding: TaxRounding) -> None:
    """Domain-notes 3.3 [T odoo]: 111.11 on top of 1000.00, as a rate of 100 x 10 / 90 percent."""
    done = tax_of([100_000], code(percent("11.111111")), rounding)
    assert done.lines == (TaxedLine(100_000, 11_111, 111_111, (11_111,)),)
    back = tax_of([111_111], code(percent("11.111111"), included=True), rounding)
    assert back.lines == (TaxedLine(100_000, 11_111, 111_111, (11_111,)),)


@BOTH
def test_eight_and_one_penny_stay_eight_and_one_penny(rounding: TaxRounding) -> None:
    """Complaint 14 [T odoo PR 34842]: 8.01 incl 20 percent was 8.02."""
    done = tax_of([801], code(percent(20), included=True), rounding)
    assert done.lines == (TaxedLine(667, 134, 801, (134,)),)


@BOTH
def test_ten_pieces_are_taxed_as_a_line_and_not_by_the_piece(rounding: TaxRounding) -> None:
    """Domain-notes 3.3 [T vendure 2662, 3047]; semantics 4.1."""
    done = tax_of([38_230], code(percent(20), included=True), rounding, quantity=10 * ONE)
    assert (done.net, done.tax, done.gross) == (31_858, 6_372, 38_230)
    done = tax_of([79_800], code(percent(9), included=True), rounding, quantity=2 * ONE)
    assert (done.net, done.tax, done.gross) == (73_211, 6_589, 79_800)


def test_three_small_lines_tell_the_rounding_modes_apart() -> None:
    """Domain-notes 3.3 [C]: three lines of 1.11 at 7 percent."""
    by_line = tax_of([111] * 3, code(percent(7)), LINE)
    assert (by_line.tax, [line.tax for line in by_line.lines]) == (24, [8, 8, 8])
    by_document = tax_of([111] * 3, code(percent(7)), DOCUMENT)
    assert (by_document.tax, [line.tax for line in by_document.lines]) == (23, [8, 8, 7])
    assert by_document.totals[0].amount == 23


@BOTH
def test_twins_are_equal_and_not_the_single_tax(rounding: TaxRounding) -> None:
    """Semantics 4.7, domain-notes 3.3 [T india-compliance]: 62.51 at 9 + 9, and at 18."""
    done = tax_of([6_251], code(percent(9), percent(9)), rounding)
    assert done.lines[0].components == (563, 563)
    assert done.gross == 7_377
    assert tax_of([6_251], code(percent(18)), rounding).tax == 1_125


@BOTH
def test_twins_inside_a_price_are_equal_and_the_base_gives_way(rounding: TaxRounding) -> None:
    done = tax_of([7_376], code(percent(9), percent(9), included=True), rounding)
    assert done.lines == (TaxedLine(6_250, 1_126, 7_376, (563, 563)),)
    assert tax_of([7_376], code(percent(18), included=True), rounding).tax == 1_125


@BOTH
def test_a_price_too_small_for_two_equal_pennies_keeps_its_base(rounding: TaxRounding) -> None:
    """1 penny with three taxes of 100 percent holds 0.25 of each; of 2 pennies 0.5 would be 3."""
    three = code(*[percent(100)] * 3, included=True)
    assert tax_of([2], three, rounding).lines == (TaxedLine(2, 0, 2, (0, 0, 0)),)
    assert tax_of([1, 3], three, rounding).gross == 4
    two = code(percent(9), percent(9), included=True)
    many = tax_of([1] * 7, two, DOCUMENT)
    assert (many.net, many.tax, many.gross) == (7, 0, 7)
    with_room = tax_of([1] * 6 + [5], two, DOCUMENT)
    assert [line.components for line in with_room.lines] == [(0, 0)] * 6 + [(1, 1)]


def test_units_left_over_go_where_the_base_has_room() -> None:
    """Inside prices of pennies: no line gives more tax than it has, the document's sum is kept."""

    def of(amounts: list[int], *rates: int) -> list[tuple[int, ...]]:
        tax = code(*map(percent, rates), included=True)
        return [line.components for line in tax_of(amounts, tax, DOCUMENT).lines]

    assert of([2, 2], 100, 100, 50) == [(1, 1, 0), (0, 0, 1)]
    assert of([1, 1, 1], 100, 50) == [(1, 0), (0, 1), (0, 0)]
    assert of([1, 5], 100, 100, 100) == [(0, 0, 0), (1, 1, 1)]
    # 118 holds exactly 9 and 9; the ten that seven pennies make with it have room only there.
    assert of([1] * 7 + [118], 9, 9) == [(0, 0)] * 7 + [(10, 10)]


@BOTH
def test_components_of_one_price_share_its_rounded_tax(rounding: TaxRounding) -> None:
    """Domain-notes 3.3: the total first, then the largest remainder."""
    done = tax_of([1_000], code(percent(5), percent(8), included=True), rounding)
    assert done.lines == (TaxedLine(885, 115, 1_000, (44, 71)),)
    done = tax_of([1_004], code(percent(5), percent(8), included=True), rounding)
    assert done.lines[0].tax == 116  # 44.42 + 71.08 = 115.50; each alone would make 115
    assert done.lines[0].components == (45, 71)
    zeros = code(percent(5), percent(8), percent(0), percent(0), included=True)
    assert tax_of([1_004], zeros, rounding).lines[0].components == (45, 71, 0, 0)


@BOTH
def test_a_compound_tax_raises_the_base_of_the_next(rounding: TaxRounding) -> None:
    """Semantics 4.2: 5 percent, then 9.5 percent of the sum: 100.00 + 5.00 + 9.975."""
    raised = code(percent(5, compound=True), percent("9.5"))
    assert tax_of([10_000], raised, rounding).lines[0].components == (500, 998)
    plain = code(percent(5), percent("9.5"))
    assert tax_of([10_000], plain, rounding).lines[0].components == (500, 950)
    inside = code(percent(5, compound=True), percent("9.5"), included=True)
    assert tax_of([11_498], inside, rounding).lines[0].base == 10_000


@BOTH
def test_a_fixed_tax_goes_by_quantity(rounding: TaxRounding) -> None:
    """0.25 a piece; three and a half pieces; and inside the price under a percentage."""
    done = tax_of([1_000], code(fixed("0.25")), rounding, quantity=3_500_000)
    assert done.lines == (TaxedLine(1_000, 88, 1_088, (88,)),)
    levy = code(fixed("0.25", compound=True), percent(10))
    done = tax_of([1_000], levy, rounding, quantity=2 * ONE)
    assert done.lines[0].components == (50, 105)
    levy = code(fixed("0.25", compound=True), percent(10), included=True)
    done = tax_of([1_155], levy, rounding, quantity=2 * ONE)
    assert done.lines == (TaxedLine(1_000, 155, 1_155, (50, 105)),)


def test_a_fixed_tax_knows_the_decimals_of_the_currency() -> None:
    line = TaxableLine(1_000, 4 * ONE, code(fixed("0.5")))
    assert [compute_tax([line], exponent).tax for exponent in (0, 2, 3)] == [2, 200, 2_000]


@BOTH
def test_a_fixed_tax_is_not_more_than_the_price_that_contains_it(rounding: TaxRounding) -> None:
    levy = code(fixed("2"), included=True)
    assert tax_of([200, 200], levy, rounding).net == 0
    with pytest.raises(TaxExceedsAmount):  # by less than half a penny
        tax_of([200], code(fixed("2.000001"), included=True), rounding)
    with pytest.raises(TaxExceedsAmount) as refused:
        tax_of([200, 199], levy, rounding)
    assert refused.value.faults[0].pointer == "/lines/1"


@BOTH
def test_every_code_shows_its_base_also_at_rate_zero_and_exempt_lines_show_none(
    rounding: TaxRounding,
) -> None:
    """Semantics 4.6. Prices with and without tax stand in one document (4.4)."""
    zero, none = code(percent(0), number=2), code(number=3)
    inside, on_top = code(percent(20), included=True, number=4), code(percent(20), number=5)
    taxes = [None, on_top, zero, inside, none, on_top]
    done = compute_tax([TaxableLine(600, ONE, tax) for tax in taxes], 2, rounding)
    assert [(total.tax_id[-1], total.base, total.amount) for total in done.totals] == [
        (5, 1_200, 240),
        (2, 600, 0),
        (4, 500, 100),
        (3, 600, 0),
    ]
    assert [total.components for total in done.totals] == [(240,), (0,), (100,), ()]
    assert [line.components for line in done.lines] == [(), (120,), (0,), (100,), (), (120,)]
    assert (done.net, done.tax, done.gross) == (3_500, 340, 3_840)


def test_an_empty_document_has_no_tax() -> None:
    assert compute_tax([], 2) == DocumentTax((), (), 0, 0, 0)


@pytest.mark.parametrize("line", [TaxableLine(-1, ONE, None), TaxableLine(1, -1, None)])
def test_a_negative_line_is_refused(line: TaxableLine) -> None:
    with pytest.raises(ValueOutOfRange) as refused:
        compute_tax([TaxableLine(1, ONE, None), line], 2)
    assert refused.value.faults[0].pointer == "/lines/1"


def test_a_document_larger_than_the_books_is_refused() -> None:
    assert tax_of([AMOUNT_MAX], None).gross == AMOUNT_MAX
    with pytest.raises(ValueOutOfRange):
        tax_of([AMOUNT_MAX], code(percent("0.000001")))


POOL: list[TaxCode | None] = [None] + [
    code(*components, included=included, number=2 * number + included)
    for number, components in enumerate(
        [
            (),
            (percent(0),),
            (percent(20),),
            (percent("9.975"),),
            (percent(100),),
            (percent(9), percent(9)),
            (percent(100), percent(100), percent(100)),
            (percent(5), percent(8)),
            (percent(5, compound=True), percent("9.5")),
            (percent(100, compound=True), percent(100), percent(7)),
            (fixed("0.005"),),
            (fixed("0.01", compound=True), percent(7)),
            (percent(9), fixed("0.005"), percent(9), percent(0)),
        ],
        start=1,
    )
    for included in (False, True)
]
# Penny prices are frequent: there the roundings collide.
BASKETS = st.lists(
    st.builds(
        # A fixed tax of 0.01 with the seven percent on it has room in 0.02 a piece.
        lambda amount, tax: TaxableLine(amount, min(amount, 300) * ONE // 8, tax),
        st.integers(0, 6) | st.integers(0, 9_000),
        st.sampled_from(POOL),
    ),
    max_size=6,
)


def exact(line: TaxableLine, tax: TaxCode) -> tuple[Fraction, list[Fraction]]:
    """The exact base and components of a line, by the forward formula alone (an oracle)."""
    parts = tax.components
    pieces = Fraction(line.quantity, ONE)

    def forward(base: Fraction) -> list[Fraction]:
        taxes: list[Fraction] = []
        raised = base
        for part in parts:
            rate = Fraction(part.rate, ONE)
            taxes.append(pieces * rate * 100 if part.kind is TaxKind.FIXED else raised * rate / 100)
            raised += taxes[-1] if part.compound else 0
        return taxes

    base = Fraction(line.amount)
    if tax.included:
        at_zero, at_one = (sum(forward(Fraction(one)), Fraction(0)) for one in (0, 1))
        base = (base - at_zero) / (1 + at_one - at_zero)
    return base, forward(base)


def rounded(value: Fraction | int) -> int:
    return int(value + Fraction(1, 2))


@settings(max_examples=80)
@given(BASKETS, st.sampled_from(list(TaxRounding)))
def test_any_basket_never_changes_a_price_shows_what_it_sums_and_rounds_once(
    lines: list[TaxableLine], rounding: TaxRounding
) -> None:
    """Complaint 14, semantics 1.4, 4.3 to 4.7, in any mode."""
    done = compute_tax(lines, 2, rounding)
    for line, taxed in zip(lines, done.lines, strict=True):
        check_line(line, taxed)
    check_sums(lines, done)
    assert compute_tax(lines[:1], 2, LINE) == compute_tax(lines[:1], 2, DOCUMENT)
    groups: dict[tuple[TaxCode, int | None], list[int]] = {}
    for index, line in enumerate(lines):
        if line.tax is not None:
            groups.setdefault((line.tax, index if rounding is LINE else None), []).append(index)
    for (tax, _), group in groups.items():
        check_rounding(tax, [lines[i] for i in group], [done.lines[i] for i in group])


def check_line(line: TaxableLine, taxed: TaxedLine) -> None:
    assert taxed.gross == taxed.base + taxed.tax
    assert taxed.tax == sum(taxed.components)
    assert taxed.base >= 0
    assert min(taxed.components, default=0) >= 0
    if line.tax is None:
        assert (taxed.base, taxed.components) == (line.amount, ())
        return
    assert (taxed.gross if line.tax.included else taxed.base) == line.amount
    taxes = exact(line, line.tax)[1]
    for component, tax in zip(taxed.components, taxes, strict=True):
        assert abs(component - tax) <= 1
    for one, other in combinations(range(len(taxes)), 2):
        if taxes[one] == taxes[other] and line.tax.components[one] == line.tax.components[other]:
            assert taxed.components[one] == taxed.components[other]


def check_sums(lines: list[TaxableLine], done: DocumentTax) -> None:
    assert done.net == sum(line.base for line in done.lines)
    assert done.tax == sum(line.tax for line in done.lines) == sum(t.amount for t in done.totals)
    assert done.gross == sum(line.gross for line in done.lines) == done.net + done.tax
    named = [line.tax.id for line in lines if line.tax is not None]
    assert [total.tax_id for total in done.totals] == list(dict.fromkeys(named))
    for total in done.totals:
        own = [
            taxed
            for line, taxed in zip(lines, done.lines, strict=True)
            if line.tax is not None and line.tax.id == total.tax_id
        ]
        assert total.base == sum(taxed.base for taxed in own)
        assert total.amount == sum(total.components)
        assert total.components == column_sums(taxed.components for taxed in own)


def check_rounding(tax: TaxCode, lines: list[TaxableLine], taxed: list[TaxedLine]) -> None:
    """The lines of one group: what is exact is summed first and rounded once."""
    found = column_sums(line.components for line in taxed)
    sums = column_sums(exact(line, tax)[1] for line in lines)
    if not tax.included:
        assert found == tuple(rounded(part) for part in sums)
    elif len(set(sums)) < len(sums):  # twins
        assert all(line.amount < 100 for line in lines) or found == tuple(
            rounded(part) for part in sums
        )
    elif len(sums) == 1 or all(line.amount >= 100 for line in lines):
        assert sum(found) == rounded(sum(sums))
    else:  # several taxes inside a price of pennies: a unit without room stays in the base
        assert sum(found) <= rounded(sum(sums))


def column_sums(rows: Iterable[Sequence[N]]) -> tuple[N, ...]:
    return tuple(sum(column[1:], column[0]) for column in zip(*rows, strict=True))
