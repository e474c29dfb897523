"""Who is asking, and what they may do."""

from dataclasses import field
from typing import Literal

from app.domain.shared.errors import PermissionMissing
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id


@frozen
class Principal:
    """An authenticated caller within one tenant.

    ``user_id`` is who acts. Where that is no person of the company (an API key, an operator of the
    platform), ``on_behalf_of`` is the user who answers for it. ``key_mode`` is empty for people;
    what a ``test`` key does is decided in full and never kept.
    """

    tenant_id: Id
    user_id: Id
    session_id: Id = NO_ID
    role: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    request_id: str = ""
    address: str = ""
    on_behalf_of: Id = NO_ID
    key_mode: Literal["", "live", "test"] = ""

    def require(self, permission: str) -> None:
        """Pass when the caller holds ``permission``.

        Raises:
            PermissionMissing: it does not.
        """
        if permission not in self.permissions:
            raise PermissionMissing(permission=permission)
