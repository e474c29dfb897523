"""Access tokens (JWT, RFC 9068): signed, and verified without a database.

A signature is checked once and cached for ``VERIFIED_SECONDS``. What can change during the life of
a token (logout, role, deactivation, suspension) is looked up by session and cached for at most
``ACCESS_SECONDS``, which bounds how late a node notices a change made on another node. The node
that makes the change drops its entry at once. A session in use is refreshed in the background
before its entry expires, so that a request seldom waits.
"""

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import jwt
import structlog

from app.application.identity.directory.ports import Access, AccessState
from app.application.shared.access import Principal
from app.domain.identity.sign_in.errors import SessionOver, TokenExpired, Unauthenticated
from app.domain.shared.clock import Clock
from app.domain.shared.errors import InvalidValue
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, read, show
from app.infrastructure.security.keys import SealedKeyRing

_log = structlog.get_logger("app.identity")

ALGORITHM: Final = "EdDSA"
TYPE: Final = "at+jwt"
LEEWAY_SECONDS: Final = 10
LIFE_SECONDS_MAX: Final = 900
VERIFIED_SECONDS: Final = 60.0
ACCESS_SECONDS: Final = 5.0
_LOOK_AGAIN_SECONDS: Final = 3.0
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
    until: float  # until when the signature need not be checked again, monotonic


@frozen
class _Known:
    access: Access | None
    principal: Principal | None
    since: float  # monotonic


class SignedAccessTokens:
    """Implements ``app.application.identity.directory.ports.AccessTokens``."""

    def __init__(
        self,
        keys: SealedKeyRing,
        directory: AccessState,
        clock: Clock,
        *,
        issuer: str,
        audience: str,
        life: timedelta,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._directory = directory
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._life_seconds = int(life.total_seconds())
        self._monotonic = monotonic
        self._verified: OrderedDict[bytes, _Claims] = OrderedDict()
        self._known: OrderedDict[Id, _Known] = OrderedDict()
        self._looking: dict[Id, asyncio.Task[_Known]] = {}
        self._forgotten = 0

    def issue(self, access: Access) -> tuple[str, int]:
        """A token for the session, and its lifetime in seconds."""
        kid, private = self._keys.signer()
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": show("usr", access.user_id),
            "tid": show("tnt", access.tenant_id),
            "sid": show("ses", access.session_id),
            "role": access.role,
            "jti": secrets.token_hex(16),
            "iat": now,
            "nbf": now,
            "exp": now + self._life_seconds,
        }
        token = jwt.encode(claims, private, ALGORITHM, headers={"kid": kid, "typ": TYPE})
        return token, self._life_seconds

    async def verify(self, token: str) -> Principal:
        """The principal of a token.

        Raises:
            Unauthenticated: the token is not valid.
            TokenExpired: it was valid and has expired.
            SessionOver: its session has ended, or its user was deactivated.
        """
        claims = await self._claims(token)
        if self._clock.now().timestamp() >= claims.expires_at + LEEWAY_SECONDS:
            raise TokenExpired
        known = await self._access(claims.session_id)
        access, principal = known.access, known.principal
        if access is None or principal is None or access.live_until <= self._clock.now():
            raise SessionOver
        if (access.user_id, access.tenant_id) != (claims.user_id, claims.tenant_id):
            raise Unauthenticated
        return principal

    def known(self, token: str) -> Principal | None:
        """The principal of a token that was verified a moment ago, without a look-up."""
        claims = self._verified.get(_digest(token))
        known = None if claims is None else self._known.get(claims.session_id)
        return None if known is None else known.principal

    async def close(self) -> None:
        """Stop the running look-ups."""
        tasks = list(self._looking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def forget(self, session_ids: Sequence[Id]) -> None:
        """Look these sessions up again at their next request."""
        self._forgotten += 1  # a look-up under way may have read the state before the change
        for session_id in session_ids:
            self._known.pop(session_id, None)
            self._looking.pop(session_id, None)

    def forget_member(self, tenant_id: Id, user_id: Id) -> None:
        """Look up every session of a user in a company again at its next request."""
        self.forget(
            [
                session_id
                for session_id, known in self._known.items()
                if known.access is not None
                and (known.access.tenant_id, known.access.user_id) == (tenant_id, user_id)
            ]
        )

    def forget_company(self, tenant_id: Id) -> None:
        """Look up every session of a company again at its next request."""
        self.forget(
            [
                session_id
                for session_id, known in self._known.items()
                if known.access is not None and known.access.tenant_id == tenant_id
            ]
        )

    async def _claims(self, token: str) -> _Claims:
        """The claims of a token whose signature was checked."""
        if len(token) > _LENGTH_MAX:
            raise Unauthenticated
        digest = _digest(token)
        claims = self._verified.get(digest)
        if claims is not None and self._monotonic() < claims.until:
            return claims
        claims = await self._checked(token)
        _remember(self._verified, digest, claims)
        return claims

    async def _checked(self, token: str) -> _Claims:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Unauthenticated from None
        # The key is chosen by its id among our own keys; other header members are ignored.
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
                tenant_id=read("tnt", claims["tid"]),
                expires_at=expires,
                until=self._monotonic() + VERIFIED_SECONDS,
            )
        except (InvalidValue, AttributeError):  # AttributeError: not a text
            raise Unauthenticated from None

    async def _access(self, session_id: Id) -> _Known:
        known = self._known.get(session_id)
        age = ACCESS_SECONDS if known is None else self._monotonic() - known.since
        if known is None or age >= ACCESS_SECONDS:
            # Shielded: another request may be waiting for the same answer.
            return await asyncio.shield(self._look(session_id))
        if age >= _LOOK_AGAIN_SECONDS:
            self._look(session_id)
        return known

    def _look(self, session_id: Id) -> asyncio.Task[_Known]:
        """The running look-up of a session, or a new one."""
        task = self._looking.get(session_id)
        if task is None:
            task = asyncio.create_task(self._look_up(session_id))
            self._looking[session_id] = task
            task.add_done_callback(lambda done: self._looked(session_id, done))
        return task

    async def _look_up(self, session_id: Id) -> _Known:
        since, forgotten = self._monotonic(), self._forgotten
        access = await self._directory.access(session_id)
        principal = None
        if access is not None:
            principal = Principal(
                tenant_id=access.tenant_id,
                user_id=access.user_id,
                session_id=session_id,
                role=access.role,
                permissions=access.permissions,
                standing=access.standing,
                locale=access.locale,
                proved_at=access.proved_at,
                second_factor=access.second_factor,
                mfa_missing=access.mfa_required and not access.second_factor,
                step_up_for_payouts=access.step_up_for_payouts,
            )
        known = _Known(access, principal, since)
        if forgotten == self._forgotten:
            _remember(self._known, session_id, known)
        return known

    def _looked(self, session_id: Id, task: asyncio.Task[_Known]) -> None:
        if self._looking.get(session_id) is task:
            del self._looking[session_id]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # Waiting requests get the error too; a failed background refresh keeps the old answer
            # until it expires.
            _log.warning("session_look_up_failed", error=type(error).__name__)


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode(errors="replace"), digest_size=24).digest()


def _remember(store: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    store[key] = value
    store.move_to_end(key)
    if len(store) > _REMEMBERED_MAX:
        store.popitem(last=False)
