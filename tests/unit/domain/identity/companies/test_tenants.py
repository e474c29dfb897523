from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.identity.companies.tenant import Tenant, TenantState
from app.domain.shared.errors import InvalidValue
from app.domain.shared.ids import Id

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
ID = Id(bytes(range(16)))


def north(**members: str | None) -> Tenant:
    given = {"name": "North", "time_zone": "Europe/London", "country": "GB", **members}
    return Tenant.new(ID, at=NOW, **given)  # type: ignore[arg-type]


def test_a_new_company_is_active() -> None:
    assert north() == Tenant(ID, "North", "Europe/London", "GB", TenantState.ACTIVE, NOW, 1)
    assert north().active
    assert not replace(north(), state=TenantState.SUSPENDED).active


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("time_zone", "Europe/Atlantis"),
        ("time_zone", "localtime"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", ""),
        ("country", "gb"),
        ("country", "GBR"),
    ],
)
def test_a_member_without_its_form_is_refused_by_name(member: str, value: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        north(**{member: value})
    assert [fault.pointer for fault in refusal.value.faults] == [f"/{member}"]


def test_a_company_need_not_say_where_it_is() -> None:
    assert north(country=None).country is None


def test_only_what_is_named_changes() -> None:
    assert north().changed(name=" South ") == north(name="South")
    assert north().changed(time_zone="Asia/Kuwait") == north(time_zone="Asia/Kuwait")
    assert north().changed() == north()
    demanding = north().changed(mfa_required=True, payout_step_up_required=True)
    assert demanding == replace(north(), mfa_required=True, payout_step_up_required=True)
    assert demanding.changed(name="North") == demanding
    assert demanding.changed(mfa_required=False, payout_step_up_required=False) == north()
    with pytest.raises(InvalidValue):
        north().changed(time_zone="Nowhere")
