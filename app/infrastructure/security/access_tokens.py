"""Access tokens: signed statements (JWT, RFC 9068) about the caller, checked without a database.

A signature is checked once and remembered for ``VERIFIED_SECONDS``. What can change behind a token
(logout, role, an account switched off, a company suspended) is looked up by session and remembered
for at most ``ACCESS_SECONDS``: so long a node may go on as before when another node changed it.
The node that ends it forgets it at once. A session in use is looked up again in the background
before that time is over, so that a request seldom waits for it.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, Protocol

import jwt

from app.application.identity.directory.ports import Access
from app.application.shared.access import Principal
from app.domain.identity.sign_in.errors import SessionExpired, TokenExpired, Unauthenticated
from app.domain.shared.clock import Clock
from app.domain.shared.errors import InvalidValue
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, read, show
from app.infrastructure.security.keys import SealedKeyRing
from app.infrastructure.security.remembered import Remembered

ALGORITHM: Final = "EdDSA"
TYPE: Final = "at+jwt"
LEEWAY_SECONDS: Final = 10
LIFE_SECONDS_MAX: Final = 900
VERIFIED_SECONDS: Final = 60.0
ACCESS_SECONDS: Final = 5.0
LOOK_AGAIN_SECONDS: Final = 3.0
_LENGTH_MAX: Final = 2_048
_REMEMBERED_MAX: Final = 20_000
_HEADER: Final = frozenset({"alg", "kid", "typ"})
_CLAIMS: Final = ("iss", "aud", "sub", "tid", "sid", "role", "jti", "iat", "nbf", "exp")


@frozen
class _Claims:
    session_id: Id
    user_id: Id
    tenant_id: Id
    expires_at: int  # Unix seconds
    until: float  # how long the signature need not be checked again, monotonic


@frozen
class _Known:
    """What is behind a session; None when it has ended, which is remembered, too."""

    access: Access | None
    principal: Principal | None


class AccessState(Protocol):
    """What is behind access tokens."""

    async def access(self, session_id: Id) -> Access | None:
        """What the session may do; None when it was ended, or its user switched off."""
        ...


def principal_of(access: Access) -> Principal:
    """The caller behind a session of a company."""
    return Principal(
        tenant_id=access.tenant_id,
        user_id=access.user_id,
        session_id=access.session_id,
        role=access.role,
        permissions=access.permissions,
        company_status=access.company_status,
        locale=access.locale,
        proved_at=access.proved_at,
        second_factor=access.second_factor,
        mfa_missing=access.mfa_required and not access.second_factor,
        payout_step_up_required=access.payout_step_up_required,
    )


class SignedAccessTokens:
    """Implements ``app.application.identity.directory.ports.AccessTokens``, but for API keys.

    ``caller`` makes the principal of what is behind a session.
    """

    def __init__(
        self,
        keys: SealedKeyRing,
        directory: AccessState,
        clock: Clock,
        *,
        issuer: str,
        audience: str,
        life: timedelta,
        caller: Callable[[Access], Principal] = principal_of,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._directory = directory
        self._clock = clock
        self._caller = caller
        self._issuer = issuer
        self._audience = audience
        self._life_seconds = int(life.total_seconds())
        self._monotonic = monotonic
        self._verified: OrderedDict[bytes, _Claims] = OrderedDict()
        self._known: Remembered[Id, _Known] = Remembered(
            self._look_up,
            seconds=ACCESS_SECONDS,
            again_seconds=LOOK_AGAIN_SECONDS,
            monotonic=monotonic,
        )

    def issue(self, access: Access) -> tuple[str, int]:
        """A token for the session, and its life in seconds."""
        kid, private = self._keys.signer()
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": show("usr", access.user_id),
            "tid": show("cmp", access.tenant_id),
            "sid": show("ses", access.session_id),
            "role": access.role,
            "jti": secrets.token_hex(16),
            "iat": now,
            "nbf": now,
            "exp": now + self._life_seconds,
        }
        token = jwt.encode(claims, private, ALGORITHM, headers={"kid": kid, "typ": TYPE})
        return token, self._life_seconds

    async def verify(self, token: str, _address: str = "") -> Principal:
        """The caller behind a token.

        Raises:
            Unauthenticated: it proves nothing.
            TokenExpired: it did once.
            SessionExpired: its session has ended, or its user is switched off.
        """
        claims = await self._claims(token)
        if self._clock.now().timestamp() >= claims.expires_at + LEEWAY_SECONDS:
            raise TokenExpired
        known = await self._known.get(claims.session_id)
        if known is None or known.access is None or known.principal is None:
            raise SessionExpired
        access, principal = known.access, known.principal
        if access.live_until <= self._clock.now():
            raise SessionExpired
        if (access.user_id, access.tenant_id) != (claims.user_id, claims.tenant_id):
            raise Unauthenticated
        return principal

    def known(self, token: str, _address: str = "") -> Principal | None:
        """The caller behind a token that was verified a moment ago, without looking anything up."""
        claims = self._verified.get(_digest(token))
        known = None if claims is None else self._known.last(claims.session_id)
        return None if known is None else known.principal

    async def close(self) -> None:
        """Stop the look-ups under way."""
        await self._known.close()

    def forget(self, session_ids: Sequence[Id]) -> None:
        """Look these sessions up anew at their next request."""
        self._known.forget(*session_ids)

    def forget_member(self, tenant_id: Id, user_id: Id) -> None:
        """Look up every session of a user in a company anew at its next request."""
        member = (tenant_id, user_id)
        self._forget_where(lambda access: (access.tenant_id, access.user_id) == member)

    def forget_company(self, tenant_id: Id) -> None:
        """Look up every session of a company anew at its next request."""
        self._forget_where(lambda access: access.tenant_id == tenant_id)

    def _forget_where(self, fits: Callable[[Access], bool]) -> None:
        self._known.forget_where(lambda each: each.access is not None and fits(each.access))

    async def _claims(self, token: str) -> _Claims:
        """What the token says, once its signature was checked."""
        if len(token) > _LENGTH_MAX:
            raise Unauthenticated
        digest = _digest(token)
        claims = self._verified.get(digest)
        if claims is not None and self._monotonic() < claims.until:
            return claims
        claims = await self._checked(token)
        self._verified[digest] = claims
        self._verified.move_to_end(digest)
        if len(self._verified) > _REMEMBERED_MAX:
            self._verified.popitem(last=False)
        return claims

    async def _checked(self, token: str) -> _Claims:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Unauthenticated from None
        # The key is chosen by its id among our own; nothing else in a header is of any interest.
        if header.keys() != _HEADER or header["alg"] != ALGORITHM or header["typ"] != TYPE:
            raise Unauthenticated
        key = await self._keys.find(header["kid"])
        if key is None:
            raise Unauthenticated
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                options={
                    "require": list(_CLAIMS),
                    # Times are compared with the service's own clock, below.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.PyJWTError:
            raise Unauthenticated from None
        return self._read(claims)

    def _read(self, claims: dict[str, Any]) -> _Claims:
        times = claims["iat"], claims["nbf"], claims["exp"]
        if not all(type(each) is int for each in times):
            raise Unauthenticated
        issued, not_before, expires = times
        latest = self._clock.now().timestamp() + LEEWAY_SECONDS
        if max(issued, not_before) > latest or expires - issued > LIFE_SECONDS_MAX:
            raise Unauthenticated
        try:
            return _Claims(
                session_id=read("ses", claims["sid"]),
                user_id=read("usr", claims["sub"]),
                tenant_id=read("cmp", claims["tid"]),
                expires_at=expires,
                until=self._monotonic() + VERIFIED_SECONDS,
            )
        except (InvalidValue, AttributeError):  # AttributeError: not a text
            raise Unauthenticated from None

    async def _look_up(self, session_id: Id) -> _Known:
        access = await self._directory.access(session_id)
        return _Known(access, None if access is None else self._caller(access))


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode(errors="replace"), digest_size=24).digest()
