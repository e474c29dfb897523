"""Operators of the platform sign in and out. They work for no company, and no company sees them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from typing_extensions import TypedDict

from app.application.identity.audit.operator_actions import record_action
from app.application.identity.directory.kinds import CREDENTIALS, OPERATORS, USERS
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.ports import Access, AccessTokens
from app.application.identity.factors.proving import (
    PROVED,
    WRONG,
    factor_needs,
    has_factor,
    take,
)
from app.application.identity.factors.step_up import Offer, SecondFactors
from app.application.identity.keys.ports import KeyRing
from app.application.identity.sign_in.proof import PasswordProof
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, Done, answer_of
from app.application.shared.kinds import Kind, Lock, Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.identity.factors.errors import SecondFactorRequired, SecondFactorWrong
from app.domain.identity.factors.second_factor import Proof
from app.domain.identity.operators.operator import OperatorSession
from app.domain.identity.sign_in.errors import InvalidCredentials
from app.domain.shared.clock import Clock
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id

OPERATOR_SESSIONS: Kind[OperatorSession] = Kind(
    "operator_sessions", key=lambda each: (each.id,), lock=Lock.UPDATE
)
_ROLE = "operator"


class OperatorTokensView(TypedDict):
    """An access token for the routes of the platform, and for no other."""

    access_token: str
    """Send it as `Authorization: Bearer <access_token>`."""
    token_type: str
    """Always `Bearer`."""
    expires_in_seconds: int
    """How long the access token is valid."""
    scope: str
    """Always `platform`: the token is good for its routes only."""


@frozen
class OpenOperatorSession:
    """A sign-in whose password was found right when it was chosen at ``password_changed_at``.

    ``proof`` is what was sent of a second factor, None where nothing was.
    """

    session_id: Id
    device: str
    password_changed_at: datetime
    life: timedelta
    proof: Proof | None


def _login_needs(_: OpenOperatorSession, principal: Principal) -> Needs:
    needs = factor_needs(principal.user_id).one(USERS, principal.user_id)
    needs.one(OPERATORS, principal.user_id)
    return needs.one(CREDENTIALS, principal.user_id, lock=Lock.KEY_SHARE)


def _login(request: OpenOperatorSession, work: Work) -> Done:
    user_id = work.principal.user_id
    user, operator = work.find(USERS, user_id), work.find(OPERATORS, user_id)
    credentials = work.find(CREDENTIALS, user_id)
    if user is None or operator is None or credentials is None:
        raise InvalidCredentials
    if not (user.active and operator.active):
        raise InvalidCredentials
    if credentials.changed_at != request.password_changed_at:
        raise InvalidCredentials  # another password was chosen while this one was checked
    if request.proof is None and has_factor(work, user_id):
        raise SecondFactorRequired.at("/code")
    if request.proof is not None and not take(work, user_id, request.proof):
        return Done({"outcome": WRONG}, status=200)  # an answer, so that the failure is kept
    session = OperatorSession.opened(
        request.session_id,
        user_id,
        (request.device, work.principal.address),
        work.recorded_at,
        request.life,
    )
    work.put(OPERATOR_SESSIONS, session)
    record_action(work, "session.opened", "", device=session.device)
    return Done({"outcome": PROVED}, status=200)


def _logout(_: None, work: Work) -> Done:
    session = work.find(OPERATOR_SESSIONS, work.principal.session_id)
    if session is not None and session.revoked_at is None:
        work.put(OPERATOR_SESSIONS, session.revoked(work.recorded_at))
        record_action(work, "session.ended", "")
    return Done(None, status=200)


OPEN_OPERATOR_SESSION = Command("platform.login", PUBLIC, _login_needs, _login)
END_OPERATOR_SESSION: Command[None] = Command(
    "platform.logout",
    "platform:write",
    lambda _, principal: Needs().one(OPERATOR_SESSIONS, principal.session_id),
    _logout,
)


@dataclass(slots=True, eq=False)
class OperatorLogins:
    """Signs operators in. ``tokens`` have an audience of their own: no other route takes them."""

    runner: CommandRunner
    proof: PasswordProof
    factors: SecondFactors
    ring: KeyRing
    tokens: AccessTokens
    clock: Clock
    new_id: Callable[[], Id]
    life: timedelta

    async def login(
        self, email: str, password: str, origin: Origin, offer: Offer
    ) -> OperatorTokensView:
        """Open a session of an operator."""
        if offer.given:
            offer.check_one()
        account, _ = await self.proof.prove(email, password, origin)
        session_id = self.new_id()
        principal = principal_from(NO_ID, account.user_id, origin, session_id)
        proof = None
        if offer.given:
            proof = await self.factors.proof(account.user_id, offer)
        request = OpenOperatorSession(
            session_id, origin.device, account.password_changed_at, self.life, proof
        )
        try:
            view = await answer_of(self.runner, OPEN_OPERATOR_SESSION, request, principal)
        except InvalidCredentials:
            raise self.proof.refused(account, origin) from None
        if view["outcome"] == WRONG:
            raise SecondFactorWrong
        await self.proof.succeeded(email, origin.address)
        await self.ring.refresh()
        until = self.clock.now() + self.life
        token, seconds = self.tokens.issue(Access(session_id, account.user_id, NO_ID, _ROLE, until))
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in_seconds": seconds,
            "scope": "platform",
        }

    async def logout(self, principal: Principal) -> None:
        """End the session of the caller."""
        await answer_of(self.runner, END_OPERATOR_SESSION, None, principal)
        self.tokens.forget([principal.session_id])
