"""/members: who works for the company, and as what."""

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from app.api.answers import IdPath, answers, listed, members_of
from app.api.deps import Caller, CommandCaller, Http
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.schemas import schema_of
from app.api.v1.identity.fields import CHANGED
from app.api.v1.identity.members.roles import RoleText
from app.api.v1.identity.services import KnownCallers
from app.api.v1.identity.sign_in.recovery import Recovery
from app.api.wire import ABSENT, Schema, UserId
from app.application.identity.directory.ports import Callers
from app.application.identity.members.kinds import MEMBER_LIST, MEMBER_SESSION_LIST
from app.application.identity.members.members import (
    ACTIVATE_MEMBER,
    DEACTIVATE_MEMBER,
    EDIT_MEMBER,
    END_MEMBER_SESSIONS,
    RESET_FACTORS,
    shown,
    shown_needs,
)
from app.application.identity.members.recovery import LIFT_THROTTLE, RESET_MEMBER
from app.application.identity.members.views import (
    MEMBER_SESSION_VIEW,
    MEMBER_VIEW,
    EndedSessionsView,
)
from app.application.shared.commands import Command
from app.application.shared.masters import Edit
from app.domain.identity.members.errors import BeyondOwnPermissions, LastOwner, WorksElsewhere
from app.domain.identity.members.role import RoleInactive
from app.domain.shared.errors import ConcurrentChange, NotFound, ReferenceNotFound

router = v1_router("/members", tags=["members"])
sessions = v1_router("/sessions", tags=["members"])

READ, WRITE = permission("members:read"), permission("members:write")
PROVED = permission("members:write", step_up=True)
MEMBER_CHANGED = (*CHANGED, LastOwner, BeyondOwnPermissions, RoleInactive)


class MemberPatch(Schema):
    """What may change of a member."""

    role: RoleText = ABSENT
    """What the member is to be in the company."""


@router.get(
    "",
    summary="List the members",
    openapi_extra=READ,
    responses=listed(schema_of(MEMBER_VIEW), MEMBER_LIST),
)
async def list_members(
    http: Caller,
    page: PageQuery,
    role: Annotated[RoleText | None, Query()] = None,
    active: Annotated[bool | None, Query()] = None,
) -> Response:
    """Everybody who works for the company, or did."""
    return await http.list(MEMBER_LIST, page, role=role, active=active)


@router.get(
    "/{id}",
    summary="Show a member",
    openapi_extra=READ,
    responses=answers(schema_of(MEMBER_VIEW), 200, NotFound),
)
async def show(http: Caller, id: IdPath) -> Response:  # noqa: A002
    """One member, or 304 when the caller has its present version."""
    user_id = http.id_of("usr", id)
    loaded = await http.services.reader.load(None, shown_needs(user_id, http.principal))
    return http.versioned(shown(loaded, user_id, http.principal))


@router.patch(
    "/{id}",
    summary="Change a member",
    openapi_extra=PROVED,
    responses=answers(schema_of(MEMBER_VIEW), 200, *MEMBER_CHANGED, ReferenceNotFound, body=True),
)
async def change(
    http: CommandCaller,
    callers: KnownCallers,
    id: IdPath,  # noqa: A002
    body: MemberPatch,
) -> Response:
    """Give a member another role. The member's sessions in the company end."""
    return await _changed(http, callers, EDIT_MEMBER, id, members_of(body, given_only=True))


@router.post(
    "/{id}/activate",
    summary="Activate a member",
    openapi_extra=PROVED,
    responses=answers(schema_of(MEMBER_VIEW), 200, *MEMBER_CHANGED),
)
async def activate(http: CommandCaller, callers: KnownCallers, id: IdPath) -> Response:  # noqa: A002
    """Let a member work again, in the role from before."""
    return await _changed(http, callers, ACTIVATE_MEMBER, id, {"active": True})


@router.post(
    "/{id}/deactivate",
    summary="Deactivate a member",
    openapi_extra=PROVED,
    responses=answers(schema_of(MEMBER_VIEW), 200, *MEMBER_CHANGED),
)
async def deactivate(http: CommandCaller, callers: KnownCallers, id: IdPath) -> Response:  # noqa: A002
    """Keep a member out; the member's sessions in the company end. The trail keeps the name."""
    return await _changed(http, callers, DEACTIVATE_MEMBER, id, {"active": False})


@router.post(
    "/{id}/end-sessions",
    summary="End the sessions of a member",
    openapi_extra=WRITE,
    responses=answers(EndedSessionsView, 200, NotFound, BeyondOwnPermissions, ConcurrentChange),
)
async def end_sessions(http: CommandCaller, callers: KnownCallers, id: IdPath) -> Response:  # noqa: A002
    """Sign a member out of the company everywhere; signing in again is possible."""
    user_id = http.id_of("usr", id)
    answer = await http.run(END_MEMBER_SESSIONS, user_id)
    callers.forget_member(http.principal.tenant_id, user_id)
    return answer


@router.post(
    "/{id}/reset-mfa",
    summary="Take the second factors of a member away",
    openapi_extra=PROVED,
    responses=answers(
        EndedSessionsView, 200, NotFound, BeyondOwnPermissions, WorksElsewhere, ConcurrentChange
    ),
)
async def reset_mfa(http: CommandCaller, callers: KnownCallers, id: IdPath) -> Response:  # noqa: A002
    """For a member who lost app, keys and recovery codes. Sessions end, and the member is notified.

    Only of a member who works for no other company: the factors guard that one, too.
    """
    user_id = http.id_of("usr", id)
    answer = await http.run(RESET_FACTORS, user_id)
    callers.forget_member(http.principal.tenant_id, user_id)
    return answer


async def _changed(
    http: Http,
    callers: Callers,
    command: Command[Edit],
    id_text: str,
    members: dict[str, Any],
) -> Response:
    user_id = http.id_of("usr", id_text)
    answer = await http.run(command, Edit(user_id, http.expected_version(), members))
    callers.forget_member(http.principal.tenant_id, user_id)
    return answer


@router.post(
    "/{id}/reset-password",
    summary="Reset the password of a member",
    status_code=202,
    openapi_extra=permission("members:write"),
    responses=answers(EndedSessionsView, 202, NotFound, BeyondOwnPermissions, ConcurrentChange),
)
async def reset_member(
    http: CommandCaller,
    callers: KnownCallers,
    recovery: Recovery,
    id: IdPath,  # noqa: A002
) -> Response:
    """Send a member a token for a new password, and end the member's sessions in the company.

    The token goes to the member's address alone. Until it is used, the present password stays.
    """
    user_id = http.id_of("usr", id)
    answer = await http.run(RESET_MEMBER, recovery.new_reset(user_id))
    callers.forget_member(http.principal.tenant_id, user_id)
    return answer


@router.post(
    "/{id}/lift-throttle",
    summary="Lift the delays of a member",
    openapi_extra=permission("members:write"),
    responses=answers(
        schema_of(MEMBER_VIEW), 200, NotFound, BeyondOwnPermissions, ConcurrentChange
    ),
)
async def lift_throttle(http: CommandCaller, id: IdPath) -> Response:  # noqa: A002
    """Let a member log in at once who is delayed by wrong passwords, their own or of others.

    Delays of a network address stay: they concern everybody who logs in from there.
    """
    return await http.run(LIFT_THROTTLE, http.id_of("usr", id))


@sessions.get(
    "",
    summary="List where members are signed in",
    openapi_extra=permission("members:read"),
    responses=listed(schema_of(MEMBER_SESSION_VIEW), MEMBER_SESSION_LIST),
)
async def list_sessions(http: Caller, page: PageQuery, user_id: UserId | None = None) -> Response:
    """The sessions in this company that are not over, the oldest first."""
    return await http.list(MEMBER_SESSION_LIST, page, user_id=user_id, as_known_at=http.now())
