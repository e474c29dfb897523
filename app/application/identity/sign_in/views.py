"""Signing in as clients see it: tokens, sessions, who is calling."""

from typing_extensions import TypedDict

from app.application.identity.directory.reading import view_of
from app.application.identity.keys.views import CallingKeyView
from app.domain.identity.sign_in.session import Session
from app.domain.identity.sign_in.user import User


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


def company(company: str) -> str:
    """The name of the company that the session is for."""
    return company


SESSION_VIEW = view_of(
    Session,
    "SessionView",
    ("id", "device", "address", "created_at", "last_used_at", "expires_at"),
    computed=(company,),
)
PREFERENCES_VIEW = view_of(
    User,
    "PreferencesView",
    ("locale", "time_zone", "version"),
)
