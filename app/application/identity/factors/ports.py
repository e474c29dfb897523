"""What second factors load and save, and what they ask of codes and security keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from app.application.shared.kinds import Finder, Kind, Lock
from app.application.shared.reading import Listing
from app.domain.identity.factors.challenge import Challenge
from app.domain.identity.factors.second_factor import SecondFactor
from app.domain.identity.factors.security_key import SecurityKey
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class RegisteredKey:
    """What a security key registered: its id, its public half (COSE) and its count of uses."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


class OneTimeCodes(Protocol):
    """Codes by time, from an app (RFC 6238). ``name`` says whose secret it is."""

    def make(self, name: str) -> tuple[str, bytes]:
        """A new secret: as the app takes it, and sealed."""
        ...

    def uri(self, secret: str, account: str) -> str:
        """The secret as a URI that an app reads from a picture (otpauth)."""
        ...

    def step(self, sealed: bytes, code: str, now: datetime, name: str) -> int | None:
        """The step that a code belongs to: the present one or one beside it; None otherwise."""
        ...


class SecurityKeyCeremonies(Protocol):
    """What browsers and security keys say to each other and to the service (WebAuthn)."""

    @property
    def on(self) -> bool:
        """Whether this installation is set up for security keys."""
        ...

    def creation(
        self, user: tuple[Id, str, str], challenge: bytes, known: Sequence[bytes]
    ) -> dict[str, Any]:
        """The options to make a key for a user (id, address, name) who has the ``known`` ones."""
        ...

    def request(self, challenge: bytes, known: Sequence[bytes]) -> dict[str, Any]:
        """The options to sign with one of the ``known`` keys."""
        ...

    def registered(self, credential: str, challenge: bytes) -> RegisteredKey | None:
        """The key that a browser registered; None when its answer proves nothing."""
        ...

    def named(self, credential: str) -> bytes | None:
        """The id of the key that claims to have signed; None when there is none to be read."""
        ...

    def signed(self, credential: str, challenge: bytes, public_key: bytes) -> int | None:
        """The key's count of uses behind a signature; None when it proves nothing."""
        ...


# Of two uses of one code, of one token, of one key, the second sees what the first did.
SECOND_FACTORS: Kind[SecondFactor] = Kind(
    "second_factors", key=lambda each: (each.user_id,), lock=Lock.UPDATE
)
SECURITY_KEYS: Kind[SecurityKey] = Kind(
    "security_keys", key=lambda each: (each.id,), lock=Lock.UPDATE
)
CHALLENGES: Kind[Challenge] = Kind("challenges", key=lambda each: (each.id,), lock=Lock.UPDATE)

SECURITY_KEYS_OF_USER: Finder[SecurityKey] = Finder(
    "security_keys_of_user",
    SECURITY_KEYS,
    lambda key: (key.user_id,) if key.removed_at is None else None,
)
SECURITY_KEY_LIST = Listing("security_keys", sorts=("id",), filters=("user_id",))
