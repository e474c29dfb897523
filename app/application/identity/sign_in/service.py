"""Signing up, in and out: the steps around the commands that touch passwords and secrets.

Slow hashes and tokens are made outside of any transaction; the commands see hashes only.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog

from app.application.identity.audit.refusals import Refusals
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.ports import (
    CREDENTIALS,
    TENANTS,
    USERS,
    Access,
    AccessTokens,
    Account,
    Directory,
    PasswordHasher,
)
from app.application.identity.factors.challenge_tokens import ChallengeToken, NewChallenge
from app.application.identity.factors.enrolment import Enrolling
from app.application.identity.factors.second_factors import SecondFactors
from app.application.identity.factors.views import SecondFactorView
from app.application.identity.keys.api_key_service import KeyKeeping
from app.application.identity.keys.signing_keys import Signing
from app.application.identity.members.joining import Joining
from app.application.identity.operators.sign_in import Operators
from app.application.identity.sign_in.account import OwnAccount
from app.application.identity.sign_in.proof import PasswordProof
from app.application.identity.sign_in.recovery import Recovery
from app.application.identity.sign_in.refresh_tokens import RefreshToken
from app.application.identity.sign_in.registration import TELL_OWNER, Company, Registration
from app.application.identity.sign_in.sessions import (
    LOGIN,
    LOGOUT,
    LOGOUT_ALL,
    REFRESH,
    REUSED,
    SECOND_FACTOR,
    Exchange,
    OpenSession,
)
from app.application.identity.sign_in.views import MeView, TokensView
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.reading import Reader
from app.domain.identity.sign_in.errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidRefreshToken,
    RefreshTokenReused,
    SessionOver,
)
from app.domain.identity.sign_in.passwords import check_password, normal_password
from app.domain.identity.sign_in.session import SessionTerms
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ConcurrentChange, ReferenceNotFound
from app.domain.shared.ids import Id, show

_log = structlog.get_logger("app.identity")
_REGISTER_TRIES = 3
# Whoever registers the address of somebody again and again fills no trail of his.
_TOLD_AGAIN_SECONDS = 3_600.0
_TOLD_MAX = 20_000


class IdentityService:
    """What the routes under ``/auth`` do.

    ``account`` does it for a caller who is signed in, ``joining`` lets people join a company,
    ``recovery`` lets in again who forgot the password, ``factors`` asks for more than a password,
    ``enrolling`` keeps what it asks for, and ``operators`` signs in those who run the platform.
    ``register`` is the command that makes a user and his company with everything it starts with.
    Beyond its hash a registration takes at least ``register_seconds_min``: what is written for a
    new address and for a known one differs, and the time of the answer must not tell which it was.
    """

    def __init__(
        self,
        *,
        runner: CommandRunner,
        reader: Reader,
        directory: Directory,
        hasher: PasswordHasher,
        proof: PasswordProof,
        signing: Signing,
        tokens: AccessTokens,
        account: OwnAccount,
        joining: Joining,
        refusals: Refusals,
        recovery: Recovery,
        factors: SecondFactors,
        enrolling: Enrolling,
        api_keys: KeyKeeping,
        operators: Operators,
        register: Command[Registration],
        terms: SessionTerms,
        clock: Clock,
        new_id: Callable[[], Id],
        register_seconds_min: float,
    ) -> None:
        self._runner = runner
        self._reader = reader
        self._directory = directory
        self._hasher = hasher
        self._proof = proof
        self.signing = signing
        self._register = register
        self._terms = terms
        self._clock = clock
        self.new_id = new_id
        self._register_seconds_min = register_seconds_min
        self._access_tokens = tokens
        self._told: OrderedDict[Id, float] = OrderedDict()
        self.account = account
        self.joining = joining
        self.refusals = refusals
        self.recovery = recovery
        self.factors = factors
        self.enrolling = enrolling
        self.api_keys = api_keys
        self.operators = operators

    async def start(self) -> None:
        """Open the signing keys; the first start makes the first one."""
        await self.signing.start()

    async def stop(self) -> None:
        """End the threads and look-ups of this service."""
        await self.refusals.stop()
        await self._access_tokens.close()
        await self.operators.close()
        self._hasher.close()

    async def verify(self, token: str, address: str = "") -> Principal:
        """The caller behind an access token or API key; raises as ``AccessTokens.verify``."""
        return await self._access_tokens.verify(token, address)

    def known(self, token: str, address: str = "") -> Principal | None:
        """The caller behind a token that was verified a moment ago, None if it was not."""
        return self._access_tokens.known(token, address)

    def forget(self, session_ids: Sequence[Id]) -> None:
        """Look these sessions up anew at their next request: somebody changed what they may do."""
        self._access_tokens.forget(session_ids)

    def forget_member(self, tenant_id: Id, user_id: Id) -> None:
        """Look up the sessions of a member anew at their next request."""
        self._access_tokens.forget_member(tenant_id, user_id)

    def forget_company(self, tenant_id: Id) -> None:
        """Look up the sessions of a company anew at their next request."""
        self._access_tokens.forget_company(tenant_id)

    async def register(
        self,
        email: str,
        password: str,
        display_name: str | None,
        company: Company,
        origin: Origin,
    ) -> None:
        """Make a user and his company; for a known address tell its owner instead (rulings R-22).

        Raises:
            InvalidValue: a member without its form, whether or not the address is known.
            PasswordTooShort, PasswordCommon, PasswordPersonal: choose another password.
            HashingBusy: nothing was done.
        """
        draft = Registration(email, display_name, "", company)
        draft.check(self._clock.now())
        check_password(password, email=email, company=company.name)
        password_hash = await self._hasher.hash(normal_password(password))
        started = time.monotonic()  # until here both are alike, however long hashes take
        await self._keep(Registration(email, display_name, password_hash, company), origin)
        await asyncio.sleep(max(0.0, started + self._register_seconds_min - time.monotonic()))

    async def _keep(self, registration: Registration, origin: Origin) -> None:
        principal = principal_from(self.new_id(), self.new_id(), origin)
        for _ in range(_REGISTER_TRIES):
            known = await self._directory.account(registration.email_folded)
            if known is not None:
                if known.tenant_id is not None and self._tell_again(known.user_id):
                    owner = principal_from(known.tenant_id, known.user_id, origin)
                    await self._run(TELL_OWNER, known.user_id, owner)
                return
            try:
                await self._run(self._register, registration, principal)
            except EmailTaken:
                continue  # somebody was faster; the address is known now
            return
        raise ConcurrentChange

    def _tell_again(self, user_id: Id) -> bool:
        """Whether somebody is told that his address was registered: once an hour at most."""
        now = time.monotonic()
        told = self._told.get(user_id)
        if told is not None and now - told < _TOLD_AGAIN_SECONDS:
            return False
        self._told[user_id] = now
        self._told.move_to_end(user_id)
        if len(self._told) > _TOLD_MAX:
            self._told.popitem(last=False)
        return True

    async def login(
        self, email: str, password: str, origin: Origin, company_id: Id | None = None
    ) -> TokensView | SecondFactorView:
        """Open a session for a company: the one named, else the one that was made first.

        Whoever has a second factor gets no tokens yet, but what its proof must carry.

        Raises:
            InvalidCredentials: unknown address, wrong password, switched off, no member of the
                company: all alike.
            LoginThrottled: too many failures; also the right password waits.
            HashingBusy: nothing was done.
        """
        account, stronger = await self._proof.prove(email, password, origin)
        tenant_id = company_id or account.tenant_id
        if tenant_id is None:
            raise self._proof.refused(account, origin)
        await self._proof.succeeded(email, origin.address)
        token = ChallengeToken.fresh(self.new_id())
        challenge = NewChallenge.of(token)
        try:
            opened, asked = await self._open(account, tenant_id, stronger, origin, challenge)
        except InvalidCredentials:
            raise self._proof.refused(account, origin) from None
        return opened or self.factors.asked(token, challenge, asked)

    async def switch(self, principal: Principal, company_id: Id, device: str) -> TokensView:
        """Open a session of the caller for another company of his; the present one goes on.

        The new session is as well proved as the present one.

        Raises:
            ReferenceNotFound: the caller does not work for the company.
            SessionOver: the session of the caller has ended.
            StepUpRequired: he has a second factor, and did not prove himself by it here.
        """
        needs = Needs().one(CREDENTIALS, principal.user_id)
        loaded = await self._reader.load(None, needs)
        credentials = loaded.present.get(CREDENTIALS, {}).get((principal.user_id,))
        if credentials is None:
            raise SessionOver
        account = Account(
            principal.user_id,
            active=True,
            password_hash=credentials.password_hash,
            password_changed_at=credentials.changed_at,
            tenant_id=company_id,
        )
        origin = Origin(principal.request_id, principal.address, device)
        try:
            opened, _ = await self._open(
                account, company_id, None, origin, kept_in=principal.session_id
            )
        except InvalidCredentials:
            raise ReferenceNotFound.at("/company_id") from None
        return opened  # type: ignore[no-any-return]

    async def _open(
        self,
        account: Account,
        tenant_id: Id,
        stronger: str | None,
        origin: Origin,
        challenge: NewChallenge | None = None,
        kept_in: Id | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        refresh = RefreshToken.fresh()
        session_id = self.new_id()
        request = OpenSession(
            session_id=session_id,
            family_hash=refresh.family_hash,
            token_hash=refresh.token_hash,
            device=origin.device,
            verified_hash=account.password_hash,
            password_changed_at=account.password_changed_at,
            stronger_hash=stronger,
            terms=self._terms,
            challenge=challenge,
            kept_in=kept_in,
        )
        principal = principal_from(tenant_id, account.user_id, origin, session_id)
        view: dict[str, Any] = await self._run(LOGIN, request, principal)
        if view["outcome"] == SECOND_FACTOR:
            return None, view
        return await self.issue(principal, view, refresh), view

    async def refresh(self, refresh_token: str, origin: Origin) -> TokensView:
        """Exchange a refresh token for a new pair.

        Raises:
            InvalidRefreshToken: unknown, or its session has ended.
            RefreshSuperseded: another request exchanged it a moment ago.
            RefreshTokenReused: it was exchanged before; its session is over now.
        """
        presented = RefreshToken.read(refresh_token)
        found = await self._directory.session(presented.family_hash)
        if found is None:
            raise InvalidRefreshToken
        session_id, user_id, tenant_id = found
        fresh = presented.next()
        exchange = Exchange(
            presented.family_hash, presented.token_hash, fresh.token_hash, self._terms
        )
        principal = principal_from(tenant_id, user_id, origin, session_id)
        view = await self._run(REFRESH, exchange, principal)
        if view["outcome"] == REUSED:
            self._access_tokens.forget([session_id])
            _log.warning("refresh_token_reused", session=session_id.hex(), user_id=user_id.hex())
            raise RefreshTokenReused
        return await self.issue(principal, view, fresh)

    async def issue(
        self, principal: Principal, view: dict[str, Any], refresh: RefreshToken
    ) -> TokensView:
        """The tokens of a session that a command has opened or renewed."""
        await self.signing.fresh()
        access = Access(
            session_id=principal.session_id,
            user_id=principal.user_id,
            tenant_id=principal.tenant_id,
            role=view["role"],
            live_until=self._clock.now() + timedelta(seconds=view["seconds"]),
        )
        access_token, seconds = self._access_tokens.issue(access)
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in_seconds": seconds,
            "refresh_token": str(refresh),
            "refresh_expires_in_seconds": view["seconds"],
        }

    async def logout(self, refresh_token: str, origin: Origin) -> None:
        """End the session of a refresh token; one that is unknown or over needs no ending."""
        try:
            presented = RefreshToken.read(refresh_token)
        except InvalidRefreshToken:
            return
        found = await self._directory.session(presented.family_hash)
        if found is None:
            return
        session_id, user_id, tenant_id = found
        principal = principal_from(tenant_id, user_id, origin, session_id)
        await self._run(LOGOUT, presented.family_hash, principal)
        self._access_tokens.forget([session_id])

    async def logout_all(self, principal: Principal) -> None:
        """End every session of the caller, this one too."""
        ended = await self._run(LOGOUT_ALL, None, principal)
        self._access_tokens.forget([Id(bytes.fromhex(each)) for each in ended])

    async def me(self, principal: Principal) -> MeView:
        """The caller, his company, and what he may do there. For a key, who answers for it.

        Raises:
            SessionOver: the user or the company is gone.
        """
        user_id = principal.on_behalf_of if principal.key_mode else principal.user_id
        needs = Needs().one(USERS, user_id).one(TENANTS, principal.tenant_id)
        loaded = await self._reader.load(None, needs)
        user = loaded.present.get(USERS, {}).get((user_id,))
        tenant = loaded.present.get(TENANTS, {}).get((principal.tenant_id,))
        if user is None or tenant is None:
            raise SessionOver
        return {
            "user_id": show("usr", user.id),
            "session_id": None if principal.key_mode else show("ses", principal.session_id),
            "email": user.email,
            "display_name": user.display_name,
            "tenant_id": show("tnt", tenant.id),
            "company": tenant.name,
            "role": principal.role,
            "permissions": sorted(principal.permissions),
            "api_key": None,
            "locale": user.locale,
            "time_zone": user.time_zone,
        }

    async def _run(self, command: Command[Any], input_: Any, principal: Principal) -> Any:
        """Run a command and read the view in its answer."""
        return await answer_of(self._runner, command, input_, principal)
