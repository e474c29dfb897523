"""Who is asking, and what they may do."""

from dataclasses import field
from datetime import datetime, timedelta
from typing import Final, Literal

from app.domain.identity.companies.tenant import HELD, CompanyStatus
from app.domain.shared.errors import PermissionMissing
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id

STEP_UP_LIFE: Final = timedelta(minutes=10)

# What a company that is suspended or closing may still change: everybody's own sign-in, and the
# way out with all of its data.
STILL_ALLOWED: Final = frozenset({"profile:write", "exports:write", "company_deletion:write"})


@frozen
class Principal:
    """An authenticated caller within one tenant.

    ``user_id`` is who acts. Where that is no person of the company (an API key, an operator of the
    platform), ``on_behalf_of`` is the user who answers for it. ``key_mode`` is empty for people;
    what a ``test`` key does is decided in full and never kept.
    ``company_status`` is that of the company when the access was looked up, ``locale`` the language
    that the user prefers.
    ``proved_at`` is when the user last confirmed their identity in this session; always None for an
    API key. ``second_factor``: whether more than a password was used. ``mfa_missing``: the company
    requires a second factor, and none was used.
    ``payout_step_up_required``: the company asks for a proof before money goes out.
    """

    tenant_id: Id
    user_id: Id
    session_id: Id = NO_ID
    role: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    request_id: str = ""
    address: str = ""
    on_behalf_of: Id = NO_ID
    proved_at: datetime | None = None
    second_factor: bool = False
    mfa_missing: bool = False
    payout_step_up_required: bool = False
    key_mode: Literal["", "live", "test"] = ""
    company_status: CompanyStatus = CompanyStatus.ACTIVE
    locale: str | None = None

    def require(self, permission: str) -> None:
        """Pass if the caller holds ``permission`` and the status of the company allows its use.

        Raises:
            PermissionMissing: it does not.
            TenantSuspended, TenantClosing: the company takes no changes.
        """
        if permission not in self.permissions:
            raise PermissionMissing(permission=permission)
        if self.company_status is not CompanyStatus.ACTIVE and changes(permission):
            raise HELD[self.company_status]

    def proved_lately(self, now: datetime) -> bool:
        """Whether the caller confirmed their identity within ``STEP_UP_LIFE``."""
        return self.proved_at is not None and now - self.proved_at <= STEP_UP_LIFE


def changes(permission: str) -> bool:
    """Whether a permission is one that a suspended company cannot use."""
    return permission.endswith(":write") and permission not in STILL_ALLOWED
