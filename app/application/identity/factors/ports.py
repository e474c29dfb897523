"""What second factors ask of codes and security keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

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
