"""Signing in as clients see it: tokens, sessions, who is calling."""

from typing_extensions import TypedDict

from app.application.identity.directory.reading import view_of
from app.application.identity.keys.views import CallingKeyView
from app.domain.identity.sign_in.session import Session
from app.domain.identity.sign_in.user import User


class RegistrationView(TypedDict):
    """The answer to every registration, of a new or of a known address."""

    status: str
    """Always `registered`: the answer does not tell whether the address is known."""


class ResetRequestView(TypedDict):
    """The answer to every request for a reset, of a known or of an unknown address."""

    status: str
    """Always `requested`: the answer does not tell whether the address is known."""


class TokensView(TypedDict):
    """An access token for requests, and a refresh token that is good for one exchange."""

    access_token: str
    """Send it as `Authorization: Bearer <access_token>`."""
    token_type: str
    """Always `Bearer`."""
    expires_in_seconds: int
    """How long the access token is valid."""
    refresh_token: str
    """Exchange it once, at /auth/refresh."""
    refresh_expires_in_seconds: int
    """How long the refresh token is valid when it is not used."""


class MeView(TypedDict):
    """The caller, the company, and what the caller may do there.

    An API key has no session; ``user_id`` is then who answers for it.
    """

    user_id: str
    """The user."""
    session_id: str | None
    """The session of this request."""
    email: str
    """The e-mail address."""
    display_name: str
    """The name that others see."""
    company_id: str
    """The company that the session works for."""
    company: str
    """The name of the company."""
    role: str
    """The role of the caller in the company."""
    permissions: list[str]
    """What the caller may do."""
    api_key: CallingKeyView | None
    """The key that is calling; null for people."""
    locale: str | None
    """The language of problems without Accept-Language: `en` or `ar`; null means English."""
    time_zone: str | None
    """The caller's time zone, an IANA name; null if not set."""


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
