"""/auth/password: the way back in after a forgotten password."""

from typing import Annotated

import orjson
from starlette.responses import Response

from app.api.deps import json_response
from app.api.openapi import responses
from app.api.route import v1_router
from app.api.v1.identity.fields import NEW_PASSWORD, EmailText, PasswordText
from app.api.v1.identity.services import ANYBODY, RequestOrigin, service
from app.api.wire import Schema, text
from app.application.identity.sign_in.recovery import PasswordRecovery
from app.application.identity.sign_in.views import ResetRequestView
from app.domain.identity.sign_in.errors import HashingBusy, LoginThrottled, ResetInvalid
from app.domain.shared.errors import ConcurrentChange

router = v1_router("/auth/password", tags=["auth"])


class ResetRequestIn(Schema):
    """Whose password was forgotten."""

    email: EmailText


class ResetIn(Schema):
    """The token that was sent, and the password to be used from now on."""

    token: text(200)  # type: ignore[valid-type]
    """The token that was sent to the address."""
    new_password: PasswordText


Recovery = Annotated[PasswordRecovery, service(lambda identity: identity.recovery)]


@router.post(
    "/reset-request",
    summary="Ask for a reset of the password",
    status_code=202,
    openapi_extra=ANYBODY,
    responses={
        202: {"model": ResetRequestView},
        **responses(LoginThrottled, guarded=False, body=True),
    },
)
async def request_reset(
    recovery: Recovery, origin: RequestOrigin, body: ResetRequestIn
) -> Response:
    """Send the owner of an address a token that is good once, for thirty minutes.

    An unknown address gets the same answer, and nothing is sent. The newest token counts.
    """
    await recovery.request(body.email, origin)
    return json_response(orjson.dumps(ResetRequestView(status="requested")), 202)


@router.post(
    "/reset",
    summary="Reset the password",
    status_code=204,
    openapi_extra=ANYBODY,
    responses=responses(
        ResetInvalid,
        *NEW_PASSWORD,
        LoginThrottled,
        HashingBusy,
        ConcurrentChange,
        guarded=False,
        body=True,
    ),
)
async def reset(recovery: Recovery, origin: RequestOrigin, body: ResetIn) -> Response:
    """Choose a new password by the token that was sent. Every session of the user ends.

    It signs nobody in; log in next.
    """
    await recovery.reset(body.token, body.new_password, origin)
    return Response(status_code=204)
