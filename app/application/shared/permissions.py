"""Every permission, and the roles that every company has.

A permission is ``<resource>:read`` or ``<resource>:write``; each route and each command names the
one it needs, and a role is nothing but a set of them. A role that a company makes for itself is
another such set, so it needs no code. Resources are declared by the contexts, with the roles that
use them; ``app.application.contexts`` gathers them.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from app.domain.identity.members.membership import OWNER
from app.domain.shared.frozen import frozen

PUBLIC: Final = "public"  # of commands that run before anybody is known; no role holds it

# What every role holds, whatever else it may do: everybody may look at the own sign-in and end it.
ALWAYS: Final = frozenset({"profile:read", "profile:write"})

# Of operators of the platform, who work for no company; no role of a company holds them.
PLATFORM_PERMISSIONS: Final = frozenset({"platform:read", "platform:write"})

# The roles that every company has, beside that of its owners, who may do everything.
BUILT_IN_ROLES: Final[Mapping[str, str]] = {
    "manager": "Runs the company day by day, without its settings and without closing months.",
    "accountant": "Keeps the books.",
    "buyer": "Orders and takes in what suppliers bring.",
    "cashier": "Sells and takes back at the counter.",
    "warehouse": "Moves and counts goods.",
    "viewer": "Looks, but not at what goods cost, and changes nothing.",
}


@frozen
class Access:
    """The roles that read and those that write a resource, separated by blanks.

    A role that writes also reads. The owner of a company does both everywhere.
    """

    write: str = ""
    read: str = ""


@frozen
class Resource:
    """Something that has permissions: a noun, what goods cost, the reports."""

    name: str
    access: Access


_declared: Final[dict[str, Access]] = {}


def declare_resources(resources: Iterable[Resource]) -> None:
    """Make these resources known. Several nouns may share one, with the same access.

    Raises:
        TypeError: a resource is declared with two accesses, or a role is none.
    """
    for each in resources:
        if _declared.setdefault(each.name, each.access) != each.access:
            raise TypeError(f"{each.name} is declared with two accesses: state one")
        unknown = {*each.access.write.split(), *each.access.read.split()} - BUILT_IN_ROLES.keys()
        if unknown:
            raise TypeError(f"{each.name}: there is no role {', '.join(sorted(unknown))}")


@cache
def every_permission() -> frozenset[str]:
    """The permissions that a company can give.

    Raises:
        RuntimeError: the contexts have not been gathered yet.
    """
    if not _declared:
        raise RuntimeError("import app.application.contexts first: it gathers the resources")
    return frozenset(f"{name}:{access}" for name in _declared for access in ("read", "write"))


@cache
def built_in_roles() -> Mapping[str, frozenset[str]]:
    """What each role that every company has may do, by its code."""
    roles: dict[str, frozenset[str]] = {OWNER: every_permission()}
    for role in BUILT_IN_ROLES:
        held = set(ALWAYS)
        for name, access in _declared.items():
            writes = role in access.write.split()
            held |= {f"{name}:write"} if writes else set()
            held |= {f"{name}:read"} if writes or role in access.read.split() else set()
        roles[role] = frozenset(held)
    return roles


def permissions_of(role: str) -> frozenset[str]:
    """What a role may do; a role that is not known may do nothing."""
    return built_in_roles().get(role, frozenset())


def known(permissions: Iterable[str]) -> frozenset[str]:
    """Those of a stored set that this release knows: what it does not know, it cannot guard."""
    return every_permission().intersection(permissions)
