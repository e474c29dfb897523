"""Proving oneself: the second step of a sign-in, and once more before a sensitive action."""

from datetime import datetime

from app.application.identity.directory.ports import CREDENTIALS, SESSIONS
from app.application.identity.factors.ports import CHALLENGES
from app.application.identity.factors.proving import (
    PROVED,
    WRONG,
    factor_needs,
    has_factor,
    own_challenge,
    take,
)
from app.application.identity.factors.views import StepUpView
from app.application.identity.sign_in.sessions import (
    OpenSession,
    open_session,
    place_needs,
    role_of,
)
from app.application.shared.access import STEP_UP_LIFE, Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.wording import instant
from app.application.shared.work import Work
from app.domain.identity.factors.challenge import Purpose
from app.domain.identity.factors.errors import InvalidMfaToken, SecondFactorRequired
from app.domain.identity.factors.second_factor import Proof
from app.domain.identity.sign_in.errors import SessionOver
from app.domain.identity.sign_in.session import Assurance
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class Answered:
    """The answer to a challenge: its token, by id and hash."""

    challenge_id: Id
    token_hash: bytes


@frozen
class Verify:
    """The second step of a sign-in: the answer, its proof, and the session to be opened."""

    answered: Answered
    proof: Proof
    session: OpenSession


@frozen
class StepUp:
    """A caller proves himself once more.

    ``password_changed_at`` is that of the password that was found right, None where none was sent.
    """

    password_changed_at: datetime | None
    proof: Proof | None
    answered: Answered | None


def _verify_needs(wish: Verify, principal: Principal) -> Needs:
    needs = place_needs(principal).join(factor_needs(principal.user_id))
    needs.one(CHALLENGES, wish.answered.challenge_id)
    return needs.one(CREDENTIALS, principal.user_id, lock=Lock.KEY_SHARE)


def _verify(wish: Verify, work: Work) -> Done:
    user_id = work.principal.user_id
    answered = wish.answered
    challenge = own_challenge(work, Purpose.LOGIN, answered.challenge_id, answered.token_hash)
    credentials = work.find(CREDENTIALS, user_id)
    role = role_of(work)
    if role is None or credentials is None or challenge.tenant_id != work.principal.tenant_id:
        raise InvalidMfaToken
    if credentials.changed_at != challenge.password_changed_at:
        raise InvalidMfaToken  # another password was chosen since the first step
    if not take(work, user_id, wish.proof):
        # An answer and not a refusal: the failure must be kept.
        work.put(CHALLENGES, challenge.failed())
        return Done({"outcome": WRONG})
    work.put(CHALLENGES, challenge.used(work.recorded_at))
    assurance = Assurance(work.recorded_at, second_factor=True)
    return open_session(work, wish.session, role, assurance, second_factor=wish.proof.method)


def _step_up_needs(wish: StepUp, principal: Principal) -> Needs:
    needs = factor_needs(principal.user_id).one(SESSIONS, principal.session_id)
    if wish.answered is not None:
        needs.one(CHALLENGES, wish.answered.challenge_id)
    return needs.one(CREDENTIALS, principal.user_id, lock=Lock.KEY_SHARE)


def _step_up(wish: StepUp, work: Work) -> Done:
    principal, now = work.principal, work.recorded_at
    credentials = work.get(CREDENTIALS, principal.user_id)
    session = work.find(SESSIONS, principal.session_id)
    if session is None or not session.live(now):
        raise SessionOver
    if wish.password_changed_at not in (None, credentials.changed_at):
        raise ConcurrentChange  # another one was chosen while this one was checked
    if wish.proof is None and has_factor(work, principal.user_id):
        raise SecondFactorRequired.at("/code")
    if wish.answered is not None:
        answered = wish.answered
        challenge = own_challenge(work, Purpose.STEP_UP, answered.challenge_id, answered.token_hash)
        work.put(CHALLENGES, challenge.used(now))
    if wish.proof is not None and not take(work, principal.user_id, wish.proof):
        return Done({"outcome": WRONG})
    method = "password" if wish.proof is None else wish.proof.method
    work.put(SESSIONS, session.proved(now, second_factor=wish.proof is not None))
    work.note("proved", "session", session.id, method=method)
    work.event("session.proved", session.id, method=method)
    view = StepUpView(proved_at=instant(now), good_until=instant(now + STEP_UP_LIFE))
    return Done({"outcome": PROVED, "view": view})


VERIFY = Command("auth.mfa.verify", PUBLIC, _verify_needs, _verify)
STEP_UP = Command("auth.step_up", "profile:write", _step_up_needs, _step_up)
