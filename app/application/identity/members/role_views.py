"""Roles as clients see them: those that every company has, and its own."""

from collections.abc import Iterable
from typing import Final

from typing_extensions import TypedDict

from app.application.shared.permissions import ROLES, known
from app.domain.shared.ids import Id, show


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


def _built_in(code: str) -> tuple[Id, RoleView]:
    # An id of the beginning of time, which no ULID has: the code itself.
    id_ = Id(code.encode().rjust(16, b"\0"))
    view = role_view(id_, code, code.capitalize(), ROLES[code], active=True, version=1)
    return id_, {**view, "built_in": True}


# The roles that every company has, by their ids; they are code, not rows.
BUILT_IN: Final[dict[Id, RoleView]] = dict(_built_in(code) for code in ROLES)
