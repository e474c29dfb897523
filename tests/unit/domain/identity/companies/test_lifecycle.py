"""How a company rests and ends (S3-39): every step from every status."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.identity.companies.errors import (
    DeletionNameWrong,
    TenantClosing,
    TenantStateConflict,
    TenantSuspended,
)
from app.domain.identity.companies.tenant import HELD, CompanyStatus, Tenant, TenantState
from app.domain.shared.ids import Id

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
GRACE = timedelta(days=30)
ACTIVE = Tenant(Id(bytes(16)), "North", "UTC", None, TenantState.ACTIVE, NOW, 1)
SUSPENDED = replace(ACTIVE, state=TenantState.SUSPENDED)
CLOSING = replace(ACTIVE, delete_at=NOW + GRACE)
SCHEDULED = replace(SUSPENDED, delete_at=NOW + GRACE)
PURGING = replace(CLOSING, purging=True)
ALL = (ACTIVE, SUSPENDED, CLOSING, SCHEDULED, PURGING)

STEPS = {
    "suspended": lambda tenant: tenant.suspended(),
    "resumed": lambda tenant: tenant.resumed(),
    "closing": lambda tenant: tenant.deletion_requested(" North ", NOW, GRACE),
    "kept": lambda tenant: tenant.deletion_withdrawn(),
    "scheduled": lambda tenant: tenant.deletion_scheduled(NOW, GRACE),
    "spared": lambda tenant: tenant.deletion_cancelled(),
}
# For each step what becomes of the five above.
EXPECTED = {
    "suspended": (SUSPENDED, None, SCHEDULED, None, None),
    "resumed": (None, ACTIVE, None, CLOSING, None),
    "closing": (CLOSING, TenantSuspended, None, TenantSuspended, None),
    "kept": (None, TenantSuspended, ACTIVE, TenantSuspended, None),
    "scheduled": (None, SCHEDULED, None, None, None),
    "spared": (None, None, ACTIVE, SUSPENDED, None),
}


def test_where_a_company_stands() -> None:
    assert [each.status for each in ALL] == [
        CompanyStatus.ACTIVE,
        CompanyStatus.SUSPENDED,
        CompanyStatus.DELETION_SCHEDULED,
        CompanyStatus.SUSPENDED,
        CompanyStatus.PURGING,
    ]
    assert [each.active for each in ALL] == [True, False, False, False, False]
    assert set(HELD) == set(CompanyStatus) - {CompanyStatus.ACTIVE}
    assert HELD[CompanyStatus.DELETION_SCHEDULED] is TenantClosing


@pytest.mark.parametrize("step", STEPS)
def test_each_step_starts_where_it_may(step: str) -> None:
    """None stands for the conflict that names the present status."""
    for tenant, expected in zip(ALL, EXPECTED[step], strict=True):
        if isinstance(expected, Tenant):
            assert STEPS[step](tenant) == expected
            continue
        with pytest.raises(expected or TenantStateConflict) as refused:
            STEPS[step](tenant)
        if expected is None:
            shown = (
                CompanyStatus.DELETION_SCHEDULED
                if (step, tenant) == ("scheduled", SCHEDULED)
                else tenant
            )
            assert refused.value.params == {"status": getattr(shown, "status", shown)}


def test_the_name_is_typed_in_full() -> None:
    for name in ("", "north", "North Ltd"):
        with pytest.raises(DeletionNameWrong) as refused:
            ACTIVE.deletion_requested(name, NOW, GRACE)
        assert [fault.pointer for fault in refused.value.faults] == ["/name"]
