"""Memberships: which user works for which company, and as what."""

from collections.abc import Iterable

from app.domain.identity.members.errors import BeyondOwnPermissions, LastOwner
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

OWNER = "owner"  # the role that may do everything


@frozen
class Membership:
    """A user's place in a company; ``role`` names a set of permissions.

    One that is not ``active`` keeps its role for the day it is switched on again.
    """

    tenant_id: Id
    user_id: Id
    role: str
    """What the member is in the company."""
    active: bool
    """Whether the member may work for the company."""
    version: int
    """Counts the changes; the ETag states it."""

    @property
    def owns(self) -> bool:
        """Whether the member may do everything, now."""
        return self.active and self.role == OWNER


def check_change(
    before: Membership,
    after: Membership,
    *,
    held: frozenset[str],
    granted: Iterable[frozenset[str]],
    owners: Iterable[Membership],
) -> None:
    """Let a change of a member pass.

    ``held`` is what the caller may do, ``granted`` what the member may do before and after, and
    ``owners`` those who own the company now.

    Raises:
        BeyondOwnPermissions: the member may do more than the caller, before or after.
        LastOwner: nobody else owns the company.
    """
    if any(not each <= held for each in granted):
        raise BeyondOwnPermissions
    if before.owns and not after.owns and all(each.user_id == before.user_id for each in owners):
        raise LastOwner
