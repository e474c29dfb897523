"""What keys load and save, how API keys are looked up, and what is asked of signing keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from app.application.identity.keys.views import JwkView
from app.application.shared.access import Principal
from app.application.shared.kinds import Finder, Kind, Lock
from app.application.shared.reading import Listing
from app.domain.identity.companies.tenant import CompanyStatus
from app.domain.identity.keys.api_key import ApiKey, ApiKeyUse
from app.domain.identity.keys.signing_key import KeyState, SigningKey
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class KeyAccess:
    """What a key may do now: all that can change behind it.

    ``held`` is what the member who answers for it may do, None for one who may not work for the
    company.
    """

    key_id: Id
    tenant_id: Id
    made_by_id: Id
    held: frozenset[str] | None
    test: bool
    permissions: frozenset[str]
    addresses: tuple[str, ...]
    secret_hash: bytes
    previous_hash: bytes | None
    previous_expires_at: datetime | None
    expires_at: datetime
    revoked: bool
    company_status: CompanyStatus = CompanyStatus.ACTIVE


class KeyDirectory(Protocol):
    """Reads a key before its caller is known; a single statement within the company it names."""

    async def access(self, tenant_id: Id, key_id: Id) -> KeyAccess | None:
        """What the key may do, revoked or not; None when the company has no such key."""
        ...


class KeyUses(Protocol):
    """Records that keys are used, behind the requests that use them."""

    def note(self, principal: Principal, address: str) -> None:
        """A key called from ``address``; returns at once."""
        ...

    async def close(self) -> None:
        """Write down what is left."""
        ...


class SigningKeyStore(Protocol):
    """The signing keys in the database."""

    async def signing_keys(self) -> Sequence[SigningKey]:
        """Every signing key, the newest first."""
        ...


class KeyRing(Protocol):
    """The signing keys of this process, opened."""

    async def load(self) -> bool:
        """Read the keys from the database; whether there is one to sign with."""
        ...

    async def refresh(self) -> None:
        """Read the keys again when that was some time ago."""
        ...

    def make(self) -> tuple[str, bytes, bytes]:
        """A new key pair: its id, the sealed private half, the public half."""
        ...

    def jwks(self) -> list[JwkView]:
        """The public halves of all keys that still verify (RFC 8037)."""
        ...


API_KEYS: Kind[ApiKey] = Kind("api_keys", key=lambda each: (each.id,), lock=Lock.UPDATE)
API_KEY_USES: Kind[ApiKeyUse] = Kind("api_key_uses", key=lambda each: (each.api_key_id,))
API_KEYS_IN_USE: Finder[ApiKey] = Finder(
    "api_keys_in_use", API_KEYS, lambda each: () if each.revoked_at is None else None
)
API_KEY_LIST = Listing("api_keys", sorts=("id",), filters=("active",))

SIGNING_KEYS: Kind[SigningKey] = Kind("signing_keys", key=lambda each: (each.kid,))
ACTIVE_SIGNING_KEYS: Finder[SigningKey] = Finder(
    "active_signing_keys",
    SIGNING_KEYS,
    lambda key: () if key.state is KeyState.ACTIVE else None,
)
