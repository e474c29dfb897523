"""Operators of the platform sign in and out. They work for no company, and no company sees them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from typing_extensions import TypedDict

from app.application.identity.audit.operator_actions import act
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.ports import CREDENTIALS, OPERATORS, USERS, Access, KeyRing
from app.application.identity.factors.proving import PROVED, WRONG, factor_needs, has_factor, take
from app.application.identity.factors.second_factors import Offer, SecondFactors, check_one
from app.application.identity.sign_in.proof import PasswordProof
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, Done, answer_of
from app.application.shared.kinds import Kind, Lock, Needs
from app.application.shared.permissions import PLATFORM_PERMISSIONS, PUBLIC
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
    token_type: str
    expires_in_seconds: int
    scope: str


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
        return Done({"outcome": WRONG}, status=200)  # no refusal: the failure must be kept
    session = OperatorSession.opened(
        request.session_id,
        user_id,
        (request.device, work.principal.address),
        work.recorded_at,
        request.life,
    )
    work.put(OPERATOR_SESSIONS, session)
    act(work, "session.opened", "", device=session.device)
    return Done({"outcome": PROVED}, status=200)


def _logout(_: None, work: Work) -> Done:
    session = work.find(OPERATOR_SESSIONS, work.principal.session_id)
    if session is not None and session.revoked_at is None:
        work.put(OPERATOR_SESSIONS, session.revoked(work.recorded_at))
        act(work, "session.ended", "")
    return Done(None, status=200)


OPEN_OPERATOR_SESSION = Command("platform.login", PUBLIC, _login_needs, _login)
END_OPERATOR_SESSION: Command[None] = Command(
    "platform.logout",
    "platform:write",
    lambda _, principal: Needs().one(OPERATOR_SESSIONS, principal.session_id),
    _logout,
)


class OperatorTokens(Protocol):
    """What ``AccessTokens`` do for people: no key is an operator."""

    def issue(self, access: Access) -> tuple[str, int]:
        """A signed token for the session, and its life in seconds."""
        ...

    async def verify(self, token: str) -> Principal:
        """The caller behind a token; raises as ``AccessTokens.verify``."""
        ...

    def known(self, token: str) -> Principal | None:
        """The caller behind a token that was verified a moment ago."""
        ...

    def forget(self, session_ids: Sequence[Id]) -> None:
        """Look these sessions up anew at their next request."""
        ...

    async def close(self) -> None:
        """End what goes on in the background."""
        ...


class Operators:
    """Signs operators in. ``tokens`` have an audience of their own: no other route takes them."""

    def __init__(
        self,
        *,
        runner: CommandRunner,
        proof: PasswordProof,
        factors: SecondFactors,
        keys: KeyRing,
        tokens: OperatorTokens,
        clock: Clock,
        new_id: Callable[[], Id],
        life: timedelta,
    ) -> None:
        self._runner = runner
        self._proof = proof
        self._factors = factors
        self._keys = keys
        self._tokens = tokens
        self._clock = clock
        self._new_id = new_id
        self._life = life

    async def login(
        self, email: str, password: str, origin: Origin, offer: Offer
    ) -> OperatorTokensView:
        """Open a session of an operator.

        Raises:
            InvalidCredentials: unknown address, wrong password, switched off, no operator: alike.
            SecondFactorRequired: the operator has a second factor, and no code was sent.
            SecondFactorWrong, ProofChoice: the code is wrong, or two were sent.
            LoginThrottled: too many failures.
            HashingBusy: nothing was done.
        """
        if offer.given:
            check_one(offer)
        account, _ = await self._proof.prove(email, password, origin)
        session_id = self._new_id()
        principal = principal_from(NO_ID, account.user_id, origin, session_id)
        proof = None
        if offer.given:
            proof = await self._factors.proof(account.user_id, offer)
        wish = OpenOperatorSession(
            session_id, origin.device, account.password_changed_at, self._life, proof
        )
        try:
            view = await answer_of(self._runner, OPEN_OPERATOR_SESSION, wish, principal)
        except InvalidCredentials:
            raise self._proof.refused(account, origin) from None
        if view["outcome"] == WRONG:
            raise SecondFactorWrong
        await self._proof.succeeded(email, origin.address)
        await self._keys.refresh()
        until = self._clock.now() + self._life
        token, seconds = self._tokens.issue(
            Access(session_id, account.user_id, NO_ID, _ROLE, until)
        )
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in_seconds": seconds,
            "scope": "platform",
        }

    async def verify(self, token: str, _address: str = "") -> Principal:
        """The operator behind a token; raises as ``AccessTokens.verify``."""
        return _operator(await self._tokens.verify(token))

    def known(self, token: str, _address: str = "") -> Principal | None:
        """The operator behind a token that was verified a moment ago, None if it was not."""
        found = self._tokens.known(token)
        return None if found is None else _operator(found)

    async def logout(self, principal: Principal) -> None:
        """End the session of the caller."""
        await answer_of(self._runner, END_OPERATOR_SESSION, None, principal)
        self._tokens.forget([principal.session_id])

    async def close(self) -> None:
        """End what goes on in the background."""
        await self._tokens.close()


def _operator(principal: Principal) -> Principal:
    return replace(principal, permissions=PLATFORM_PERMISSIONS, on_behalf_of=principal.user_id)
