"""Identity as clients see it."""

from datetime import datetime

from typing_extensions import TypedDict

from app.application.shared.wording import instant
from app.domain.shared.ids import show


class Registered(TypedDict):
    """The answer to every registration, of a new or of a known address."""

    status: str


class TokensView(TypedDict):
    """An access token for requests, and a refresh token that is good for one exchange."""

    access_token: str
    token_type: str
    expires_in_seconds: int
    refresh_token: str
    refresh_expires_in_seconds: int


class SessionView(TypedDict):
    """A sign-in that still carries requests. ``device`` is what the client said it is."""

    id: str
    company: str
    device: str
    address: str
    created_at: str
    last_used_at: str
    expires_at: str


def session_view(
    id_: bytes,
    company: str,
    device: str,
    address: str,
    created_at: datetime,
    last_used_at: datetime,
    expires_at: datetime,
) -> SessionView:
    """The view of a session."""
    return {
        "id": show("ses", id_),
        "company": company,
        "device": device,
        "address": address,
        "created_at": instant(created_at),
        "last_used_at": instant(last_used_at),
        "expires_at": instant(expires_at),
    }


class MeView(TypedDict):
    """The caller, his company, and what he may do there."""

    user_id: str
    session_id: str
    email: str
    display_name: str
    tenant_id: str
    company: str
    role: str
    permissions: list[str]


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
