"""/auth for a caller who is signed in: who is calling, sessions and the password."""

from typing import Annotated, Literal

from starlette.responses import Response

from app.api.answers import KNOWN_AT, IdPath, answers, listed, members_of
from app.api.deps import Caller, CommandCaller
from app.api.openapi import responses
from app.api.paging import PageQuery
from app.api.route import KEYS_TOO, permission, v1_router
from app.api.schemas import schema_of
from app.api.v1.identity.fields import NEW_PASSWORD, PasswordText, ZoneText
from app.api.v1.identity.services import KnownCallers, service
from app.api.v1.identity.sign_in.auth import Login
from app.api.wire import ABSENT, CompanyId, Schema
from app.application.identity.companies.founding import COMPANIES_OF_USER
from app.application.identity.companies.views import OWN_COMPANY_VIEW
from app.application.identity.directory.kinds import USERS
from app.application.identity.directory.reading import read_one
from app.application.identity.sign_in.account import OwnAccount
from app.application.identity.sign_in.preferences import EDIT_PREFERENCES
from app.application.identity.sign_in.sessions import SESSION_LIST
from app.application.identity.sign_in.views import (
    PREFERENCES_VIEW,
    SESSION_VIEW,
    MeView,
    TokensView,
)
from app.application.shared.kinds import Needs
from app.application.shared.masters import Edit
from app.domain.identity.factors.errors import StepUpRequired
from app.domain.identity.sign_in.errors import (
    HashingBusy,
    LoginThrottled,
    PasswordWrong,
    SessionExpired,
)
from app.domain.shared.errors import (
    ConcurrentChange,
    InvalidValue,
    NotFound,
    ReferenceNotFound,
    StaleVersion,
    VersionRequired,
)

router = v1_router("/auth", tags=["auth"])


class PasswordIn(Schema):
    """The present password, and the one to be used from now on."""

    current_password: PasswordText
    new_password: PasswordText


class SwitchIn(Schema):
    """The company to work for from now on."""

    company_id: CompanyId
    """The company to work for."""


Own = Annotated[OwnAccount, service(lambda identity: identity.account)]


@router.post(
    "/logout-all",
    summary="Log out everywhere",
    status_code=204,
    openapi_extra=permission("profile:write"),
    responses=responses(ConcurrentChange),
)
async def logout_all(http: Caller, own: Own) -> Response:
    """End every session of the caller, this one too."""
    await own.logout_all(http.principal)
    return Response(status_code=204)


@router.get(
    "/me",
    summary="Show who is calling",
    openapi_extra=permission("profile:read") | {KEYS_TOO: True},
    responses={200: {"model": MeView}, **responses()},
)
async def me(http: Caller, own: Own) -> Response:
    """The caller, the company, and what the caller may do there.

    An API key may ask this too, whatever its permissions; it sees itself and who answers for it.
    """
    return http.answer(await own.me(http.principal))


@router.get(
    "/sessions",
    summary="List where the caller is signed in",
    openapi_extra=permission("profile:read"),
    responses=listed(schema_of(SESSION_VIEW), SESSION_LIST, as_known_at=KNOWN_AT),
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
        *NEW_PASSWORD,
        LoginThrottled,
        HashingBusy,
        ConcurrentChange,
        body=True,
    ),
)
async def change_password(http: Caller, own: Own, body: PasswordIn) -> Response:
    """Choose another password. Every other session of the caller ends, and the user is notified."""
    await own.change_password(http.principal, body.current_password, body.new_password)
    return Response(status_code=204)


@router.get(
    "/companies",
    summary="List the companies of the caller",
    openapi_extra=permission("profile:read"),
    responses=listed(schema_of(OWN_COMPANY_VIEW), COMPANIES_OF_USER),
)
async def list_companies(http: Caller, page: PageQuery) -> Response:
    """The companies that the caller works for, with the role in each."""
    return await http.list(COMPANIES_OF_USER, page, user_id=http.principal.user_id)


@router.post(
    "/switch",
    summary="Switch to another company",
    openapi_extra=permission("profile:write"),
    responses=answers(
        TokensView, 200, ReferenceNotFound, StepUpRequired, ConcurrentChange, body=True
    ),
)
async def switch(http: Caller, logins: Login, body: SwitchIn) -> Response:
    """Open a session for another company of the caller. The session of this request goes on."""
    device = http.request.headers.get("user-agent", "")
    return http.answer(await logins.switch(http.principal, body.company_id, device))


class PreferencesPatch(Schema):
    """What a user may prefer; null takes it back."""

    locale: Literal["en", "ar"] | None = ABSENT
    """The language of problems without Accept-Language: `en` or `ar`; null means English."""
    time_zone: ZoneText | None = ABSENT
    """The caller's time zone, an IANA name; null unsets it."""


@router.get(
    "/preferences",
    summary="Show the preferences of the caller",
    openapi_extra=permission("profile:read"),
    responses=answers(schema_of(PREFERENCES_VIEW), 200),
)
async def show_preferences(http: Caller) -> Response:
    """What the caller prefers, in every company, or 304 when that is the present version."""
    user_id = http.principal.user_id
    loaded = await http.services.reader.load(None, Needs().one(USERS, user_id))
    user = read_one(loaded, USERS, user_id)
    if user is None:
        raise SessionExpired
    return http.versioned(PREFERENCES_VIEW.show(user))


@router.patch(
    "/preferences",
    summary="Change the preferences of the caller",
    openapi_extra=permission("profile:write"),
    responses=answers(
        schema_of(PREFERENCES_VIEW),
        200,
        InvalidValue,
        StaleVersion,
        VersionRequired,
        ConcurrentChange,
        body=True,
    ),
)
async def change_preferences(
    http: CommandCaller, callers: KnownCallers, body: PreferencesPatch
) -> Response:
    """Choose language and time zone. Accept-Language overrides the language."""
    principal = http.principal
    members = members_of(body, given_only=True)
    edit = Edit(principal.user_id, http.expected_version(), members)
    answer = await http.run(EDIT_PREFERENCES, edit)
    callers.forget_member(principal.tenant_id, principal.user_id)
    return answer
