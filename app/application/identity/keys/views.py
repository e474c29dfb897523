"""Keys as clients see them; an API key itself is shown once, when it is made or rotated."""

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from app.application.identity.directory.reading import view_of
from app.application.shared.wording import instant
from app.domain.identity.keys.api_key import ApiKey, ApiKeyUse
from app.domain.shared.ids import show


class CallingKeyView(TypedDict):
    """The key that is calling."""

    id: str
    name: str
    test: bool
    expires_at: str


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


_API_KEY = (
    "id name scopes test made_by created_at rotated_at previous_until expires_at revoked_at version"
).split()
_COMPUTED = (allowed_addresses, last_used_at, last_used_address)
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
        "test": key.test,
        "expires_at": instant(key.expires_at),
    }


class JwkView(TypedDict):
    """A public key (RFC 7517, RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class JwksView(TypedDict):
    """The public keys behind access tokens."""

    keys: list[JwkView]
