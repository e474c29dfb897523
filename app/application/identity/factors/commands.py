"""Enrolling and removing second factors. Secrets and codes enter these commands sealed or hashed.

Every change holds the credentials of the user. A sign-in waits for it there, and reads with them
whether a second factor is demanded; so none that began before ends up without it.
"""

from typing import Any

from app.application.identity.directory.kinds import (
    ACTIVE_MEMBERSHIPS_OF_USER,
    CREDENTIALS,
    LIVE_SESSIONS_OF_USER,
    SESSIONS,
    TENANTS,
)
from app.application.identity.directory.sessions import end_sessions
from app.application.identity.factors.ports import (
    CHALLENGES,
    SECOND_FACTORS,
    SECURITY_KEYS,
    SECURITY_KEYS_OF_USER,
    RegisteredKey,
)
from app.application.identity.factors.proving import (
    Answered,
    NewChallenge,
    answered_challenge,
    factor_needs,
    factor_of,
    has_factor,
    keep_challenge,
)
from app.application.identity.factors.views import SECURITY_KEY_VIEW
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.masters import Edit
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.identity.factors.challenge import Purpose
from app.domain.identity.factors.errors import LastFactor, NoSecondFactor, TooManySecurityKeys
from app.domain.identity.factors.second_factor import SecondFactor
from app.domain.identity.factors.security_key import KEYS_MAX, SecurityKey
from app.domain.identity.sign_in.session import Session
from app.domain.shared.errors import NotFound, StaleVersion
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

_PERMISSION = "profile:write"


@frozen
class Confirm:
    """The first code of the app behind ``sealed`` was right; it is of ``step``."""

    sealed: bytes
    step: int
    code_hashes: tuple[bytes, ...]


@frozen
class Ask:
    """A ceremony with a security key that the caller begins."""

    purpose: Purpose
    fresh: NewChallenge


@frozen
class Register:
    """A security key that answered a challenge."""

    answered: Answered
    key: RegisteredKey
    name: str
    code_hashes: tuple[bytes, ...]


def _held_needs(user_id: Id) -> Needs:
    # The factors are read once the lock is held, so those that it waited for are seen, too.
    return Needs().one(CREDENTIALS, user_id, lock=Lock.UPDATE)


def _own_needs(_: Any, principal: Principal) -> Needs:
    return _held_needs(principal.user_id)


def _held(work: Work) -> Id:
    """The caller, whose factors are loaded now that nobody else changes them."""
    user_id = work.principal.user_id
    work.need(factor_needs(user_id))
    return user_id


def _enrol(sealed: bytes, work: Work) -> Done:
    user_id = _held(work)
    work.put(SECOND_FACTORS, factor_of(work, user_id).enrolling(sealed, work.recorded_at))
    work.note("enrolment_begun", "second_factor", user_id, method="totp")
    work.event("user.second_factor_begun", user_id, method="totp")
    return Done(None)


def _confirm(request: Confirm, work: Work) -> Done:
    user_id = _held(work)
    factor = factor_of(work, user_id).confirmed(request.sealed, request.step, work.recorded_at)
    work.note("added", "second_factor", user_id, method="totp")
    return _added(work, factor, request.code_hashes, "totp")


def _added(work: Work, factor: SecondFactor, hashes: tuple[bytes, ...], method: str) -> Done:
    """Keep a factor that was added. The first one ends what was opened without it."""
    user_id, own_id = work.principal.user_id, work.principal.session_id
    credentials = work.get(CREDENTIALS, user_id)
    renewed = not factor.recovery_hashes
    work.put(SECOND_FACTORS, factor.with_codes(hashes) if renewed else factor)
    for session in _own_session(work):
        work.put(SESSIONS, session.proved(work.recorded_at, second_factor=True))
    ended: list[str] = []
    if not credentials.second_factor:
        ended = end_sessions(work, user_id, "second_factor_added", but=own_id)
    work.put(CREDENTIALS, credentials.demanding(second_factor=True))
    work.event("user.second_factor_added", user_id, method=method)
    return Done({"ended": ended, "renewed": renewed})


def _own_session(work: Work) -> list[Session]:
    """The session of the caller; none where it is over."""
    live = work.search(LIVE_SESSIONS_OF_USER, work.principal.user_id)
    return [session for session in live if session.id == work.principal.session_id]


def _remove_app(_: None, work: Work) -> Done:
    user_id = _held(work)
    factor = factor_of(work, user_id)
    if factor.sealed_secret is None:
        raise NotFound
    work.put(SECOND_FACTORS, factor.without_app())
    work.note("removed", "second_factor", user_id, method="totp")
    return _removed(work, "totp")


def _remove_key(key_id: Id, work: Work) -> Done:
    _held(work)
    key = _own_key(key_id, work)
    work.put(SECURITY_KEYS, key.removed(work.recorded_at))
    work.note("removed", "security_key", key.id, name=key.name)
    return _removed(work, "security_key")


def _removed(work: Work, method: str) -> Done:
    """After a factor was removed. With the last one go its codes and the other sessions."""
    user_id, own_id = work.principal.user_id, work.principal.session_id
    work.event("user.second_factor_removed", user_id, method=method)
    if has_factor(work, user_id):
        return Done({"ended": []})
    for membership in work.search(ACTIVE_MEMBERSHIPS_OF_USER, user_id):
        tenant = work.get(TENANTS, membership.tenant_id)
        if tenant.active and tenant.mfa_required:
            raise LastFactor
    forget_factors(work, user_id)
    for session in _own_session(work):
        work.put(SESSIONS, session.without_factor())
    return Done({"ended": end_sessions(work, user_id, "second_factor_removed", but=own_id)})


def forget_factors(work: Work, user_id: Id) -> None:
    """Take away everything beside the password: app, recovery codes, security keys.

    The credentials are held, and the factors read after that.
    """
    work.need(factor_needs(user_id))
    factor = work.find(SECOND_FACTORS, user_id)
    if factor is not None:
        work.put(SECOND_FACTORS, factor.without_all())
    for key in work.search(SECURITY_KEYS_OF_USER, user_id):
        work.put(SECURITY_KEYS, key.removed(work.recorded_at))
    credentials = work.get(CREDENTIALS, user_id)
    work.put(CREDENTIALS, credentials.demanding(second_factor=False))


def _forget_all(user_id: Id, work: Work) -> Done:
    forget_factors(work, user_id)
    ended = end_sessions(work, user_id, "second_factors_reset")
    work.note("second_factors_reset", "user", user_id, by="operator")
    work.event("user.second_factors_reset", user_id)
    return Done(len(ended))


def _renew(hashes: tuple[bytes, ...], work: Work) -> Done:
    user_id = _held(work)
    if not has_factor(work, user_id):
        raise NoSecondFactor
    work.put(SECOND_FACTORS, factor_of(work, user_id).with_codes(hashes))
    work.note("recovery_codes_renewed", "second_factor", user_id)
    work.event("user.recovery_codes_renewed", user_id)
    return Done(None)


def _ask_needs(_: Ask, principal: Principal) -> Needs:
    return Needs().one(CREDENTIALS, principal.user_id)


def _ask(request: Ask, work: Work) -> Done:
    principal = work.principal
    credentials = work.get(CREDENTIALS, principal.user_id)
    keep_challenge(work, request.fresh, request.purpose, credentials.changed_at)
    return Done(None)


def _register_needs(request: Register, principal: Principal) -> Needs:
    return _held_needs(principal.user_id).one(CHALLENGES, request.answered.challenge_id)


def _register(request: Register, work: Work) -> Done:
    user_id, now = _held(work), work.recorded_at
    challenge = answered_challenge(work, Purpose.REGISTER, request.answered)
    work.put(CHALLENGES, challenge.used(now))
    if len(work.search(SECURITY_KEYS_OF_USER, user_id)) >= KEYS_MAX:
        raise TooManySecurityKeys(maximum=KEYS_MAX)
    new = request.key.credential_id, request.key.public_key, request.key.sign_count
    key = SecurityKey.new(work.new_id(), user_id, new, request.name, now)
    key = work.put(SECURITY_KEYS, key)
    work.note("added", "security_key", key.id, name=key.name)
    done = _added(work, factor_of(work, user_id), request.code_hashes, "security_key")
    return Done({**done.view, "key": SECURITY_KEY_VIEW.show(key)})


def _own_key(key_id: Id, work: Work) -> SecurityKey:
    """A security key of the caller.

    Raises:
        NotFound: there is none.
    """
    key = work.find(SECURITY_KEYS, key_id)
    if key is None or key.user_id != work.principal.user_id or key.removed_at is not None:
        raise NotFound
    return key


def _rename(edit: Edit, work: Work) -> Done:
    key = _own_key(edit.id, work)
    if key.version != edit.expected_version:
        raise StaleVersion
    renamed = key.renamed(edit.members["name"])
    if renamed != key:
        renamed = work.put(SECURITY_KEYS, renamed)
        work.note("changed", "security_key", key.id, name=[key.name, renamed.name])
    return Done(SECURITY_KEY_VIEW.show(renamed), status=200)


# By the operator of the service, for a user who lost every factor and works for several companies.
FORGET_ALL: Command[Id] = Command(
    "auth.mfa.forget_all", PUBLIC, lambda user_id, _: _held_needs(user_id), _forget_all
)
ENROL_APP = Command("auth.mfa.enrol_app", _PERMISSION, _own_needs, _enrol)
CONFIRM_APP = Command("auth.mfa.confirm_app", _PERMISSION, _own_needs, _confirm)
REMOVE_APP = Command("auth.mfa.remove_app", _PERMISSION, _own_needs, _remove_app)
RENEW_CODES = Command("auth.mfa.renew_codes", _PERMISSION, _own_needs, _renew)
ASK = Command("auth.mfa.ask", _PERMISSION, _ask_needs, _ask)
REGISTER_KEY = Command("auth.mfa.register_key", _PERMISSION, _register_needs, _register)
RENAME_KEY = Command(
    "auth.mfa.rename_key",
    _PERMISSION,
    lambda edit, _: Needs().one(SECURITY_KEYS, edit.id),
    _rename,
)
REMOVE_KEY = Command("auth.mfa.remove_key", _PERMISSION, _own_needs, _remove_key)
