"""Identity as clients see it."""

from datetime import datetime

from typing_extensions import TypedDict

from app.application.identity.keys.api_key_views import CallingKeyView
from app.application.shared.wording import instant
from app.domain.identity.companies.tenant import standing_of
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


class MemberSessionView(TypedDict):
    """A sign-in of a member that still carries requests."""

    id: str
    user_id: str
    email: str
    device: str
    address: str
    created_at: str
    last_used_at: str
    expires_at: str


def member_session_view(
    id_: bytes,
    user_id: bytes,
    email: str,
    device: str,
    address: str,
    created_at: datetime,
    last_used_at: datetime,
    expires_at: datetime,
) -> MemberSessionView:
    """The view of a session of a member."""
    return {
        "id": show("ses", id_),
        "user_id": show("usr", user_id),
        "email": email,
        "device": device,
        "address": address,
        "created_at": instant(created_at),
        "last_used_at": instant(last_used_at),
        "expires_at": instant(expires_at),
    }


class MemberView(TypedDict):
    """Somebody who works for the company; ``id`` is that of the user."""

    id: str
    email: str
    display_name: str
    role: str
    active: bool
    version: int


def member_view(
    id_: bytes, email: str, display_name: str, role: str, active: bool, version: int
) -> MemberView:
    """The view of a member."""
    return {
        "id": show("usr", id_),
        "email": email,
        "display_name": display_name,
        "role": role,
        "active": active,
        "version": version,
    }


class InvitationView(TypedDict):
    """An open invitation."""

    id: str
    email: str
    role: str
    created_at: str
    expires_at: str


class NewInvitationView(InvitationView):
    """An invitation that was made just now, with its token, which is shown this once."""

    token: str


def invitation_view(
    id_: bytes, email: str, role: str, created_at: datetime, expires_at: datetime
) -> InvitationView:
    """The view of an invitation."""
    return {
        "id": show("inv", id_),
        "email": email,
        "role": role,
        "created_at": instant(created_at),
        "expires_at": instant(expires_at),
    }


class OwnCompanyView(TypedDict):
    """A company that the caller works for."""

    id: str
    name: str
    role: str
    standing: str
    delete_at: str | None


def own_company_view(
    id_: bytes, name: str, role: str, state: str, delete_at: datetime | None
) -> OwnCompanyView:
    """The view of a company that the caller works for."""
    return {
        "id": show("tnt", id_),
        "name": name,
        "role": role,
        "standing": standing_of(state, delete_at),
        "delete_at": None if delete_at is None else instant(delete_at),
    }


class EndedSessions(TypedDict):
    """How many sessions were ended."""

    ended: int


class MeView(TypedDict):
    """The caller, his company, and what he may do there.

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
