"""Memberships: which user works for which company, and as what."""

from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class Membership:
    """A user's place in a company; ``role`` names a set of permissions."""

    tenant_id: Id
    user_id: Id
    role: str
    version: int
