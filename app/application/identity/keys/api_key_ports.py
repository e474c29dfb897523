"""What API keys load and save, and how they are looked up when they call."""

from datetime import datetime
from typing import Protocol

from app.application.shared.access import Principal
from app.application.shared.kinds import Finder, Kind, Lock
from app.application.shared.reading import Listing
from app.domain.identity.companies.tenant import Standing
from app.domain.identity.keys.api_key import ApiKey, ApiKeyUse
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

API_KEYS: Kind[ApiKey] = Kind("api_keys", key=lambda each: (each.id,), lock=Lock.UPDATE)
API_KEY_USES: Kind[ApiKeyUse] = Kind("api_key_uses", key=lambda each: (each.api_key_id,))
API_KEYS_IN_USE: Finder[ApiKey] = Finder(
    "api_keys_in_use", API_KEYS, lambda each: () if each.revoked_at is None else None
)
API_KEY_LIST = Listing("api_keys", sorts=("id",), filters=("active",))


@frozen
class KeyAccess:
    """What a key may do now: all that can change behind it.

    ``held`` is what the member who answers for it may do himself, None when he may not work for
    the company.
    """

    key_id: Id
    tenant_id: Id
    made_by: Id
    held: frozenset[str] | None
    test: bool
    scopes: frozenset[str]
    addresses: tuple[str, ...]
    secret_hash: bytes
    previous_hash: bytes | None
    previous_until: datetime | None
    expires_at: datetime
    revoked: bool
    standing: Standing = Standing.ACTIVE


class KeyDirectory(Protocol):
    """Reads a key before its caller is known; a single statement within the company it names."""

    async def access(self, tenant_id: Id, key_id: Id) -> KeyAccess | None:
        """What the key may do, revoked or not; None when the company has no such key."""
        ...


class KeyUses(Protocol):
    """Writes down that keys are used, behind the requests that use them."""

    def note(self, principal: Principal, address: str) -> None:
        """A key called from ``address``; returns at once."""
        ...

    async def close(self) -> None:
        """Write down what is left."""
        ...


class KeyVerifier(Protocol):
    """Knows the callers behind API keys."""

    async def verify(self, token: str, address: str) -> Principal:
        """The key that calls from ``address``.

        Raises:
            Unauthenticated: it proves nothing.
            ApiKeyOver: it did once.
            AddressRefused: it does, from elsewhere.
        """
        ...

    def known(self, token: str, address: str) -> Principal | None:
        """The key that was verified a moment ago, without looking anything up."""
        ...

    def forget(self, tenant_id: Id, key_id: Id) -> None:
        """Look this key up anew at its next request, because it changed."""
        ...

    def forget_maker(self, tenant_id: Id, user_id: Id) -> None:
        """Look up anew the keys that a member answers for, because his place changed."""
        ...

    def forget_company(self, tenant_id: Id) -> None:
        """Look up anew the keys of a company, because a role of its own changed."""
        ...

    async def close(self) -> None:
        """End what goes on in the background."""
        ...
