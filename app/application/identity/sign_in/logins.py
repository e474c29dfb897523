"""Signing in and out: the steps around the commands that touch passwords and secrets.

Slow hashes and tokens are made outside of any transaction; the commands see hashes only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from app.application.identity.directory.kinds import CREDENTIALS
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.ports import Access, AccessTokens, Directory
from app.application.identity.directory.reading import read_one
from app.application.identity.factors.proving import CHALLENGE_TOKEN, WRONG, NewChallenge
from app.application.identity.factors.step_up import Offer, SecondFactors
from app.application.identity.factors.views import SecondFactorView
from app.application.identity.keys.ports import KeyRing
from app.application.identity.sign_in.proof import PasswordProof
from app.application.identity.sign_in.refresh_tokens import RefreshToken
from app.application.identity.sign_in.sessions import (
    LOGIN,
    LOGOUT,
    REFRESH,
    REUSED,
    SECOND_FACTOR,
    VERIFY,
    Exchange,
    NewSession,
    SecondStep,
    SignIn,
)
from app.application.identity.sign_in.views import TokensView
from app.application.shared.access import Principal
from app.application.shared.commands import CommandRunner, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.reading import Reader
from app.domain.identity.factors.challenge import Purpose
from app.domain.identity.factors.errors import SecondFactorWrong
from app.domain.identity.sign_in.errors import (
    InvalidCredentials,
    InvalidRefreshToken,
    RefreshTokenReused,
    SessionExpired,
)
from app.domain.identity.sign_in.session import SessionTerms
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ReferenceNotFound
from app.domain.shared.ids import Id

_log = structlog.get_logger("app.identity")


@dataclass(slots=True, eq=False)
class Logins:
    """Opens, renews and ends the sessions of people, each for one company."""

    runner: CommandRunner
    reader: Reader
    directory: Directory
    proof: PasswordProof
    factors: SecondFactors
    ring: KeyRing
    tokens: AccessTokens
    terms: SessionTerms
    clock: Clock
    new_id: Callable[[], Id]

    async def login(
        self, email: str, password: str, origin: Origin, company_id: Id | None = None
    ) -> TokensView | SecondFactorView:
        """Open a session for a company: the one named, else the one that was made first.

        A user with a second factor gets no tokens yet, but what its proof must carry.
        """
        account, stronger = await self.proof.prove(email, password, origin)
        tenant_id = company_id or await self.directory.first_company(account.user_id)
        if tenant_id is None:
            raise self.proof.refused(account, origin)
        await self.proof.succeeded(email, origin.address)
        token = CHALLENGE_TOKEN.fresh(self.new_id())
        challenge = NewChallenge.of(token)
        refresh, session = self._new_session(origin.device)
        request = SignIn(
            session, account.password_hash, account.password_changed_at, stronger, challenge
        )
        principal = principal_from(tenant_id, account.user_id, origin, session.id)
        try:
            view = await answer_of(self.runner, LOGIN, request, principal)
        except InvalidCredentials:
            raise self.proof.refused(account, origin) from None
        if view["outcome"] == SECOND_FACTOR:
            return self.factors.asked(token, challenge, view)
        return await self._issue(principal, view, refresh)

    async def verify(self, token_text: str, offer: Offer, origin: Origin) -> TokensView:
        """The second step of a login that asked for a second factor."""
        offer.check_one()
        answered, challenge = await self.factors.challenge(token_text, Purpose.LOGIN)
        refresh, session = self._new_session(origin.device)
        principal = principal_from(challenge.tenant_id, challenge.user_id, origin, session.id)
        proof = await self.factors.proof(challenge.user_id, offer, challenge.challenge)
        view = await self.factors.run(VERIFY, SecondStep(answered, proof, session), principal)
        if view["outcome"] == WRONG:
            _log.warning("second_factor_refused", user_id=principal.user_id.hex())
            raise SecondFactorWrong
        return await self._issue(principal, view, refresh)

    async def switch(self, principal: Principal, company_id: Id, device: str) -> TokensView:
        """Open a session of the caller for another company; the present one goes on.

        The new session is as well proved as the present one.
        """
        user_id = principal.user_id
        loaded = await self.reader.load(None, Needs().one(CREDENTIALS, user_id))
        credentials = read_one(loaded, CREDENTIALS, user_id)
        if credentials is None:
            raise SessionExpired
        refresh, session = self._new_session(device)
        request = SignIn(
            session,
            credentials.password_hash,
            credentials.changed_at,
            stronger_hash=None,
            kept_in=principal.session_id,
        )
        origin = Origin(principal.request_id, principal.address, device)
        there = principal_from(company_id, user_id, origin, session.id)
        try:
            view = await answer_of(self.runner, LOGIN, request, there)
        except InvalidCredentials:
            raise ReferenceNotFound.at("/company_id") from None
        return await self._issue(there, view, refresh)

    async def refresh(self, refresh_token: str, origin: Origin) -> TokensView:
        """Exchange a refresh token for a new pair."""
        presented = RefreshToken.read(refresh_token)
        principal = await self._principal_of(presented, origin)
        if principal is None:
            raise InvalidRefreshToken
        fresh = presented.next()
        exchange = Exchange(
            presented.family_hash, presented.token_hash, fresh.token_hash, self.terms
        )
        view = await answer_of(self.runner, REFRESH, exchange, principal)
        if view["outcome"] == REUSED:
            session_id, user_id = principal.session_id, principal.user_id
            self.tokens.forget([session_id])
            _log.warning("refresh_token_reused", session=session_id.hex(), user_id=user_id.hex())
            raise RefreshTokenReused
        return await self._issue(principal, view, fresh)

    async def logout(self, refresh_token: str, origin: Origin) -> None:
        """End the session of a refresh token; one that is unknown or over needs no ending."""
        try:
            presented = RefreshToken.read(refresh_token)
        except InvalidRefreshToken:
            return
        principal = await self._principal_of(presented, origin)
        if principal is not None:
            await answer_of(self.runner, LOGOUT, presented.family_hash, principal)
            self.tokens.forget([principal.session_id])

    async def _principal_of(self, presented: RefreshToken, origin: Origin) -> Principal | None:
        """The user whose session a refresh token belongs to; None when it is unknown."""
        found = await self.directory.session(presented.family_hash)
        if found is None:
            return None
        session_id, user_id, tenant_id = found
        return principal_from(tenant_id, user_id, origin, session_id)

    def _new_session(self, device: str) -> tuple[RefreshToken, NewSession]:
        """A session to be opened, and its first refresh token."""
        refresh = RefreshToken.fresh()
        session = NewSession(
            self.new_id(), refresh.family_hash, refresh.token_hash, device, self.terms
        )
        return refresh, session

    async def _issue(
        self, principal: Principal, view: dict[str, Any], refresh: RefreshToken
    ) -> TokensView:
        """The tokens of a session that a command has opened or renewed."""
        await self.ring.refresh()  # other nodes may have made a key a moment ago
        access = Access(
            session_id=principal.session_id,
            user_id=principal.user_id,
            tenant_id=principal.tenant_id,
            role=view["role"],
            live_until=self.clock.now() + timedelta(seconds=view["seconds"]),
        )
        access_token, seconds = self.tokens.issue(access)
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in_seconds": seconds,
            "refresh_token": str(refresh),
            "refresh_expires_in_seconds": view["seconds"],
        }
