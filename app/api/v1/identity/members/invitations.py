"""/invitations and /auth/join: how people come to work for a company."""

from typing import Annotated

from starlette.responses import Response

from app.api.answers import KNOWN_AT, IdPath, answers, listed
from app.api.deps import Caller
from app.api.openapi import responses
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.schemas import schema_of
from app.api.v1.identity.fields import NEW_PASSWORD, EmailText, NameText, PasswordText
from app.api.v1.identity.members.roles import RoleText
from app.api.v1.identity.services import ANYBODY, RequestOrigin, service
from app.api.wire import Schema, text
from app.application.identity.members.invitations import WITHDRAW_INVITATION, Invitations
from app.application.identity.members.kinds import INVITATION_LIST
from app.application.identity.members.views import INVITATION_VIEW, NEW_INVITATION_VIEW
from app.application.shared.commands import answer_of
from app.domain.identity.companies.errors import TenantClosing, TenantSuspended
from app.domain.identity.members.errors import (
    AlreadyMember,
    BeyondOwnPermissions,
    InvitationInvalid,
)
from app.domain.identity.members.role import RoleInactive
from app.domain.identity.sign_in.errors import (
    HashingBusy,
    InvalidCredentials,
    LoginThrottled,
)
from app.domain.shared.errors import (
    ConcurrentChange,
    InvalidValue,
    NotFound,
    ReferenceNotFound,
)

router = v1_router(tags=["members"])


class InvitationIn(Schema):
    """The address to invite, and the role."""

    email: EmailText
    role: RoleText
    """What the invited is to be in the company."""


class JoinIn(Schema):
    """An invitation to take up.

    A known user sends the present password; a new one chooses a password and may give a name.
    """

    token: text(200)  # type: ignore[valid-type]
    """The token of the invitation."""
    password: PasswordText
    display_name: NameText | None = None
    """The name that others see."""


Inviting = Annotated[Invitations, service(lambda identity: identity.invitations)]


@router.post(
    "/invitations",
    summary="Invite somebody",
    status_code=201,
    openapi_extra=permission("members:write", step_up=True),
    responses=answers(
        schema_of(NEW_INVITATION_VIEW),
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
async def invite(http: Caller, invitations: Inviting, body: InvitationIn) -> Response:
    """Offer a role to an address. The token is shown this once; an earlier one is withdrawn.

    The owner of the address joins with the token by `POST /auth/join` within seven days.
    """
    return http.answer(await invitations.invite(http.principal, body.email, body.role), 201)


@router.get(
    "/invitations",
    summary="List open invitations",
    openapi_extra=permission("members:read"),
    responses=listed(schema_of(INVITATION_VIEW), INVITATION_LIST, as_known_at=KNOWN_AT),
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
async def withdraw(http: Caller, id: IdPath) -> Response:  # noqa: A002
    """Nobody joins by it any more."""
    await answer_of(
        http.services.runner, WITHDRAW_INVITATION, http.id_of("inv", id), http.principal
    )
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
        *NEW_PASSWORD,
        ConcurrentChange,
        HashingBusy,
        InvalidValue,
        TenantSuspended,
        TenantClosing,
        guarded=False,
        body=True,
    ),
)
async def join(invitations: Inviting, origin: RequestOrigin, body: JoinIn) -> Response:
    """Take up an invitation; log in next."""
    await invitations.join(body.token, body.password, body.display_name, origin)
    return Response(status_code=204)
