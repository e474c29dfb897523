"""/auth: sign up, sign in, renew, sign out. Answers are never stored: they hold secrets (R-21)."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import Depends, Request
from pydantic import Field
from starlette.responses import Response

from app.api.deps import Caller, json_response
from app.api.openapi import responses
from app.api.record import record_of
from app.api.route import KEYS_TOO, PUBLIC, permission, v1_router
from app.api.v1.identity.keys.well_known import add_jwks
from app.api.wire import CompanyId, Schema
from app.application.identity.directory.origin import Origin
from app.application.identity.factors.second_factors import Offer
from app.application.identity.factors.views import SecondFactorView
from app.application.identity.keys.api_key_service import KeyKeeping
from app.application.identity.operators.sign_in import OperatorTokensView
from app.application.identity.sign_in.registration import Company
from app.application.identity.sign_in.service import IdentityService
from app.application.identity.sign_in.views import MeView, Registered, TokensView
from app.domain.identity.factors.errors import ProofChoice, SecondFactorRequired, SecondFactorWrong
from app.domain.identity.sign_in.errors import (
    HashingBusy,
    InvalidCredentials,
    InvalidRefreshToken,
    LoginThrottled,
    PasswordCommon,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
    RefreshSuperseded,
    RefreshTokenReused,
)
from app.domain.identity.sign_in.passwords import LENGTH_MAX, LENGTH_MIN
from app.domain.identity.sign_in.user import EMAIL_LENGTH_MAX
from app.domain.shared.errors import ConcurrentChange, InvalidValue

router = v1_router(tags=["auth"])
add_jwks(router, documented=False)  # beside the one at the root

EmailText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=EMAIL_LENGTH_MAX,
        description="An e-mail address.",
        examples=["olga@north-trading.example"],
    ),
]
# In normal form C a password may be shorter than it was sent, so the policy has the last word.
PasswordText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2 * LENGTH_MAX,
        description=f"{LENGTH_MIN} to {LENGTH_MAX} characters of any kind.",
        examples=["plum basket over quiet water"],
    ),
]
RefreshText = Annotated[
    str,
    Field(min_length=1, max_length=200, description="From the last login or refresh."),
]
NameText = Annotated[str, Field(min_length=1, max_length=200)]
ZoneText = Annotated[
    str, Field(min_length=1, max_length=64, description="IANA name.", examples=["Europe/London"])
]
CurrencyText = Annotated[str, Field(pattern="^[A-Z]{3}$", max_length=3, examples=["GBP"])]
CountryText = Annotated[str, Field(pattern="^[A-Z]{2}$", max_length=2, examples=["GB"])]


class CompanyIn(Schema):
    """The company to be made."""

    name: NameText
    currency: CurrencyText
    time_zone: ZoneText
    country: CountryText | None = None
    tax_rounding: Literal["line", "document"] = "line"


class RegisterIn(Schema):
    """A new user with a new company, which the user owns."""

    email: EmailText
    password: PasswordText
    display_name: NameText | None = None
    company: CompanyIn


CodeText = Annotated[
    str,
    Field(
        pattern="^[0-9]{6}$",
        max_length=6,
        description="The code that the app shows now; each is good once.",
        examples=["492039"],
    ),
]
RecoveryText = Annotated[
    str,
    Field(min_length=1, max_length=64, description="A recovery code; it is used up by this."),
]


class LoginIn(Schema):
    """Who signs in, and for which company: his oldest one, unless it is named.

    An operator who has a second factor sends a code of it at once.
    """

    email: EmailText
    password: PasswordText
    company_id: CompanyId | None = None
    scope: Literal["company", "platform"] = "company"
    code: CodeText | None = None
    recovery_code: RecoveryText | None = None


class RefreshIn(Schema):
    """The refresh token to exchange, or to end the session of."""

    refresh_token: RefreshText


async def _service(request: Request) -> Any:
    return request.app.state.services.extras["identity"]


async def _origin(request: Request) -> Origin:
    record = record_of(request.scope)
    device = request.headers.get("user-agent", "")
    return Origin(record.request_id, record.client, device)


Identity = Annotated[IdentityService, Depends(_service)]
From = Annotated[Origin, Depends(_origin)]
ANYBODY = permission(PUBLIC)


def _open(view: Any, status: int, *errors: Any) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": view}, **responses(*errors, guarded=False, body=True)}


@router.post(
    "/auth/register",
    summary="Register a user and his company",
    status_code=201,
    openapi_extra=ANYBODY,
    responses=_open(
        Registered,
        201,
        InvalidValue,
        PasswordTooShort,
        PasswordTooLong,
        PasswordCommon,
        PasswordPersonal,
        ConcurrentChange,
        HashingBusy,
    ),
)
async def register(identity: Identity, origin: From, body: RegisterIn) -> Response:
    """Make a company with its books, units and first location; log in next.

    A known address gets the same answer, and nothing is made: its owner is told.
    """
    company = Company(**body.company.model_dump())
    await identity.register(body.email, body.password, body.display_name, company, origin)
    return json_response(orjson.dumps(Registered(status="registered")), 201)


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
async def login(identity: Identity, origin: From, body: LoginIn) -> Response:
    """Open a session: an access token for requests, a refresh token for the next one.

    Whoever has a second factor gets 202 and an `mfa_token` for `POST /auth/mfa/verify`, no tokens.
    An operator of the platform names the scope `platform`, and gets a token for its routes only.
    """
    if body.scope == "platform":
        offer = Offer(body.code, body.recovery_code)
        opened = await identity.operators.login(body.email, body.password, origin, offer)
        return json_response(orjson.dumps(opened), 200)
    view = await identity.login(body.email, body.password, origin, body.company_id)
    return json_response(orjson.dumps(view), 202 if "mfa_token" in view else 200)


@router.post(
    "/auth/refresh",
    summary="Exchange a refresh token",
    openapi_extra=ANYBODY,
    responses=_open(TokensView, 200, InvalidRefreshToken, RefreshTokenReused, RefreshSuperseded),
)
async def refresh(identity: Identity, origin: From, body: RefreshIn) -> Response:
    """Get new tokens. A refresh token is good for one exchange; using it again ends the session.

    When the answer got lost, send the same token again after a second and within ten.
    """
    return json_response(orjson.dumps(await identity.refresh(body.refresh_token, origin)), 200)


@router.post(
    "/auth/logout",
    summary="Log out",
    status_code=204,
    openapi_extra=ANYBODY,
    responses=responses(guarded=False, body=True),
)
async def logout(identity: Identity, origin: From, body: RefreshIn) -> Response:
    """End the session of a refresh token. One that is unknown or over gets the same answer."""
    await identity.logout(body.refresh_token, origin)
    return Response(status_code=204)


@router.post(
    "/auth/logout-all",
    summary="Log out everywhere",
    status_code=204,
    openapi_extra=permission("profile:write"),
    responses=responses(ConcurrentChange),
)
async def logout_all(http: Caller, identity: Identity) -> Response:
    """End every session of the caller, this one too."""
    await identity.logout_all(http.principal)
    return Response(status_code=204)


@router.get(
    "/auth/me",
    summary="Show who is calling",
    openapi_extra=permission("profile:read") | {KEYS_TOO: True},
    responses={200: {"model": MeView}, **responses()},
)
async def me(http: Caller, identity: Identity) -> Response:
    """The caller, his company, and what he may do there.

    An API key may ask this too, whatever its scopes; it sees itself and who answers for it.
    """
    view = await identity.me(http.principal)
    if http.principal.key_mode:
        keys: KeyKeeping = http.services.extras["api_keys"]
        view["api_key"] = await keys.calling(http.principal)
    return json_response(orjson.dumps(view), 200)
