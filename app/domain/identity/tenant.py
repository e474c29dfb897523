"""Tenants: the companies that keep their books here."""

import re
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from zoneinfo import available_timezones

from app.domain.shared.errors import Fault, InvalidValue
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import checked_name

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
# Names that the machine, not the time zone database, gives a meaning.
_NOT_ZONES = frozenset({"localtime", "Factory"})


class TenantState(StrEnum):
    """Whether the company's people may work."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # nobody of it can sign in


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_ZONES


@frozen
class Tenant:
    """A company. ``time_zone`` (IANA) decides its business days, ``country`` is of ISO 3166.

    ``mfa_required``: its people need a second factor. ``step_up_for_payouts``: whoever pays a
    supplier has proved himself a moment ago.
    """

    id: Id
    name: str
    time_zone: str
    country: str | None
    state: TenantState
    created_at: datetime
    version: int
    mfa_required: bool = False
    step_up_for_payouts: bool = False

    def __post_init__(self) -> None:
        if self.time_zone not in _zones():
            raise InvalidValue(faults=[Fault("/time_zone", "validation.zone")])
        if self.country is not None and _COUNTRY.fullmatch(self.country) is None:
            raise InvalidValue(faults=[Fault("/country", "validation.country")])

    @classmethod
    def new(cls, id_: Id, name: str, time_zone: str, country: str | None, at: datetime) -> "Tenant":
        """A new, active company.

        Raises:
            InvalidValue: a name, time zone or country without its form.
        """
        shown = checked_name(name)
        return cls(id_, shown, time_zone, country, TenantState.ACTIVE, at, version=1)

    @property
    def active(self) -> bool:
        """Whether its people may work."""
        return self.state is TenantState.ACTIVE

    def changed(
        self,
        *,
        name: str | None = None,
        time_zone: str | None = None,
        mfa_required: bool | None = None,
        step_up_for_payouts: bool | None = None,
    ) -> "Tenant":
        """The company with other settings; None keeps what is there.

        Raises:
            InvalidValue: a name or time zone without its form.
        """
        return replace(
            self,
            name=self.name if name is None else checked_name(name),
            time_zone=self.time_zone if time_zone is None else time_zone,
            mfa_required=self.mfa_required if mfa_required is None else mfa_required,
            step_up_for_payouts=(
                self.step_up_for_payouts if step_up_for_payouts is None else step_up_for_payouts
            ),
        )
