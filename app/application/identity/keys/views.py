"""Keys as clients see them; an API key itself is shown once, when it is made or rotated."""

from collections.abc import Sequence
from datetime import datetime

from typing_extensions import TypedDict

from app.application.identity.directory.reading import view_of
from app.application.shared.wording import instant
from app.domain.identity.keys.api_key import ApiKey, ApiKeyUse
from app.domain.shared.ids import show


class ApiKeyView(TypedDict):
    """A key without its secret; ``made_by`` answers for what it does."""

    id: str
    name: str
    scopes: list[str]
    allowed_addresses: list[str]
    test: bool
    made_by: str
    created_at: str
    rotated_at: str | None
    previous_until: str | None
    expires_at: str
    revoked_at: str | None
    last_used_at: str | None
    last_used_address: str | None
    version: int


class NewApiKeyView(ApiKeyView):
    """A key whose secret was made just now; it is shown this once."""

    key: str


class CallingKeyView(TypedDict):
    """The key that is calling."""

    id: str
    name: str
    test: bool
    expires_at: str


def api_key_view(
    id_: bytes,
    name: str,
    scopes: Sequence[str],
    addresses: Sequence[str],
    test: bool,
    made_by: bytes,
    created_at: datetime,
    rotated_at: datetime | None,
    previous_until: datetime | None,
    expires_at: datetime,
    revoked_at: datetime | None,
    version: int,
    last_used_at: datetime | None = None,
    address: str | None = None,
) -> ApiKeyView:
    """The view of a key."""
    return {
        "id": show("key", id_),
        "name": name,
        "scopes": list(scopes),
        "allowed_addresses": list(addresses),
        "test": test,
        "made_by": show("usr", made_by),
        "created_at": instant(created_at),
        "rotated_at": _instant(rotated_at),
        "previous_until": _instant(previous_until),
        "expires_at": instant(expires_at),
        "revoked_at": _instant(revoked_at),
        "last_used_at": _instant(last_used_at),
        "last_used_address": address,
        "version": version,
    }


def shown_key(key: ApiKey, use: ApiKeyUse | None = None) -> ApiKeyView:
    """The view of a key that was loaded."""
    return view_of(api_key_view, key) if use is None else view_of(api_key_view, key, use)


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


def _instant(value: datetime | None) -> str | None:
    return None if value is None else instant(value)
