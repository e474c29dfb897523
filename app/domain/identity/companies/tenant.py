"""Tenants: the companies that keep their books here."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.domain.identity.companies.errors import (
    DeletionNameWrong,
    TenantClosing,
    TenantStateConflict,
    TenantSuspended,
)
from app.domain.identity.ids import TenantId
from app.domain.shared.errors import DomainError, Fault, InvalidValue
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import checked_name
from app.domain.shared.zones import check_zone

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


class TenantState(StrEnum):
    """What an operator of the platform decided about the company."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class CompanyStatus(StrEnum):
    """What the company's people may do."""

    ACTIVE = "active"  # work
    SUSPENDED = "suspended"  # sign in, read and export
    DELETION_SCHEDULED = "deletion_scheduled"  # the same, until it is deleted
    PURGING = "purging"  # nothing: its rows are being deleted


# Why a company that is not active takes no change.
HELD: Final[dict[CompanyStatus, type[DomainError]]] = {
    CompanyStatus.SUSPENDED: TenantSuspended,
    CompanyStatus.DELETION_SCHEDULED: TenantClosing,
    CompanyStatus.PURGING: TenantClosing,
}


def status_of(state: str, delete_at: datetime | None) -> CompanyStatus:
    """What the people of a company may do whose rows are not being deleted."""
    if state == TenantState.SUSPENDED:
        return CompanyStatus.SUSPENDED
    return CompanyStatus.ACTIVE if delete_at is None else CompanyStatus.DELETION_SCHEDULED


@frozen
class Tenant:
    """A company. ``time_zone`` (IANA) decides its business days, ``country`` is of ISO 3166.

    ``mfa_required``: its people need a second factor. ``payout_step_up_required``: payments to
    suppliers need a fresh proof.
    ``delete_at`` is the end of the grace period of one that closes, or that an operator suspended
    and will delete; once it is ``purging`` nothing brings it back.
    """

    id: TenantId
    name: str
    """The name of the company."""
    time_zone: str
    """IANA name, such as Europe/London; it decides the business day."""
    country: str | None
    """ISO 3166 code of two capital letters."""
    state: TenantState
    created_at: datetime
    """When it was made."""
    version: int
    mfa_required: bool = False
    payout_step_up_required: bool = False
    delete_at: datetime | None = None
    """When the company may be deleted; null when nobody asked for it."""
    purging: bool = False

    def __post_init__(self) -> None:
        check_zone(self.time_zone)
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
        return self.status is CompanyStatus.ACTIVE

    @property
    def status(self) -> CompanyStatus:
        """What its people may do."""
        return CompanyStatus.PURGING if self.purging else status_of(self.state, self.delete_at)

    def suspended(self) -> "Tenant":
        """The company whose people only read; a deletion that was asked for goes on.

        Raises:
            TenantStateConflict: it is suspended, or being deleted.
        """
        self._expect(CompanyStatus.ACTIVE, CompanyStatus.DELETION_SCHEDULED)
        return replace(self, state=TenantState.SUSPENDED)

    def resumed(self) -> "Tenant":
        """The company whose people work again, unless its deletion was asked for.

        Raises:
            TenantStateConflict: it is not suspended.
        """
        self._expect(CompanyStatus.SUSPENDED)
        return replace(self, state=TenantState.ACTIVE)

    def deletion_requested(self, name: str, now: datetime, grace: timedelta) -> "Tenant":
        """The company that is deleted after ``grace``: its owner asks for it and types its name.

        Raises:
            TenantSuspended: an operator suspended it.
            TenantStateConflict: it is closing already.
            DeletionNameWrong: it has another name.
        """
        self._check_not_suspended()
        self._expect(CompanyStatus.ACTIVE)
        if name.strip() != self.name:
            raise DeletionNameWrong.at("/name")
        return replace(self, delete_at=now + grace)

    def deletion_withdrawn(self) -> "Tenant":
        """The company that is not deleted after all: its owner takes the request back.

        Raises:
            TenantSuspended: an operator suspended it.
            TenantStateConflict: it is not closing.
        """
        self._check_not_suspended()
        self._expect(CompanyStatus.DELETION_SCHEDULED)
        return replace(self, delete_at=None)

    def deletion_scheduled(self, now: datetime, grace: timedelta) -> "Tenant":
        """The suspended company that an operator deletes after ``grace``.

        Raises:
            TenantStateConflict: it is not suspended, or its deletion is scheduled already.
        """
        self._expect(CompanyStatus.SUSPENDED)
        if self.delete_at is not None:
            raise TenantStateConflict(status=CompanyStatus.DELETION_SCHEDULED)
        return replace(self, delete_at=now + grace)

    def deletion_cancelled(self) -> "Tenant":
        """The company whose deletion an operator calls off, also one that an owner asked for.

        Raises:
            TenantStateConflict: no deletion is scheduled, or it has begun.
        """
        self._expect(CompanyStatus.SUSPENDED, CompanyStatus.DELETION_SCHEDULED)
        if self.delete_at is None:
            raise TenantStateConflict(status=self.status)
        return replace(self, delete_at=None)

    def _check_not_suspended(self) -> None:
        if self.status is CompanyStatus.SUSPENDED:
            raise TenantSuspended

    def _expect(self, *allowed: CompanyStatus) -> None:
        if self.status not in allowed:
            raise TenantStateConflict(status=self.status)

    def changed(
        self,
        *,
        name: str | None = None,
        time_zone: str | None = None,
        mfa_required: bool | None = None,
        payout_step_up_required: bool | None = None,
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
            payout_step_up_required=(
                self.payout_step_up_required
                if payout_step_up_required is None
                else payout_step_up_required
            ),
        )
