"""/invitations and /auth/join: how people come to work for a company."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from app.api.deps import Caller
from app.api.masters import IdPath, answers, listed
from app.api.openapi import responses
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.v1.identity.members.roles import RoleText
from app.api.v1.identity.sign_in.auth import ANYBODY, EmailText, From, NameText, PasswordText
from app.api.wire import Schema, text
from app.application.identity.directory.ports import INVITATION_LIST
from app.application.identity.members.joining import Joining
from app.application.identity.sign_in.views import InvitationView, NewInvitationView
from app.application.shared.access import Principal
from app.domain.identity.members.role import RoleInactive
from app.domain.identity.sign_in.errors import (
    AlreadyMember,
    BeyondOwnPermissions,
    HashingBusy,
    InvalidCredentials,
    InvitationInvalid,
    LoginThrottled,
    PasswordCommon,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
    TenantClosing,
    TenantSuspended,
)
from app.domain.shared.errors import (
    ConcurrentChange,
    InvalidValue,
    NotFound,
    ReferenceNotFound,
)
from app.domain.shared.ids import NO_ID

router = v1_router(tags=["members"])


class InvitationIn(Schema):
    """Whom to invite, and as what."""

    email: EmailText
    role: RoleText


class JoinIn(Schema):
    """An invitation to take up.

    Whoever is known here proves to be himself with the password that he has; anybody else chooses
    one, and may say how to be called.
    """

    token: text(200)  # type: ignore[valid-type]
    password: PasswordText
    display_name: NameText | None = None


async def _joining(request: Request) -> Joining:
    return request.app.state.services.extras["joining"]  # type: ignore[no-any-return]


Join = Annotated[Joining, Depends(_joining)]


@router.post(
    "/invitations",
    summary="Invite somebody",
    status_code=201,
    openapi_extra=permission("members:write", step_up=True),
    responses=answers(
        NewInvitationView,
        201,
        InvalidValue,
        AlreadyMember,
        BeyondOwnPermissions,
        ReferenceNotFound,
        RoleInactive,
        ConcurrentChange,
        body=True,
    ),
)
async def invite(http: Caller, joining: Join, body: InvitationIn) -> Response:
    """Offer a role to an address. The token is shown this once; an earlier one is withdrawn.

    Whoever has the token and the address joins with `POST /auth/join` within seven days.
    """
    return http.answer(await joining.invite(http.principal, body.email, body.role), 201)


@router.get(
    "/invitations",
    summary="List open invitations",
    openapi_extra=permission("members:read"),
    responses=listed(InvitationView, INVITATION_LIST, as_known_at=(str | None, None)),
)
async def list_invitations(http: Caller, page: PageQuery) -> Response:
    """The invitations that can still be taken up."""
    now = http.now()
    return await http.list(INVITATION_LIST, page.known(None, now), as_known_at=now)


@router.delete(
    "/invitations/{id}",
    summary="Withdraw an invitation",
    status_code=204,
    openapi_extra=permission("members:write"),
    responses=responses(NotFound, ConcurrentChange),
)
async def withdraw(http: Caller, joining: Join, id: IdPath) -> Response:  # noqa: A002
    """Nobody joins by it any more."""
    await joining.withdraw(http.principal, http.id_of("inv", id))
    return Response(status_code=204)


@router.post(
    "/auth/join",
    summary="Join a company",
    status_code=204,
    openapi_extra=ANYBODY,
    tags=["auth"],
    responses=responses(
        InvitationInvalid,
        AlreadyMember,
        InvalidCredentials,
        LoginThrottled,
        PasswordTooShort,
        PasswordTooLong,
        PasswordCommon,
        PasswordPersonal,
        ConcurrentChange,
        HashingBusy,
        InvalidValue,
        TenantSuspended,
        TenantClosing,
        guarded=False,
        body=True,
    ),
)
async def join(joining: Join, origin: From, body: JoinIn) -> Response:
    """Take up an invitation; log in next."""
    caller = Principal(NO_ID, NO_ID, request_id=origin.request_id, address=origin.address)
    await joining.join(body.token, body.password, body.display_name, caller)
    return Response(status_code=204)
