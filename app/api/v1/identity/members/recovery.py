"""What a company does for a member who is locked out, and where members are signed in."""

from starlette.responses import Response

from app.api.deps import Caller, CommandCaller
from app.api.masters import IdPath, answers, listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.v1.identity.services import KnownCallers
from app.api.v1.identity.sign_in.recovery import Recovery
from app.api.wire import UserId
from app.application.identity.members.kinds import MEMBER_SESSION_LIST
from app.application.identity.members.recovery import LIFT_THROTTLE, RESET_MEMBER
from app.application.identity.members.views import EndedSessions, MemberSessionView, MemberView
from app.domain.identity.members.errors import BeyondOwnPermissions
from app.domain.shared.errors import ConcurrentChange, NotFound

router = v1_router(tags=["members"])


@router.get(
    "/sessions",
    summary="List where members are signed in",
    openapi_extra=permission("members:read"),
    responses=listed(MemberSessionView, MEMBER_SESSION_LIST),
)
async def list_sessions(http: Caller, page: PageQuery, user_id: UserId | None = None) -> Response:
    """The sessions in this company that are not over, the oldest first."""
    return await http.list(MEMBER_SESSION_LIST, page, user_id=user_id, as_known_at=http.now())


@router.post(
    "/members/{id}/reset-password",
    summary="Reset the password of a member",
    status_code=202,
    openapi_extra=permission("members:write"),
    responses=answers(EndedSessions, 202, NotFound, BeyondOwnPermissions, ConcurrentChange),
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
    "/members/{id}/lift-throttle",
    summary="Lift the delays of a member",
    openapi_extra=permission("members:write"),
    responses=answers(MemberView, 200, NotFound, BeyondOwnPermissions, ConcurrentChange),
)
async def lift_throttle(http: CommandCaller, id: IdPath) -> Response:  # noqa: A002
    """Let a member log in at once who is delayed by wrong passwords, their own or of others.

    Delays of a network address stay: they concern everybody who logs in from there.
    """
    return await http.run(LIFT_THROTTLE, http.id_of("usr", id))
