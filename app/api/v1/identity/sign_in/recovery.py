"""The way back in for who forgot the password or has to wait, and where members are signed in."""

from typing import Annotated

import orjson
from fastapi import Depends, Request
from starlette.responses import Response

from app.api.deps import Caller, CommandCaller, json_response
from app.api.masters import IdPath, answers, listed
from app.api.openapi import responses
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.v1.identity.sign_in.auth import ANYBODY, EmailText, From, Identity, PasswordText
from app.api.wire import Schema, UserId, text
from app.application.identity.directory.origin import Origin
from app.application.identity.directory.ports import MEMBER_SESSION_LIST
from app.application.identity.members.throttle_lifts import LIFT_THROTTLE
from app.application.identity.sign_in.recovery import Recovery
from app.application.identity.sign_in.resets import RESET_MEMBER
from app.application.identity.sign_in.views import (
    EndedSessions,
    MemberSessionView,
    MemberView,
    ResetRequested,
)
from app.application.shared.access import Principal
from app.domain.identity.sign_in.errors import (
    BeyondOwnPermissions,
    HashingBusy,
    LoginThrottled,
    PasswordCommon,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
    ResetInvalid,
)
from app.domain.shared.errors import ConcurrentChange, NotFound
from app.domain.shared.ids import NO_ID

router = v1_router("/auth/password", tags=["auth"])
members = v1_router(tags=["members"])


class ResetRequestIn(Schema):
    """Whose password was forgotten."""

    email: EmailText


class ResetIn(Schema):
    """The token that was sent, and the password to be used from now on."""

    token: text(200)  # type: ignore[valid-type]
    new_password: PasswordText


async def _recovery(request: Request) -> Recovery:
    return request.app.state.services.extras["recovery"]  # type: ignore[no-any-return]


Way = Annotated[Recovery, Depends(_recovery)]


def _caller(origin: Origin) -> Principal:
    return Principal(NO_ID, NO_ID, request_id=origin.request_id, address=origin.address)


@router.post(
    "/reset-request",
    summary="Ask for a reset of the password",
    status_code=202,
    openapi_extra=ANYBODY,
    responses={
        202: {"model": ResetRequested},
        **responses(LoginThrottled, guarded=False, body=True),
    },
)
async def request_reset(way: Way, origin: From, body: ResetRequestIn) -> Response:
    """Send the owner of an address a token that is good once, for thirty minutes.

    An unknown address gets the same answer, and nothing is sent. The newest token counts.
    """
    await way.request(body.email, _caller(origin))
    return json_response(orjson.dumps(ResetRequested(status="requested")), 202)


@router.post(
    "/reset",
    summary="Reset the password",
    status_code=204,
    openapi_extra=ANYBODY,
    responses=responses(
        ResetInvalid,
        PasswordTooShort,
        PasswordTooLong,
        PasswordCommon,
        PasswordPersonal,
        LoginThrottled,
        HashingBusy,
        ConcurrentChange,
        guarded=False,
        body=True,
    ),
)
async def reset(way: Way, origin: From, body: ResetIn) -> Response:
    """Choose a new password by the token that was sent. Every session of the user ends.

    It signs nobody in; log in next.
    """
    await way.reset(body.token, body.new_password, _caller(origin))
    return Response(status_code=204)


@members.get(
    "/sessions",
    summary="List where members are signed in",
    openapi_extra=permission("members:read"),
    responses=listed(MemberSessionView, MEMBER_SESSION_LIST),
)
async def list_sessions(http: Caller, page: PageQuery, user_id: UserId | None = None) -> Response:
    """The sessions in this company that are not over, the oldest first."""
    return await http.list(MEMBER_SESSION_LIST, page, user_id=user_id, as_known_at=http.now())


@members.post(
    "/members/{id}/reset-password",
    summary="Reset the password of a member",
    status_code=202,
    openapi_extra=permission("members:write"),
    responses=answers(EndedSessions, 202, NotFound, BeyondOwnPermissions, ConcurrentChange),
)
async def reset_member(
    http: CommandCaller,
    identity: Identity,
    way: Way,
    id: IdPath,  # noqa: A002
) -> Response:
    """Send a member a token for a new password, and sign him out of the company.

    The token goes to his address alone. Until he uses it, the present password stays.
    """
    user_id = http.id_of("usr", id)
    answer = await http.run(RESET_MEMBER, way.wish(user_id))
    identity.forget_member(http.principal.tenant_id, user_id)
    return answer


@members.post(
    "/members/{id}/lift-throttle",
    summary="Lift the delays of a member",
    openapi_extra=permission("members:write"),
    responses=answers(MemberView, 200, NotFound, BeyondOwnPermissions, ConcurrentChange),
)
async def lift_throttle(http: CommandCaller, id: IdPath) -> Response:  # noqa: A002
    """Let a member log in at once, whose wrong passwords, or those of others, delay him.

    Delays of a network address stay: they concern everybody who logs in from there.
    """
    return await http.run(LIFT_THROTTLE, http.id_of("usr", id))
