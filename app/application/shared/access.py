"""Who is asking, and what they may do."""

from dataclasses import field

from app.domain.shared.errors import PermissionMissing
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id


@frozen
class Principal:
    """An authenticated caller within one tenant."""

    tenant_id: Id
    user_id: Id
    session_id: Id = NO_ID
    role: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    request_id: str = ""
    address: str = ""

    def require(self, permission: str) -> None:
        """Pass when the caller holds ``permission``.

        Raises:
            PermissionMissing: it does not.
        """
        if permission not in self.permissions:
            raise PermissionMissing(permission=permission)
