"""/auth: sign up, sign in, renew, sign out. Answers are never stored: they hold secrets (R-21)."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import Field
from starlette.responses import Response

from app.api.deps import json_response
from app.api.openapi import responses
from app.api.route import v1_router
from app.api.v1.identity.fields import (
    NEW_PASSWORD,
    CodeText,
    CompanyIn,
    EmailText,
    NameText,
    PasswordText,
    RecoveryText,
)
from app.api.v1.identity.keys.well_known import add_jwks
from app.api.v1.identity.services import ANYBODY, RequestOrigin, service
from app.api.wire import CompanyId, Schema
from app.application.identity.companies.founding import Company
from app.application.identity.factors.step_up import Offer
from app.application.identity.factors.views import SecondFactorView
from app.application.identity.operators.sign_in import OperatorLogins, OperatorTokensView
from app.application.identity.sign_in.logins import Logins
from app.application.identity.sign_in.registration import Registrations
from app.application.identity.sign_in.views import RegistrationView, TokensView
from app.domain.identity.factors.errors import (
    ProofChoice,
    SecondFactorRequired,
    SecondFactorWrong,
)
from app.domain.identity.sign_in.errors import (
    HashingBusy,
    InvalidCredentials,
    InvalidRefreshToken,
    LoginThrottled,
    RefreshSuperseded,
    RefreshTokenReused,
)
from app.domain.shared.errors import ConcurrentChange, InvalidValue

router = v1_router(tags=["auth"])
add_jwks(router, documented=False)  # beside the one at the root

RefreshText = Annotated[
    str,
    Field(min_length=1, max_length=200, description="From the last login or refresh."),
]


class RegisterIn(Schema):
    """A new user with a new company, which the user owns."""

    email: EmailText
    password: PasswordText
    display_name: NameText | None = None
    """The name that others see."""
    company: CompanyIn
    """The company to be made."""


class LoginIn(Schema):
    """Who signs in, and for which company: the oldest one, unless it is named.

    An operator who has a second factor sends a code of it at once.
    """

    email: EmailText
    password: PasswordText
    company_id: CompanyId | None = None
    """The company to work for; the oldest one of the user when it is left out."""
    scope: Literal["company", "platform"] = "company"
    """`platform` for operators of the platform; left out, a company is signed in to."""
    code: CodeText | None = None
    """A code of the app, where the user has a second factor."""
    recovery_code: RecoveryText | None = None
    """A recovery code; it is used up by this."""


class RefreshIn(Schema):
    """The refresh token to exchange, or to end the session of."""

    refresh_token: RefreshText


Registering = Annotated[Registrations, service(lambda identity: identity.registrations)]
Login = Annotated[Logins, service(lambda identity: identity.logins)]
OperatorLogin = Annotated[OperatorLogins, service(lambda identity: identity.operators)]


def _open(view: Any, status: int, *errors: Any) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": view}, **responses(*errors, guarded=False, body=True)}


@router.post(
    "/auth/register",
    summary="Register a user and a company",
    status_code=201,
    openapi_extra=ANYBODY,
    responses=_open(
        RegistrationView, 201, InvalidValue, *NEW_PASSWORD, ConcurrentChange, HashingBusy
    ),
)
async def register(registrations: Registering, origin: RequestOrigin, body: RegisterIn) -> Response:
    """Make a company with its books, units and first location; log in next.

    A known address gets the same answer, and nothing is made: its owner is notified.
    """
    company = Company(**body.company.model_dump())
    await registrations.register(body.email, body.password, body.display_name, company, origin)
    return json_response(orjson.dumps(RegistrationView(status="registered")), 201)


@router.post(
    "/auth/login",
    summary="Log in",
    openapi_extra=ANYBODY,
    responses={
        **_open(
            TokensView | OperatorTokensView,
            200,
            InvalidCredentials,
            SecondFactorRequired,
            SecondFactorWrong,
            ProofChoice,
            LoginThrottled,
            HashingBusy,
        ),
        202: {"model": SecondFactorView},
    },
)
async def login(
    logins: Login, operators: OperatorLogin, origin: RequestOrigin, body: LoginIn
) -> Response:
    """Open a session: an access token for requests, a refresh token for the next one.

    A user with a second factor gets 202 and an `mfa_token` for `POST /auth/mfa/verify`, no tokens.
    An operator of the platform names the scope `platform`, and gets a token for its routes only.
    """
    if body.scope == "platform":
        offer = Offer(body.code, body.recovery_code)
        opened = await operators.login(body.email, body.password, origin, offer)
        return json_response(orjson.dumps(opened), 200)
    view = await logins.login(body.email, body.password, origin, body.company_id)
    return json_response(orjson.dumps(view), 202 if "mfa_token" in view else 200)


@router.post(
    "/auth/refresh",
    summary="Exchange a refresh token",
    openapi_extra=ANYBODY,
    responses=_open(TokensView, 200, InvalidRefreshToken, RefreshTokenReused, RefreshSuperseded),
)
async def refresh(logins: Login, origin: RequestOrigin, body: RefreshIn) -> Response:
    """Get new tokens. A refresh token is good for one exchange; using it again ends the session.

    When the answer got lost, send the same token again after a second and within ten.
    """
    return json_response(orjson.dumps(await logins.refresh(body.refresh_token, origin)), 200)


@router.post(
    "/auth/logout",
    summary="Log out",
    status_code=204,
    openapi_extra=ANYBODY,
    responses=responses(guarded=False, body=True),
)
async def logout(logins: Login, origin: RequestOrigin, body: RefreshIn) -> Response:
    """End the session of a refresh token. One that is unknown or over gets the same answer."""
    await logins.logout(body.refresh_token, origin)
    return Response(status_code=204)
