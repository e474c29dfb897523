"""Signing keys: the key pairs behind access tokens."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from app.domain.shared.frozen import frozen


class KeyState(StrEnum):
    """What a key is good for."""

    ACTIVE = "active"  # signs and verifies; the newest one signs
    RETIRED = "retired"  # verifies what it signed, until that has expired


@frozen
class SigningKey:
    """An Ed25519 key pair. The private half is sealed; ``public_key`` is its 32 raw bytes."""

    kid: str
    sealed_private_key: bytes
    public_key: bytes
    created_at: datetime
    retired_at: datetime | None
    state: KeyState

    @classmethod
    def new(
        cls, kid: str, sealed_private_key: bytes, public_key: bytes, at: datetime
    ) -> "SigningKey":
        """A new key that signs from now on."""
        return cls(kid, sealed_private_key, public_key, at, None, KeyState.ACTIVE)

    def retired(self, at: datetime) -> "SigningKey":
        """The key signing no more."""
        if self.state is KeyState.RETIRED:
            return self
        return replace(self, state=KeyState.RETIRED, retired_at=at)
