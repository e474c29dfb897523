"""/roles: what members may do, in sets with a name; a company adds its own to the usual ones."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AfterValidator, Field, StringConstraints
from starlette.responses import Response

import app.application.contexts  # noqa: F401 - gathers the permissions
from app.api.answers import IdPath, answers, listed, members_of
from app.api.deps import Caller, CommandCaller, Http
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.schemas import schema_of
from app.api.v1.identity.fields import CHANGED
from app.api.v1.identity.services import KnownCallers
from app.api.wire import ABSENT, Schema, reference, text
from app.application.identity.directory.kinds import COMPANY_ROLES
from app.application.identity.directory.ports import Callers
from app.application.identity.members.kinds import ROLE_LIST
from app.application.identity.members.roles import (
    ACTIVATE_ROLE,
    CREATE_ROLE,
    DEACTIVATE_ROLE,
    EDIT_ROLE,
    ROLE,
)
from app.application.identity.members.views import ROLE_VIEW, built_in_views
from app.application.shared.commands import Command
from app.application.shared.masters import Create, Edit
from app.application.shared.permissions import every_permission
from app.domain.identity.members.errors import BeyondOwnPermissions
from app.domain.identity.members.role import RoleBuiltIn, RoleInUse, TooManyRoles
from app.domain.shared.errors import ConcurrentChange, Duplicate, IdTaken, NotFound

router = v1_router("/roles", tags=["roles"])

READ, WRITE = permission("roles:read"), permission("roles:write", step_up=True)
ROLE_CHANGED = (*CHANGED, RoleBuiltIn, BeyondOwnPermissions)

RoleId: Any = reference("rol")
RoleCode: Any = text(32)
RoleName: Any = text(200)
Permission: Any = Literal[tuple(sorted(every_permission()))]
Permissions = Annotated[list[Permission], Field(max_length=len(every_permission()))]
# How members and invitations name a role: a code, without regard to case.
RoleText = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$", max_length=32),
    AfterValidator(str.lower),
]


class RoleIn(Schema):
    """A new role. Its code is put in lower case, and stays."""

    id: RoleId | None = None
    """The id. A client may make it: repeating the request answers what exists."""
    code: RoleCode
    """The code; unique within the company."""
    name: RoleName
    """What the role is called."""
    permissions: Permissions
    """What members with the role may do; only what the caller may do too."""


class RolePatch(Schema):
    """What may change of a role; ``permissions`` are the whole set."""

    name: RoleName = ABSENT
    """What the role is called."""
    permissions: Permissions = ABSENT
    """What members with the role may do: the whole set."""


@router.post(
    "",
    summary="Create a role",
    openapi_extra=WRITE,
    responses=answers(
        schema_of(ROLE_VIEW),
        201,
        IdTaken,
        Duplicate,
        TooManyRoles,
        BeyondOwnPermissions,
        ConcurrentChange,
        body=True,
    ),
)
async def create(http: CommandCaller, body: RoleIn) -> Response:
    """Name a set of permissions. It may hold nothing that the caller does not hold.

    Looking at one's own sign-in and ending it belong to every role.
    """
    return await http.run(CREATE_ROLE, Create(body.id, members_of(body, given_only=False)))


@router.get(
    "", summary="List roles", openapi_extra=READ, responses=listed(schema_of(ROLE_VIEW), ROLE_LIST)
)
async def list_roles(
    http: Caller,
    page: PageQuery,
    active: Annotated[bool | None, Query()] = None,
    built_in: Annotated[
        bool | None, Query(description="Only the roles of every company, or only its own.")
    ] = None,
) -> Response:
    """The roles that every company has, and its own, in the order of their codes."""
    return await http.list(ROLE_LIST, page, active=active, built_in=built_in)


@router.get(
    "/{id}",
    summary="Show a role",
    openapi_extra=READ,
    responses=answers(schema_of(ROLE_VIEW), 200, NotFound),
)
async def show(http: Caller, id: IdPath) -> Response:  # noqa: A002
    """One role, or 304 when the caller has its present version."""
    role_id = http.id_of("rol", id)
    if role_id in built_in_views():
        return http.versioned(built_in_views()[role_id])
    return await http.object(COMPANY_ROLES, (http.principal.tenant_id, role_id), ROLE.show)


@router.patch(
    "/{id}",
    summary="Change a role",
    openapi_extra=WRITE,
    responses=answers(schema_of(ROLE_VIEW), 200, *ROLE_CHANGED, body=True),
)
async def change(
    http: CommandCaller,
    callers: KnownCallers,
    id: IdPath,  # noqa: A002
    body: RolePatch,
) -> Response:
    """Change what a role may do, for all who have it: at once here, within 5 s everywhere."""
    return await _changed(http, callers, EDIT_ROLE, id, members_of(body, given_only=True))


@router.post(
    "/{id}/activate",
    summary="Activate a role",
    openapi_extra=WRITE,
    responses=answers(schema_of(ROLE_VIEW), 200, *ROLE_CHANGED),
)
async def activate(http: CommandCaller, callers: KnownCallers, id: IdPath) -> Response:  # noqa: A002
    """Let members be given the role again."""
    return await _changed(http, callers, ACTIVATE_ROLE, id, {"active": True})


@router.post(
    "/{id}/deactivate",
    summary="Deactivate a role",
    openapi_extra=WRITE,
    responses=answers(schema_of(ROLE_VIEW), 200, *ROLE_CHANGED, RoleInUse),
)
async def deactivate(http: CommandCaller, callers: KnownCallers, id: IdPath) -> Response:  # noqa: A002
    """Take a role that no member works in out of use. Open invitations to it are void."""
    return await _changed(http, callers, DEACTIVATE_ROLE, id, {"active": False})


async def _changed(
    http: Http,
    callers: Callers,
    command: Command[Edit],
    id_text: str,
    members: dict[str, Any],
) -> Response:
    edit = Edit(http.id_of("rol", id_text), http.expected_version(), members)
    answer = await http.run(command, edit)
    callers.forget_company(http.principal.tenant_id)
    return answer
