"""Sessions: sign in, exchange a refresh token, sign out. Secrets never enter these commands."""

from datetime import datetime
from typing import Any

from app.application.identity.directory.ports import (
    CREDENTIALS,
    LIVE_SESSIONS_OF_USER,
    MEMBERSHIPS,
    SESSION_BY_FAMILY,
    SESSIONS,
    TENANTS,
    USERS,
)
from app.application.identity.factors.challenge_tokens import NewChallenge
from app.application.identity.factors.ports import SECURITY_KEYS_OF_USER
from app.application.identity.factors.proving import factor_of, keep_challenge
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.identity.factors.challenge import Purpose
from app.domain.identity.factors.errors import StepUpRequired
from app.domain.identity.sign_in.errors import (
    InvalidCredentials,
    InvalidRefreshToken,
    RefreshTokenReused,
    SessionOver,
)
from app.domain.identity.sign_in.session import Assurance, Session, SessionTerms
from app.domain.shared.errors import NotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

REUSED = "reused"
GRANTED = "granted"
SECOND_FACTOR = "second_factor"


@frozen
class OpenSession:
    """A sign-in whose password was found right when it was chosen at ``password_changed_at``.

    ``stronger_hash`` replaces the ``verified_hash`` that was outdated. ``challenge`` is put to a
    user who has a second factor. ``kept_in`` is the session he comes from, if it still goes on: he
    is as well known in the new one.
    """

    session_id: Id
    family_hash: bytes
    token_hash: bytes
    device: str
    verified_hash: str
    password_changed_at: datetime
    stronger_hash: str | None
    terms: SessionTerms
    challenge: NewChallenge | None = None
    kept_in: Id | None = None


@frozen
class Exchange:
    """A refresh token, by its hashes, to be replaced by a fresh one."""

    family_hash: bytes
    presented_hash: bytes
    fresh_hash: bytes
    terms: SessionTerms


def place_needs(principal: Principal) -> Needs:
    """The user, the company, and his place in it."""
    needs = Needs().one(USERS, principal.user_id).one(TENANTS, principal.tenant_id)
    return needs.one(MEMBERSHIPS, principal.tenant_id, principal.user_id, lock=Lock.NONE)


def role_of(work: Work) -> str | None:
    """The user's role in the company; None when he is switched off or the company goes.

    Whoever works for a suspended company signs in, reads and exports.
    """
    principal = work.principal
    user = work.find(USERS, principal.user_id)
    tenant = work.find(TENANTS, principal.tenant_id)
    membership = work.find(MEMBERSHIPS, principal.tenant_id, principal.user_id)
    if user is None or tenant is None or membership is None:
        return None
    return membership.role if user.active and not tenant.purging and membership.active else None


def _granted(session: Session, role: str, now: datetime) -> Done:
    seconds = int((session.expires_at - now).total_seconds())
    return Done({"outcome": GRANTED, "role": role, "seconds": seconds}, status=200)


def _login_needs(request: OpenSession, principal: Principal) -> Needs:
    # Held until the session is there: whoever changes the password waits for it, and ends it.
    needs = place_needs(principal).one(CREDENTIALS, principal.user_id, lock=Lock.KEY_SHARE)
    return needs if request.kept_in is None else needs.one(SESSIONS, request.kept_in)


def _login(request: OpenSession, work: Work) -> Done:
    principal = work.principal
    role = role_of(work)
    credentials = work.find(CREDENTIALS, principal.user_id)
    if role is None or credentials is None:
        raise InvalidCredentials
    kept = _kept(request, work)
    if credentials.changed_at != request.password_changed_at:
        raise InvalidCredentials  # another password was chosen while this one was checked
    if request.stronger_hash is not None and credentials.password_hash == request.verified_hash:
        work.put(CREDENTIALS, credentials.rehashed(request.stronger_hash))
        work.note("rehashed", "credentials", principal.user_id)
    if credentials.second_factor and request.challenge is not None:
        return _ask(request.challenge, work, credentials.changed_at)
    if credentials.second_factor and not (kept and kept.second_factor):
        raise StepUpRequired
    return open_session(work, request, role, kept)


def _kept(request: OpenSession, work: Work) -> Assurance | None:
    """How well the user is known in the session that he comes from; None where he logs in.

    Raises:
        SessionOver: it has ended, and so it opens no other.
    """
    if request.kept_in is None:
        return None
    session = work.find(SESSIONS, request.kept_in)
    if session is None or session.user_id != work.principal.user_id:
        raise SessionOver
    if not session.live(work.recorded_at):
        raise SessionOver
    return session.assurance


def open_session(
    work: Work, request: OpenSession, role: str, assurance: Assurance | None, **facts: Any
) -> Done:
    """Open a session of the user of the principal; ``facts`` go to the audit trail."""
    principal, now = work.principal, work.recorded_at
    session = Session.opened(
        request.session_id,
        principal.user_id,
        principal.tenant_id,
        (request.family_hash, request.token_hash),
        (request.device, principal.address),
        request.terms,
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
    work.note("asked", "challenge", fresh.id, purpose=str(Purpose.LOGIN))
    methods = {
        "totp": app.sealed_secret is not None,
        "security_key": bool(keys),
        "recovery_code": app.recovery_codes_left > 0,
    }
    found = [name for name, there in methods.items() if there]
    credential_ids = [key.credential_id.hex() for key in keys]
    return Done({"outcome": SECOND_FACTOR, "methods": found, "credential_ids": credential_ids})


def _refresh_needs(request: Exchange, principal: Principal) -> Needs:
    return place_needs(principal).search(SESSION_BY_FAMILY, request.family_hash)


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


def _logout_needs(family_hash: bytes, _: Principal) -> Needs:
    return Needs().search(SESSION_BY_FAMILY, family_hash)


def _logout(family_hash: bytes, work: Work) -> Done:
    for session in work.search(SESSION_BY_FAMILY, family_hash):
        end_session(work, session, "logout")
    return Done(None)


def _logout_all_needs(_: None, principal: Principal) -> Needs:
    return Needs().search(LIVE_SESSIONS_OF_USER, principal.user_id)


def _logout_all(_: None, work: Work) -> Done:
    sessions = work.search(LIVE_SESSIONS_OF_USER, work.principal.user_id)
    for session in sessions:
        end_session(work, session, "logout_all")
    return Done([session.id.hex() for session in sessions])


def _revoke_all(_: None, work: Work) -> Done:
    found = work.search(LIVE_SESSIONS_OF_USER, work.principal.user_id)
    for session in found:
        end_session(work, session, "keys_replaced")
    return Done(len(found))


def end_session(work: Work, session: Session, reason: str) -> None:
    """End a session, unless it has ended already; the audit trail has the reason."""
    if session.revoked_at is None:
        work.put(SESSIONS, session.revoked(work.recorded_at))
        work.note("ended", "session", session.id, reason=reason)


def _end_one(session_id: Id, work: Work) -> Done:
    session = work.find(SESSIONS, session_id)
    if session is None or session.user_id != work.principal.user_id:
        raise NotFound
    if not session.live(work.recorded_at):
        raise NotFound
    end_session(work, session, "ended_by_user")
    return Done(None)


LOGIN = Command("auth.login", PUBLIC, _login_needs, _login)
REFRESH = Command("auth.refresh", PUBLIC, _refresh_needs, _refresh)
LOGOUT = Command("auth.logout", PUBLIC, _logout_needs, _logout)
LOGOUT_ALL = Command("auth.logout_all", "profile:write", _logout_all_needs, _logout_all)
REVOKE_ALL = Command("auth.revoke_all", PUBLIC, _logout_all_needs, _revoke_all)
END_SESSION: Command[Id] = Command(
    "auth.end_session",
    "profile:write",
    lambda session_id, _: Needs().one(SESSIONS, session_id),
    _end_one,
)
