"""Security keys (WebAuthn): key pairs whose private half never leaves a device of the user."""

from dataclasses import replace
from datetime import datetime

from app.domain.identity.ids import SecurityKeyId, UserId
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import checked_name

KEYS_MAX = 20


@frozen
class SecurityKey:
    """A registered key. ``public_key`` is in COSE form, ``sign_count`` the key's own count of uses.

    One that was removed stays as a row, and proves nothing.
    """

    id: SecurityKeyId
    user_id: UserId
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    """What its owner calls it."""
    created_at: datetime
    """When it was made."""
    last_used_at: datetime | None = None
    """When it was last used; null when it never was."""
    removed_at: datetime | None = None
    version: int = 1
    """Counts the changes; the ETag states it."""

    @classmethod
    def new(
        cls,
        id_: Id,
        user_id: Id,
        credential: tuple[bytes, bytes, int],
        name: str,
        at: datetime,
    ) -> "SecurityKey":
        """A new key; ``credential`` is its id, its public half and its count.

        Raises:
            InvalidValue: the name does not have its form.
        """
        credential_id, public_key, sign_count = credential
        return cls(
            id=id_,
            user_id=user_id,
            credential_id=credential_id,
            public_key=public_key,
            sign_count=sign_count,
            name=checked_name(name),
            created_at=at,
        )

    def renamed(self, name: str) -> "SecurityKey":
        """Under another name.

        Raises:
            InvalidValue: the name does not have its form.
        """
        return replace(self, name=checked_name(name))

    def used(self, sign_count: int, at: datetime) -> "SecurityKey | None":
        """After a signature; None where the count did not grow, so that a copy of the key signed.

        A key that does not count says 0 each time.
        """
        if sign_count <= self.sign_count and (sign_count, self.sign_count) != (0, 0):
            return None
        return replace(self, sign_count=sign_count, last_used_at=at)

    def removed(self, at: datetime) -> "SecurityKey":
        """Taken away."""
        return replace(self, removed_at=at)
