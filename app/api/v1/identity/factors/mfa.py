"""/auth/mfa and /auth/step-up: second factors, and fresh proofs of the caller."""

from typing import Annotated, Literal

import orjson
from pydantic import Field
from starlette.responses import Response

from app.api.answers import IdPath, answers, listed
from app.api.deps import Caller, json_response
from app.api.openapi import responses
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.schemas import schema_of
from app.api.v1.identity.fields import CHANGED, CodeText, NameText, PasswordText, RecoveryText
from app.api.v1.identity.services import ANYBODY, RequestOrigin, service
from app.api.v1.identity.sign_in.auth import Login
from app.api.wire import Schema
from app.application.identity.factors.commands import REMOVE_APP, REMOVE_KEY, RENAME_KEY
from app.application.identity.factors.enrolment import Enrolment
from app.application.identity.factors.ports import SECURITY_KEY_LIST
from app.application.identity.factors.step_up import Offer, SecondFactors
from app.application.identity.factors.views import (
    NEW_SECURITY_KEY_VIEW,
    SECURITY_KEY_VIEW,
    CeremonyView,
    MfaView,
    RecoveryCodesView,
    StepUpView,
    TotpView,
)
from app.application.identity.sign_in.views import TokensView
from app.application.shared.commands import answer_of
from app.application.shared.masters import Edit
from app.domain.identity.factors.challenge import Purpose
from app.domain.identity.factors.errors import (
    InvalidMfaToken,
    LastFactor,
    NoEnrolment,
    NoSecondFactor,
    ProofChoice,
    ProofWrong,
    SecondFactorRequired,
    SecondFactorWrong,
    SecurityKeyRefused,
    SecurityKeysOff,
    SecurityKeyTaken,
    TooManySecurityKeys,
)
from app.domain.identity.sign_in.errors import HashingBusy, LoginThrottled
from app.domain.shared.errors import ConcurrentChange, InvalidValue, NotFound

router = v1_router("/auth", tags=["auth"])

CredentialText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=16_384,
        description="What `navigator.credentials` answered, as text: `JSON.stringify(credential)`.",
    ),
]
TokenText = Annotated[str, Field(min_length=1, max_length=200)]


class ProofIn(Schema):
    """One proof: a code of the app, a recovery code, or what a security key signed."""

    code: CodeText | None = None
    """A code of the app."""
    recovery_code: RecoveryText | None = None
    """A recovery code; it is used up by this."""
    credential: CredentialText | None = None
    """What `navigator.credentials` answered, as text: `JSON.stringify(credential)`."""

    def offer(self) -> Offer:
        """What is shown as a proof."""
        return Offer(self.code, self.recovery_code, self.credential)


class VerifyIn(ProofIn):
    """The second step of a login."""

    mfa_token: TokenText
    """What the second step of the login carries: good once and for five minutes."""


class StepUpIn(ProofIn):
    """A proof by the second factor of the caller, or the password where there is none."""

    password: PasswordText | None = None
    """Enough for who has no factor."""
    token: TokenText | None = None
    """From `POST /auth/mfa/challenge`; with `credential`."""


class CodeIn(Schema):
    """The first code of a new app."""

    code: CodeText


class CeremonyIn(Schema):
    """What the security key is asked for."""

    purpose: Literal["register", "step_up"]
    """Whether a key is registered, or proves the caller."""


class SecurityKeyIn(Schema):
    """A security key that was made for the challenge of the token."""

    token: TokenText
    """From `POST /auth/mfa/challenge`."""
    credential: CredentialText
    name: NameText
    """The name."""


class SecurityKeyPatch(Schema):
    """What may change of a security key."""

    name: NameText
    """The name."""


Own = Annotated[Enrolment, service(lambda identity: identity.enrolment)]
Factors = Annotated[SecondFactors, service(lambda identity: identity.factors)]
READ, WRITE = permission("profile:read"), permission("profile:write")
PROVED = permission("profile:write", step_up=True)


@router.post(
    "/mfa/verify",
    summary="Log in: the second step",
    openapi_extra=ANYBODY,
    responses={
        200: {"model": TokensView},
        **responses(
            InvalidMfaToken,
            SecondFactorWrong,
            ProofChoice,
            SecurityKeysOff,
            LoginThrottled,
            ConcurrentChange,
            guarded=False,
            body=True,
        ),
    },
)
async def verify(logins: Login, origin: RequestOrigin, body: VerifyIn) -> Response:
    """Answer a login that asked for a second factor (202), within five minutes.

    After five wrong answers the token is no longer good, and the login begins anew.
    """
    tokens = await logins.verify(body.mfa_token, body.offer(), origin)
    return json_response(orjson.dumps(tokens), 200)


@router.post(
    "/step-up",
    summary="Confirm your identity",
    openapi_extra=WRITE,
    responses=answers(
        StepUpView,
        200,
        ProofChoice,
        ProofWrong,
        SecondFactorRequired,
        SecurityKeysOff,
        LoginThrottled,
        HashingBusy,
        ConcurrentChange,
        body=True,
    ),
)
async def step_up(http: Caller, factors: Factors, body: StepUpIn) -> Response:
    """Confirm your identity for step-up operations (`x-step-up`) for ten minutes.

    A caller with a second factor proves it, any other sends the password. The answer of a security
    key comes with the token of `POST /auth/mfa/challenge`.
    """
    view = await factors.step_up(http.principal, body.password, body.offer(), body.token)
    return http.answer(view)


@router.get(
    "/mfa",
    summary="Show the second factors of the caller",
    openapi_extra=READ,
    responses={200: {"model": MfaView}, **responses()},
)
async def show(http: Caller, own: Own) -> Response:
    """The second factors of the caller beside the password, and how many codes are left."""
    return http.answer(await own.shown(http.principal))


@router.post(
    "/mfa/totp",
    summary="Enrol an app for codes",
    openapi_extra=PROVED,
    responses=answers(TotpView, 200, ConcurrentChange),
)
async def enrol(http: Caller, own: Own) -> Response:
    """Get a secret for an authenticator app: shown this once, and good from its first code on.

    An app that was enrolled before stays good until then.
    """
    return http.answer(await own.enrol(http.principal))


@router.post(
    "/mfa/totp/confirm",
    summary="Confirm an app by its first code",
    openapi_extra=WRITE,
    responses=answers(
        RecoveryCodesView, 200, NoEnrolment, ProofWrong, LoginThrottled, ConcurrentChange, body=True
    ),
)
async def confirm(http: Caller, own: Own, body: CodeIn) -> Response:
    """Log in with the app from now on. With the first factor come ten recovery codes, shown once.

    Other sessions of the caller, which were opened without a second factor, end.
    """
    return http.answer(await own.confirm(http.principal, body.code))


@router.delete(
    "/mfa/totp",
    summary="Remove the app",
    status_code=204,
    openapi_extra=PROVED,
    responses=responses(NotFound, LastFactor, ConcurrentChange),
)
async def remove_app(http: Caller, own: Own) -> Response:
    """Its codes are good no more. With the last factor go recovery codes and other sessions."""
    await own.run(REMOVE_APP, None, http.principal)
    return Response(status_code=204)


@router.post(
    "/mfa/recovery-codes",
    summary="Renew the recovery codes",
    openapi_extra=PROVED,
    responses=answers(RecoveryCodesView, 200, NoSecondFactor, ConcurrentChange),
)
async def renew_codes(http: Caller, own: Own) -> Response:
    """Ten new codes, shown once; those from before are good no more."""
    return http.answer(await own.renew_codes(http.principal))


@router.post(
    "/mfa/challenge",
    summary="Begin with a security key",
    openapi_extra=WRITE,
    responses=answers(CeremonyView, 200, SecurityKeysOff, ConcurrentChange, body=True),
)
async def challenge(http: Caller, own: Own, body: CeremonyIn) -> Response:
    """Options for `navigator.credentials`, `create` to register and `get` to step up.

    What it answers is sent with the token, once and within five minutes.
    """
    return http.answer(await own.begin(http.principal, Purpose(body.purpose)))


@router.post(
    "/mfa/security-keys",
    summary="Register a security key",
    operation_id="auth_mfa_security_keys_register",  # the path names the list
    status_code=201,
    openapi_extra=PROVED,
    responses=answers(
        schema_of(NEW_SECURITY_KEY_VIEW),
        201,
        SecurityKeysOff,
        ProofWrong,
        SecurityKeyRefused,
        SecurityKeyTaken,
        TooManySecurityKeys,
        InvalidValue,
        ConcurrentChange,
        body=True,
    ),
)
async def register(http: Caller, own: Own, body: SecurityKeyIn) -> Response:
    """Log in with the key from now on. With the first factor come ten recovery codes."""
    view = await own.register(http.principal, body.token, body.credential, body.name)
    return http.answer(view, 201)


@router.get(
    "/mfa/security-keys",
    summary="List the security keys of the caller",
    openapi_extra=READ,
    responses=listed(schema_of(SECURITY_KEY_VIEW), SECURITY_KEY_LIST),
)
async def list_keys(http: Caller, page: PageQuery) -> Response:
    """The security keys of the caller, the oldest first."""
    return await http.list(SECURITY_KEY_LIST, page, user_id=http.principal.user_id)


@router.patch(
    "/mfa/security-keys/{id}",
    summary="Rename a security key",
    openapi_extra=WRITE,
    responses=answers(schema_of(SECURITY_KEY_VIEW), 200, *CHANGED, InvalidValue, body=True),
)
async def rename(http: Caller, id: IdPath, body: SecurityKeyPatch) -> Response:  # noqa: A002
    """Call a key by another name."""
    edit = Edit(http.id_of("sky", id), http.expected_version(), {"name": body.name})
    return http.answer(await answer_of(http.services.runner, RENAME_KEY, edit, http.principal))


@router.delete(
    "/mfa/security-keys/{id}",
    summary="Remove a security key",
    status_code=204,
    openapi_extra=PROVED,
    responses=responses(NotFound, LastFactor, ConcurrentChange),
)
async def remove_key(http: Caller, own: Own, id: IdPath) -> Response:  # noqa: A002
    """It proves nothing any more. With the last factor go recovery codes and other sessions."""
    await own.run(REMOVE_KEY, http.id_of("sky", id), http.principal)
    return Response(status_code=204)
