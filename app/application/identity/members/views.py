"""Members, their sessions, invitations and roles as clients see them."""

from functools import cache
from typing import Any

from typing_extensions import TypedDict

from app.application.identity.directory.reading import view_of
from app.application.shared.permissions import built_in_roles, known, permissions_of
from app.domain.identity.ids import UserId
from app.domain.identity.members.invitation import Invitation
from app.domain.identity.members.membership import Membership
from app.domain.identity.members.role import Role
from app.domain.identity.sign_in.session import Session
from app.domain.shared.ids import NO_ID, Id


def id(user_id: Id) -> UserId:  # noqa: A001 - the name of the member
    """The user who is the member."""
    return user_id


def email(email: str) -> str:
    """The e-mail address of the user."""
    return email


def display_name(display_name: str) -> str:
    """The name of the user."""
    return display_name


MEMBER_VIEW = view_of(
    Membership,
    "MemberView",
    ("role", "active", "version"),
    computed=(id, email, display_name),
)
MEMBER_SESSION_VIEW = view_of(
    Session,
    "MemberSessionView",
    ("id", "user_id", "device", "address", "created_at", "last_used_at", "expires_at"),
    computed=(email,),
)


class EndedSessionsView(TypedDict):
    """How many sessions were ended."""

    ended: int
    """How many sessions were ended."""


def token(token: str) -> str:
    """The token of the invitation, which is shown this once."""
    return token


_INVITATION = ("id", "email", "role", "created_at", "expires_at")
INVITATION_VIEW = view_of(Invitation, "InvitationView", _INVITATION)
NEW_INVITATION_VIEW = view_of(
    Invitation,
    "NewInvitationView",
    _INVITATION,
    computed=(token,),
)


def permissions(permissions: tuple[str, ...]) -> list[str]:
    """What the role may do, as far as this release knows it."""
    return sorted(known(permissions))


def built_in() -> bool:
    """Whether every company has the role."""
    return False


ROLE_VIEW = view_of(
    Role,
    "RoleView",
    ("id", "code", "name", "active", "version"),
    computed=(permissions, built_in),
)


@cache
def built_in_views() -> dict[Id, dict[str, Any]]:
    """The roles that every company has, by their ids; they are code, not rows."""
    return dict(_built_in(code) for code in built_in_roles())


def _built_in(code: str) -> tuple[Id, dict[str, Any]]:
    # An id of the beginning of time, which no ULID has: the code itself.
    id_ = Id(code.encode().rjust(16, b"\0"))
    held = tuple(permissions_of(code))
    role = Role(NO_ID, id_, code, code.capitalize(), held, active=True, version=1)
    return id_, {**ROLE_VIEW.show(role), "built_in": True}
