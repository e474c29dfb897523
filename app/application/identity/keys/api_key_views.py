"""API keys as clients see them; the key itself is shown once, when it is made or rotated."""

from collections.abc import Sequence
from datetime import datetime

from typing_extensions import TypedDict

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
    return api_key_view(
        key.id,
        key.name,
        key.scopes,
        key.addresses,
        key.test,
        key.made_by,
        key.created_at,
        key.rotated_at,
        key.previous_until,
        key.expires_at,
        key.revoked_at,
        key.version,
        None if use is None else use.last_used_at,
        None if use is None else use.address,
    )


def _instant(value: datetime | None) -> str | None:
    return None if value is None else instant(value)
