"""Tax codes: rates within bounds, names, what is recoverable."""

from dataclasses import replace

import pytest

from app.domain.accounting.errors import TaxInactive, TaxRateOutOfRange
from app.domain.accounting.tax import (
    COMPONENTS_MAX,
    FIXED_MAX,
    PERCENT_MAX,
    TaxCode,
    TaxComponent,
    TaxKind,
)
from app.domain.shared.errors import InvalidValue
from app.domain.shared.ids import Id
from app.domain.shared.masters import changed, made

ONE = 1_000_000


def percent(rate: int, *, recoverable: bool = True) -> TaxComponent:
    return TaxComponent("VAT", TaxKind.PERCENT, rate, recoverable=recoverable)


def a_code(*components: TaxComponent) -> TaxCode:
    return TaxCode(Id(bytes(16)), "VAT20", "VAT", False, components, True, 1)


def test_a_new_code_is_active_and_its_names_are_clean() -> None:
    """S0-10."""
    members = {
        "code": "GST-9.9",
        "name": " GST ",
        "included": True,
        "components": (replace(percent(9 * ONE), name=" Central "),),
    }
    code = made(TaxCode, Id(bytes(16)), members)
    assert code == TaxCode(
        Id(bytes(16)),
        "GST-9.9",
        "GST",
        True,
        (TaxComponent("Central", TaxKind.PERCENT, 9 * ONE, False, True, None, None),),
        True,
        1,
    )


@pytest.mark.parametrize("kind", list(TaxKind))
def test_a_rate_has_bounds(kind: TaxKind) -> None:
    top = {TaxKind.PERCENT: PERCENT_MAX, TaxKind.FIXED: FIXED_MAX}[kind]
    assert {TaxKind.PERCENT: 100_000_000, TaxKind.FIXED: 10**15 - 1}[kind] == top
    for rate in (0, top):
        assert a_code(TaxComponent("Levy", kind, rate)).components[0].rate == rate
    for rate in (-1, top + 1):
        with pytest.raises(TaxRateOutOfRange) as refused:
            a_code(percent(0), TaxComponent("Levy", kind, rate))
        assert refused.value.faults[0].pointer == "/components/1/rate"


def test_a_code_has_a_bounded_number_of_named_components() -> None:
    assert len(a_code(*[percent(ONE)] * COMPONENTS_MAX).components) == COMPONENTS_MAX
    with pytest.raises(InvalidValue) as refused:
        a_code(*[percent(ONE)] * (COMPONENTS_MAX + 1))
    assert refused.value.faults[0].pointer == "/components"
    with pytest.raises(InvalidValue) as refused:
        changed(a_code(), {"components": (percent(ONE), replace(percent(ONE), name=""))})
    assert refused.value.faults[0].pointer == "/components/1/name"


def test_a_change_keeps_what_is_not_named_and_never_the_rates() -> None:
    code = a_code(percent(20 * ONE))
    assert changed(code, {}) == code
    assert changed(code, {"code": "VAT21"}) == replace(code, code="VAT21")
    assert changed(code, {"name": "New"}) == replace(code, name="New")
    with pytest.raises(InvalidValue):
        changed(code, {"code": "V A T"})
    with pytest.raises(InvalidValue):
        changed(code, {"name": ""})


def test_an_idle_code_is_not_named_by_a_new_document() -> None:
    code = a_code(percent(20 * ONE))
    code.check_named("/lines/0/tax_id")
    idle = replace(code, active=False)
    with pytest.raises(TaxInactive) as refused:
        idle.check_named("/lines/0/tax_id")
    assert refused.value.faults[0].pointer == "/lines/0/tax_id"


def test_what_is_not_recoverable_joins_the_cost() -> None:
    """Semantics 3.2: non-deductible input tax."""
    code = a_code(
        percent(5 * ONE), percent(7 * ONE, recoverable=False), percent(ONE, recoverable=False)
    )
    assert code.irrecoverable((500, 700, 100)) == 800
    assert a_code().irrecoverable(()) == 0
