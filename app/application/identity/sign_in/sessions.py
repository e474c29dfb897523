"""Sessions: sign in, exchange a refresh token, sign out. Secrets never enter these commands."""

from datetime import datetime
from typing import Any

from app.application.identity.directory.kinds import (
    CREDENTIALS,
    LIVE_SESSIONS_OF_USER,
    SESSIONS,
)
from app.application.identity.directory.sessions import (
    end_session,
    end_sessions,
    membership_needs,
    role_of,
)
from app.application.identity.factors.ports import CHALLENGES, SECURITY_KEYS_OF_USER
from app.application.identity.factors.proving import (
    WRONG,
    Answered,
    NewChallenge,
    answered_challenge,
    factor_needs,
    factor_of,
    keep_challenge,
    take,
)
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Finder, Lock, Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.reading import Listing
from app.application.shared.work import Work
from app.domain.identity.factors.challenge import Purpose
from app.domain.identity.factors.errors import InvalidMfaToken, StepUpRequired
from app.domain.identity.factors.second_factor import Proof
from app.domain.identity.sign_in.errors import (
    InvalidCredentials,
    InvalidRefreshToken,
    RefreshTokenReused,
    SessionExpired,
)
from app.domain.identity.sign_in.session import Assurance, Session, SessionTerms
from app.domain.shared.errors import NotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

REUSED = "reused"
GRANTED = "granted"
SECOND_FACTOR = "second_factor"

SESSION_BY_FAMILY: Finder[Session] = Finder(
    "session_by_family", SESSIONS, lambda session: (session.family_hash,)
)
# The live sessions of the caller, in all companies; the newest id is the latest sign-in.
SESSION_LIST = Listing("sessions", sorts=("id",), filters=("user_id", "as_known_at"))


@frozen
class NewSession:
    """A session to be opened, by the hashes of its refresh token."""

    id: Id
    family_hash: bytes
    token_hash: bytes
    device: str
    terms: SessionTerms


@frozen
class SignIn:
    """A sign-in whose password was found right when it was chosen at ``password_changed_at``.

    ``stronger_hash`` replaces the ``verified_hash`` that was outdated. ``challenge`` is put to a
    user who has a second factor. ``kept_in`` is the session that the user comes from: the new one
    is as well proved.
    """

    session: NewSession
    verified_hash: str
    password_changed_at: datetime
    stronger_hash: str | None
    challenge: NewChallenge | None = None
    kept_in: Id | None = None


@frozen
class SecondStep:
    """The second step of a sign-in: the answer, its proof, and the session to be opened."""

    answered: Answered
    proof: Proof
    session: NewSession


@frozen
class Exchange:
    """A refresh token, by its hashes, to be replaced by a fresh one."""

    family_hash: bytes
    presented_hash: bytes
    fresh_hash: bytes
    terms: SessionTerms


def _granted(session: Session, role: str, now: datetime) -> Done:
    seconds = int((session.expires_at - now).total_seconds())
    return Done({"outcome": GRANTED, "role": role, "seconds": seconds}, status=200)


def _login_needs(request: SignIn, principal: Principal) -> Needs:
    # Held until the session is there: a change of the password waits for it, and ends it.
    needs = membership_needs(principal).one(CREDENTIALS, principal.user_id, lock=Lock.KEY_SHARE)
    return needs if request.kept_in is None else needs.one(SESSIONS, request.kept_in)


def _login(request: SignIn, work: Work) -> Done:
    user_id = work.principal.user_id
    role = role_of(work)
    credentials = work.find(CREDENTIALS, user_id)
    if role is None or credentials is None:
        raise InvalidCredentials
    kept = _kept(request, work)
    if credentials.changed_at != request.password_changed_at:
        raise InvalidCredentials  # another password was chosen while this one was checked
    if request.stronger_hash is not None and credentials.password_hash == request.verified_hash:
        work.put(CREDENTIALS, credentials.rehashed(request.stronger_hash))
        work.note("rehashed", "credentials", user_id)
    if credentials.second_factor and request.challenge is not None:
        return _ask(request.challenge, work, credentials.changed_at)
    if credentials.second_factor and not (kept and kept.second_factor):
        raise StepUpRequired
    return _open(work, request.session, role, kept)


def _kept(request: SignIn, work: Work) -> Assurance | None:
    """How well the user is known in the session that the request comes from; None at a login.

    Raises:
        SessionExpired: it has ended, and so it opens no other.
    """
    if request.kept_in is None:
        return None
    session = work.find(SESSIONS, request.kept_in)
    if session is None or session.user_id != work.principal.user_id:
        raise SessionExpired
    if not session.live(work.recorded_at):
        raise SessionExpired
    return session.assurance


def _open(
    work: Work, new: NewSession, role: str, assurance: Assurance | None, **facts: Any
) -> Done:
    """Open a session of the user of the principal; ``facts`` go to the audit trail."""
    principal, now = work.principal, work.recorded_at
    session = Session.opened(
        new.id,
        principal.user_id,
        principal.tenant_id,
        (new.family_hash, new.token_hash),
        (new.device, principal.address),
        new.terms,
        now,
        assurance,
    )
    work.put(SESSIONS, session)
    work.note("opened", "session", session.id, device=session.device, **facts)
    return _granted(session, role, now)


def _ask(fresh: NewChallenge, work: Work, changed_at: datetime) -> Done:
    """The password was right, and a second factor is asked for."""
    user_id = work.principal.user_id
    app = factor_of(work, user_id)
    keys = work.search(SECURITY_KEYS_OF_USER, user_id)
    keep_challenge(work, fresh, Purpose.LOGIN, changed_at)
    methods = {
        "totp": app.sealed_secret is not None,
        "security_key": bool(keys),
        "recovery_code": app.recovery_codes_left > 0,
    }
    found = [name for name, there in methods.items() if there]
    credential_ids = [key.credential_id.hex() for key in keys]
    return Done({"outcome": SECOND_FACTOR, "methods": found, "credential_ids": credential_ids})


def _verify_needs(step: SecondStep, principal: Principal) -> Needs:
    needs = membership_needs(principal).join(factor_needs(principal.user_id))
    needs.one(CHALLENGES, step.answered.challenge_id)
    return needs.one(CREDENTIALS, principal.user_id, lock=Lock.KEY_SHARE)


def _verify(step: SecondStep, work: Work) -> Done:
    user_id = work.principal.user_id
    challenge = answered_challenge(work, Purpose.LOGIN, step.answered)
    credentials = work.find(CREDENTIALS, user_id)
    role = role_of(work)
    if role is None or credentials is None or challenge.tenant_id != work.principal.tenant_id:
        raise InvalidMfaToken
    if credentials.changed_at != challenge.password_changed_at:
        raise InvalidMfaToken  # another password was chosen since the first step
    if not take(work, user_id, step.proof):
        # An answer and not a refusal: the failure must be kept.
        work.put(CHALLENGES, challenge.failed())
        return Done({"outcome": WRONG})
    work.put(CHALLENGES, challenge.used(work.recorded_at))
    assurance = Assurance(work.recorded_at, second_factor=True)
    return _open(work, step.session, role, assurance, second_factor=step.proof.method)


def _refresh_needs(request: Exchange, principal: Principal) -> Needs:
    return membership_needs(principal).search(SESSION_BY_FAMILY, request.family_hash)


def _refresh(request: Exchange, work: Work) -> Done:
    now = work.recorded_at
    role = role_of(work)
    found = work.search(SESSION_BY_FAMILY, request.family_hash)
    if role is None or not found:
        raise InvalidRefreshToken
    [session] = found
    try:
        session = session.rotated(request.presented_hash, request.fresh_hash, request.terms, now)
    except RefreshTokenReused:
        # An answer and not a refusal: the end of the session must be kept.
        end_session(work, session, "reuse")
        work.event("session.reuse_detected", session.id)
        return Done({"outcome": REUSED}, status=200)
    work.put(SESSIONS, session)
    work.note("refreshed", "session", session.id)
    return _granted(session, role, now)


def _logout(family_hash: bytes, work: Work) -> Done:
    for session in work.search(SESSION_BY_FAMILY, family_hash):
        end_session(work, session, "logout")
    return Done(None)


def _logout_all(_: None, work: Work) -> Done:
    return Done(end_sessions(work, work.principal.user_id, "logout_all"))


def _end_one(session_id: Id, work: Work) -> Done:
    session = work.find(SESSIONS, session_id)
    if session is None or session.user_id != work.principal.user_id:
        raise NotFound
    if not session.live(work.recorded_at):
        raise NotFound
    end_session(work, session, "ended_by_user")
    return Done(None)


LOGIN = Command("auth.login", PUBLIC, _login_needs, _login)
VERIFY = Command("auth.mfa.verify", PUBLIC, _verify_needs, _verify)
REFRESH = Command("auth.refresh", PUBLIC, _refresh_needs, _refresh)
LOGOUT: Command[bytes] = Command(
    "auth.logout", PUBLIC, lambda family, _: Needs().search(SESSION_BY_FAMILY, family), _logout
)
LOGOUT_ALL: Command[None] = Command(
    "auth.logout_all",
    "profile:write",
    lambda _, principal: Needs().search(LIVE_SESSIONS_OF_USER, principal.user_id),
    _logout_all,
)
END_SESSION: Command[Id] = Command(
    "auth.end_session",
    "profile:write",
    lambda session_id, _: Needs().one(SESSIONS, session_id),
    _end_one,
)
