"""Keys as clients see them; an API key itself is shown once, when it is made or rotated."""

from datetime import datetime
from typing import Any, Literal

from typing_extensions import TypedDict

from app.application.identity.directory.reading import view_of
from app.application.shared.wording import instant
from app.domain.identity.keys.api_key import ApiKey, ApiKeyUse
from app.domain.shared.ids import show

KeyMode = Literal["live", "test"]


class CallingKeyView(TypedDict):
    """The key that is calling."""

    id: str
    """The id of the key."""
    name: str
    """What the key is called."""
    mode: KeyMode
    """`live`, or `test`: it reads as any other, and all that it changes is only tried."""
    expires_at: str
    """When the key ends."""


def allowed_addresses(addresses: tuple[str, ...]) -> list[str]:
    """The networks that the key may be used from; none means from anywhere."""
    return list(addresses)


def last_used_at(last_used_at: datetime | None) -> datetime | None:
    """When the key was last used, to the minute."""
    return last_used_at


def last_used_address(address: str | None) -> str | None:
    """Where the key was last used from."""
    return address


def key(key: str) -> str:
    """The key itself, which is shown this once."""
    return key


def mode(test: bool) -> KeyMode:
    """`live`, or `test`: it reads as any other, and all that it changes is only tried."""
    return "test" if test else "live"


def active(revoked_at: datetime | None) -> bool:
    """Whether the key is not revoked."""
    return revoked_at is None


_API_KEY = (
    "id name permissions made_by_id created_at rotated_at previous_expires_at expires_at "
    "revoked_at version"
).split()
_COMPUTED = (mode, active, allowed_addresses, last_used_at, last_used_address)
API_KEY_VIEW = view_of(ApiKey, "ApiKeyView", _API_KEY, computed=_COMPUTED)
NEW_API_KEY_VIEW = view_of(ApiKey, "NewApiKeyView", _API_KEY, computed=(*_COMPUTED, key))


def shown_key(key: ApiKey, use: ApiKeyUse | None = None) -> dict[str, Any]:
    """The view of a key that was loaded."""
    if use is None:
        return API_KEY_VIEW.show(key, last_used_at=None, address=None)
    return API_KEY_VIEW.show(key, last_used_at=use.last_used_at, address=use.address)


def calling_key(key: ApiKey) -> CallingKeyView:
    """The view of the key that is calling."""
    return {
        "id": show("key", key.id),
        "name": key.name,
        "mode": mode(key.test),
        "expires_at": instant(key.expires_at),
    }


class JwkView(TypedDict):
    """A public key (RFC 7517, RFC 8037)."""

    kty: str
    """The type of the key."""
    crv: str
    """The curve: Ed25519."""
    x: str
    """The public key, base64url."""
    kid: str
    """The id of the key."""
    use: str
    """What the key is for: signatures."""
    alg: str
    """The algorithm: EdDSA."""


class JwksView(TypedDict):
    """The public keys behind access tokens."""

    keys: list[JwkView]
    """The keys."""
