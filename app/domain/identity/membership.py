"""Memberships: which user works for which company, and as what."""

from dataclasses import dataclass

from app.domain.shared.ids import Id


@dataclass(frozen=True, slots=True)
class Membership:
    """A user's place in a company; ``role`` names a set of permissions."""

    tenant_id: Id
    user_id: Id
    role: str
    version: int
