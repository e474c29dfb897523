"""Roles of a company's own: make, change, take out of use.

Nobody makes or changes a role that may do more than they may, before or after. A change counts for
everybody who has the role as soon as their access is read again, and ends no session: permissions
are looked up at each request, and the sign-in is as good as before.
"""

from typing import Any

from app.application.identity.directory.granting import caller_needs, held_now, own_role
from app.application.identity.directory.kinds import COMPANY_ROLES, ROLES_OF
from app.application.identity.members.kinds import ACTIVE_IN_ROLE
from app.application.identity.members.views import ROLE_VIEW, built_in_views
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.masters import Create, Edit, created, edited
from app.application.shared.nouns import Access, Noun
from app.application.shared.permissions import ALWAYS, built_in_roles
from app.application.shared.work import Work
from app.domain.identity.members.membership import OWNER
from app.domain.identity.members.role import (
    OWN_ROLES_MAX,
    Role,
    RoleBuiltIn,
    TooManyRoles,
    check_within,
)
from app.domain.shared.errors import Duplicate, NotFound, StaleVersion

ROLE = Noun(
    "role",
    COMPANY_ROLES,
    ROLE_VIEW,
    "/roles",
    "Roles: what members may do.",
    Access(read="manager"),
    resource="roles",
)
_PERMISSION = "roles:write"


def _needs(_: Any, principal: Principal) -> Needs:
    return caller_needs(principal)


def _create_needs(create: Create, principal: Principal) -> Needs:
    needs = _needs(create, principal)
    return needs if create.id is None else needs.one(COMPANY_ROLES, principal.tenant_id, create.id)


def _create(create: Create, work: Work) -> Done:
    tenant_id = work.principal.tenant_id
    role = _with_always(Role.new(tenant_id, create.id or work.new_id(), **create.members))
    check_within(held_now(work), role.held)
    own = own_role(work, role.code)
    taken = own is not None and own.id != role.id
    if taken or role.id in built_in_views() or role.code in built_in_roles():
        raise Duplicate.at("/code")
    if own is None and len(work.search(ROLES_OF, tenant_id)) >= OWN_ROLES_MAX:
        raise TooManyRoles(maximum=OWN_ROLES_MAX)
    return created(work, ROLE, role)


def _to_edit(edit: Edit, work: Work) -> Role:
    """The role to be changed, by somebody who may do all that it may."""
    if edit.id in built_in_views():
        raise RoleBuiltIn
    roles = work.search(ROLES_OF, work.principal.tenant_id)
    found = next((each for each in roles if each.id == edit.id), None)
    if found is None:
        raise NotFound
    check_within(held_now(work), found.held)
    if found.version != edit.expected_version:
        raise StaleVersion
    return found


def _edit(edit: Edit, work: Work) -> Done:
    before = _to_edit(edit, work)
    after = _with_always(before.changed(**edit.members))
    check_within(held_now(work), after.held)
    return edited(work, ROLE, before, after)


def _with_always(role: Role) -> Role:
    return role.changed(permissions={*role.permissions, *ALWAYS})


def _switch_needs(edit: Edit, principal: Principal) -> Needs:
    # The owners are locked first, as by a change of a member, which may give this role to somebody.
    return _needs(edit, principal).search(ACTIVE_IN_ROLE, principal.tenant_id, OWNER)


def _switch(edit: Edit, work: Work) -> Done:
    before = _to_edit(edit, work)
    # Asked for once the role is locked, so it sees a member who was given the role a moment ago.
    members = work.search(ACTIVE_IN_ROLE, work.principal.tenant_id, before.code)
    return edited(work, ROLE, before, before.switched(**edit.members, in_use=bool(members)))


CREATE_ROLE = Command("roles.create", _PERMISSION, _create_needs, _create)
EDIT_ROLE = Command("roles.edit", _PERMISSION, _needs, _edit)
ACTIVATE_ROLE = Command("roles.activate", _PERMISSION, _switch_needs, _switch)
DEACTIVATE_ROLE = Command("roles.deactivate", _PERMISSION, _switch_needs, _switch)
