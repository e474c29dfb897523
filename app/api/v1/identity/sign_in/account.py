"""/auth for a caller who is signed in: his sessions and his password."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from app.api.deps import Caller
from app.api.masters import IdPath, answers, listed
from app.api.openapi import responses
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.v1.identity.sign_in.auth import Identity, PasswordText
from app.api.wire import CompanyId, Schema
from app.application.identity.directory.ports import COMPANIES_OF_USER, SESSION_LIST
from app.application.identity.sign_in.account import OwnAccount
from app.application.identity.sign_in.views import OwnCompanyView, SessionView, TokensView
from app.domain.identity.factors.errors import StepUpRequired
from app.domain.identity.sign_in.errors import (
    HashingBusy,
    LoginThrottled,
    PasswordCommon,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
    PasswordWrong,
)
from app.domain.shared.errors import ConcurrentChange, NotFound, ReferenceNotFound

router = v1_router("/auth", tags=["auth"])


class PasswordIn(Schema):
    """The present password, and the one to be used from now on."""

    current_password: PasswordText
    new_password: PasswordText


class SwitchIn(Schema):
    """The company to work for from now on."""

    company_id: CompanyId


async def _account(request: Request) -> OwnAccount:
    return request.app.state.services.extras["account"]  # type: ignore[no-any-return]


Own = Annotated[OwnAccount, Depends(_account)]


@router.get(
    "/sessions",
    summary="List where the caller is signed in",
    openapi_extra=permission("profile:read"),
    responses=listed(SessionView, SESSION_LIST, as_known_at=(str | None, None)),
)
async def list_sessions(http: Caller, page: PageQuery) -> Response:
    """The sessions of the caller that are not over, in every company, the oldest first.

    The one of this request is `session_id` of `/auth/me`.
    """
    now = http.now()
    of_now = page.known(None, now)
    return await http.list(SESSION_LIST, of_now, user_id=http.principal.user_id, as_known_at=now)


@router.delete(
    "/sessions/{id}",
    summary="End a session",
    status_code=204,
    openapi_extra=permission("profile:write"),
    responses=responses(NotFound, ConcurrentChange),
)
async def end_session(http: Caller, own: Own, id: IdPath) -> Response:  # noqa: A002
    """End one session of the caller, also this one. Its tokens are refused within five seconds."""
    await own.end_session(http.principal, http.id_of("ses", id))
    return Response(status_code=204)


@router.post(
    "/password",
    summary="Change the password",
    status_code=204,
    openapi_extra=permission("profile:write"),
    responses=responses(
        PasswordWrong,
        PasswordTooShort,
        PasswordTooLong,
        PasswordCommon,
        PasswordPersonal,
        LoginThrottled,
        HashingBusy,
        ConcurrentChange,
        body=True,
    ),
)
async def change_password(http: Caller, own: Own, body: PasswordIn) -> Response:
    """Choose another password. Every other session of the caller ends, and the owner is told."""
    await own.change_password(http.principal, body.current_password, body.new_password)
    return Response(status_code=204)


@router.get(
    "/companies",
    summary="List the companies of the caller",
    openapi_extra=permission("profile:read"),
    responses=listed(OwnCompanyView, COMPANIES_OF_USER),
)
async def list_companies(http: Caller, page: PageQuery) -> Response:
    """The companies that the caller works for, with his role in each."""
    return await http.list(COMPANIES_OF_USER, page, user_id=http.principal.user_id)


@router.post(
    "/switch",
    summary="Switch to another company",
    openapi_extra=permission("profile:write"),
    responses=answers(
        TokensView, 200, ReferenceNotFound, StepUpRequired, ConcurrentChange, body=True
    ),
)
async def switch(http: Caller, identity: Identity, body: SwitchIn) -> Response:
    """Open a session for another company of the caller. The session of this request goes on."""
    device = http.request.headers.get("user-agent", "")
    return http.answer(await identity.switch(http.principal, body.company_id, device))
