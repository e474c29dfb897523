"""Step-up: a fresh proof of the caller before a sensitive action."""

from datetime import datetime

from app.application.identity.directory.kinds import CREDENTIALS, SESSIONS
from app.application.identity.factors.kinds import CHALLENGES
from app.application.identity.factors.proving import (
    PROVED,
    WRONG,
    Answered,
    answered_challenge,
    factor_needs,
    has_factor,
    take,
)
from app.application.identity.factors.views import StepUpView
from app.application.shared.access import STEP_UP_LIFE, Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.wording import instant
from app.application.shared.work import Work
from app.domain.identity.factors.challenge import Purpose
from app.domain.identity.factors.errors import SecondFactorRequired
from app.domain.identity.factors.second_factor import Proof
from app.domain.identity.sign_in.errors import SessionOver
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.frozen import frozen


@frozen
class StepUp:
    """A fresh proof of the caller.

    ``password_changed_at`` is that of the password that was found right, None where none was sent.
    """

    password_changed_at: datetime | None
    proof: Proof | None
    answered: Answered | None


def _needs(request: StepUp, principal: Principal) -> Needs:
    needs = factor_needs(principal.user_id).one(SESSIONS, principal.session_id)
    if request.answered is not None:
        needs.one(CHALLENGES, request.answered.challenge_id)
    return needs.one(CREDENTIALS, principal.user_id, lock=Lock.KEY_SHARE)


def _step_up(request: StepUp, work: Work) -> Done:
    principal, now = work.principal, work.recorded_at
    credentials = work.get(CREDENTIALS, principal.user_id)
    session = work.find(SESSIONS, principal.session_id)
    if session is None or not session.live(now):
        raise SessionOver
    if request.password_changed_at not in (None, credentials.changed_at):
        raise ConcurrentChange  # another one was chosen while this one was checked
    if request.proof is None and has_factor(work, principal.user_id):
        raise SecondFactorRequired.at("/code")
    if request.answered is not None:
        challenge = answered_challenge(work, Purpose.STEP_UP, request.answered)
        work.put(CHALLENGES, challenge.used(now))
    if request.proof is not None and not take(work, principal.user_id, request.proof):
        return Done({"outcome": WRONG})
    method = "password" if request.proof is None else request.proof.method
    work.put(SESSIONS, session.proved(now, second_factor=request.proof is not None))
    work.note("proved", "session", session.id, method=method)
    work.event("session.proved", session.id, method=method)
    view = StepUpView(proved_at=instant(now), good_until=instant(now + STEP_UP_LIFE))
    return Done({"outcome": PROVED, "view": view})


STEP_UP = Command("auth.step_up", "profile:write", _needs, _step_up)
