"""Who is asking, and what they may do."""

from dataclasses import field
from typing import Final

from app.domain.identity.tenant import HELD, Standing
from app.domain.shared.errors import PermissionMissing
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id

# What a company that is suspended or closing may still change: everybody's own sign-in, and the
# way out with all of its data.
STILL_ALLOWED: Final = frozenset({"profile:write", "exports:write", "closing:write"})


@frozen
class Principal:
    """An authenticated caller within one tenant.

    ``user_id`` is who acts. Where that is no person of the company (an API key, an operator of the
    platform), ``on_behalf_of`` is the user who answers for it. ``standing`` is that of the company
    when the access was looked up, ``locale`` the language that the user prefers.
    """

    tenant_id: Id
    user_id: Id
    session_id: Id = NO_ID
    role: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    request_id: str = ""
    address: str = ""
    on_behalf_of: Id = NO_ID
    standing: Standing = Standing.ACTIVE
    locale: str | None = None

    def require(self, permission: str) -> None:
        """Pass when the caller holds ``permission``, and his company lets it be used now.

        Raises:
            PermissionMissing: it does not.
            TenantSuspended, TenantClosing: the company takes no changes.
        """
        if permission not in self.permissions:
            raise PermissionMissing(permission=permission)
        if self.standing is not Standing.ACTIVE and changes(permission):
            raise HELD[self.standing]


def changes(permission: str) -> bool:
    """Whether a permission is one that a suspended company cannot use."""
    return permission.endswith(":write") and permission not in STILL_ALLOWED
