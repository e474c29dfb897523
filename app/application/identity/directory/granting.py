"""What a role may do within a command, and who may hand it out: nobody grants more than they hold.

Decided on what is so now, not when the caller's token was looked up.
"""

from app.application.identity.directory.kinds import MEMBERSHIPS, ROLES_OF
from app.application.shared.access import Principal
from app.application.shared.kinds import Lock, Needs
from app.application.shared.permissions import built_in_roles, known, permissions_of
from app.application.shared.work import Work
from app.domain.identity.members.role import Role
from app.domain.shared.errors import ReferenceNotFound
from app.domain.shared.ids import Id


def roles_needs(tenant_id: Id) -> Needs:
    """What the functions of this module look at, but for the memberships."""
    return Needs().search(ROLES_OF, tenant_id)


def caller_needs(principal: Principal) -> Needs:
    """What ``held_now`` looks at."""
    needs = roles_needs(principal.tenant_id)
    return needs.one(MEMBERSHIPS, principal.tenant_id, principal.user_id, lock=Lock.NONE)


def own_role(work: Work, code: str) -> Role | None:
    """The role of the company's own with this code, None where it has none."""
    roles = work.search(ROLES_OF, work.principal.tenant_id)
    return next((each for each in roles if each.code == code), None)


def permissions_in(work: Work, code: str) -> frozenset[str]:
    """What a role may do; one that is not known may do nothing."""
    own = own_role(work, code)
    return permissions_of(code) if own is None else known(own.permissions)


def held_by(work: Work, user_id: Id) -> frozenset[str]:
    """What a member may do now; a stranger or a member who is switched off may do nothing."""
    member = work.find(MEMBERSHIPS, work.principal.tenant_id, user_id)
    if member is None or not member.active:
        return frozenset()
    return permissions_in(work, member.role)


def held_now(work: Work) -> frozenset[str]:
    """What the caller may hand out: what the role holds now, as far as the token carries it."""
    return held_by(work, work.principal.user_id) & work.principal.permissions


def check_grantable(work: Work, code: str, pointer: str = "/role") -> None:
    """Let a request give a role to somebody; ``pointer`` is where it names it.

    Raises:
        ReferenceNotFound: the company has no such role.
        RoleInactive: it is out of use.
    """
    own = own_role(work, code)
    if own is not None:
        own.check_active(pointer)
    elif code not in built_in_roles():
        raise ReferenceNotFound.at(pointer)
