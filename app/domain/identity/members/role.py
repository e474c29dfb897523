"""Roles that a company makes for itself: a name for a set of permissions."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from app.domain.identity.ids import RoleId, TenantId
from app.domain.identity.members.errors import BeyondOwnPermissions
from app.domain.shared.errors import DomainError, Fault, InvalidValue, Kind
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import checked_name

OWN_ROLES_MAX: Final = 100  # of one company; they are read and locked together
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)


class RoleBuiltIn(DomainError):
    """A role that every company has stays as it is."""

    code = "roles.built_in"
    kind = Kind.CONFLICT


class RoleInUse(DomainError):
    """Members who may work have the role; it is taken out of use once none of them does."""

    code = "roles.in_use"
    kind = Kind.CONFLICT


class RoleInactive(DomainError):
    """The role is out of use, so nobody is given it."""

    code = "roles.inactive"
    kind = Kind.CONFLICT


class TooManyRoles(DomainError):
    """A company has at most ``maximum`` roles of its own."""

    code = "roles.too_many"
    kind = Kind.CONFLICT


@frozen
class Role:
    """A role of a company's own; ``permissions`` are in the order of their names.

    Its code is lower-case and stays: members and invitations name the role by it.

    Raises:
        InvalidValue: the code is not 1 to 32 of a-z, 0-9, dash and underscore, starting with a
            letter or digit.
    """

    tenant_id: TenantId
    id: RoleId
    code: str
    """The code; unique within the company."""
    name: str
    """What the role is called."""
    permissions: tuple[str, ...]
    active: bool
    """Whether members may be given the role."""
    version: int
    """Counts the changes; the ETag states it."""

    def __post_init__(self) -> None:
        if _CODE.fullmatch(self.code) is None:
            rule: dict[str, str | int] = {"maximum": 32, "characters": "_ -"}
            raise InvalidValue(faults=[Fault("/code", "validation.code", rule)])

    @classmethod
    def new(
        cls, tenant_id: Id, id_: Id, code: str, name: str, permissions: Iterable[str]
    ) -> "Role":
        """A new role in use; its code is put in lower case.

        Raises:
            InvalidValue: the code or the name does not have the right form.
        """
        # Lower-casing other letters can make ASCII of them (the Kelvin sign becomes "k").
        shown = code.lower() if code.isascii() else code
        held = tuple(sorted(set(permissions)))
        return cls(tenant_id, id_, shown, checked_name(name), held, active=True, version=1)

    @property
    def held(self) -> frozenset[str]:
        """What a member with this role may do."""
        return frozenset(self.permissions)

    def changed(self, name: str | None = None, permissions: Iterable[str] | None = None) -> "Role":
        """The role with another name or another set, where stated.

        Raises:
            InvalidValue: the name is empty, too long, or has control characters.
        """
        return replace(
            self,
            name=self.name if name is None else checked_name(name),
            permissions=(
                self.permissions if permissions is None else tuple(sorted(set(permissions)))
            ),
        )

    def switched(self, *, active: bool, in_use: bool) -> "Role":
        """The role put into use or out of it; ``in_use`` tells whether a member works in it.

        Raises:
            RoleInUse: it cannot go out of use yet.
        """
        if in_use and not active:
            raise RoleInUse
        return replace(self, active=active)

    def check_active(self, pointer: str) -> None:
        """Let somebody be given this role; ``pointer`` is where the request names it.

        Raises:
            RoleInactive: it is out of use.
        """
        if not self.active:
            raise RoleInactive.at(pointer)


def check_within(held: frozenset[str], *granted: frozenset[str]) -> None:
    """Let somebody who holds ``held`` make, change or give roles of these sets.

    Raises:
        BeyondOwnPermissions: one of them may do more.
    """
    if not all(each <= held for each in granted):
        raise BeyondOwnPermissions
