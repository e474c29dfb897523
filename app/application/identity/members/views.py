"""Members, their sessions and invitations as clients see them."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache

from typing_extensions import TypedDict

from app.application.shared.permissions import built_in_roles, known, permissions_of
from app.application.shared.wording import instant
from app.domain.shared.ids import Id, show


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


class EndedSessions(TypedDict):
    """How many sessions were ended."""

    ended: int


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


class RoleView(TypedDict):
    """A role; members and invitations name it by its ``code``."""

    id: str
    code: str
    name: str
    built_in: bool
    permissions: list[str]
    active: bool
    version: int


def role_view(
    id_: bytes, code: str, name: str, permissions: Iterable[str], active: bool, version: int
) -> RoleView:
    """The view of a role of a company's own."""
    return {
        "id": show("rol", id_),
        "code": code,
        "name": name,
        "built_in": False,
        "permissions": sorted(known(permissions)),
        "active": active,
        "version": version,
    }


@cache
def built_in() -> dict[Id, RoleView]:
    """The roles that every company has, by their ids; they are code, not rows."""
    return dict(_built_in(code) for code in built_in_roles())


def _built_in(code: str) -> tuple[Id, RoleView]:
    # An id of the beginning of time, which no ULID has: the code itself.
    id_ = Id(code.encode().rjust(16, b"\0"))
    view = role_view(id_, code, code.capitalize(), permissions_of(code), active=True, version=1)
    return id_, {**view, "built_in": True}
