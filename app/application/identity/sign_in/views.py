"""Signing in as clients see it: tokens, sessions, who is calling."""

from datetime import datetime

from typing_extensions import TypedDict

from app.application.identity.keys.views import CallingKeyView
from app.application.shared.wording import instant
from app.domain.shared.ids import show


class Registered(TypedDict):
    """The answer to every registration, of a new or of a known address."""

    status: str


class ResetRequested(TypedDict):
    """The answer to every request for a reset, of a known or of an unknown address."""

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
    """The caller, the company, and what the caller may do there.

    An API key has no session; ``user_id`` is then who answers for it.
    """

    user_id: str
    session_id: str | None
    email: str
    display_name: str
    tenant_id: str
    company: str
    role: str
    permissions: list[str]
    api_key: CallingKeyView | None
    locale: str | None
    time_zone: str | None
