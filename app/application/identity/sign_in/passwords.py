"""Choosing another password: the old one is no longer good, and nobody stays signed in with it."""

from datetime import datetime

from app.application.identity.directory.kinds import CREDENTIALS
from app.application.identity.directory.sessions import end_sessions
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.work import Work
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.frozen import frozen


@frozen
class NewPassword:
    """The hash of the new password, in place of the one chosen at ``password_changed_at``."""

    password_hash: str
    password_changed_at: datetime


def _needs(_: NewPassword, principal: Principal) -> Needs:
    # The sessions are read after the lock is held, so those of logins that it waited for too.
    return Needs().one(CREDENTIALS, principal.user_id, lock=Lock.UPDATE)


def _change(request: NewPassword, work: Work) -> Done:
    principal = work.principal
    credentials = work.get(CREDENTIALS, principal.user_id)
    if credentials.changed_at != request.password_changed_at:
        raise ConcurrentChange  # another one was chosen while this one was checked
    work.put(CREDENTIALS, credentials.changed(request.password_hash, work.recorded_at))
    user_id, own_id = principal.user_id, principal.session_id
    ended = end_sessions(work, user_id, "password_changed", but=own_id)
    work.note("password_changed", "user", principal.user_id)
    work.event("user.password_changed", principal.user_id)
    return Done(ended)


CHANGE_PASSWORD = Command("auth.change_password", "profile:write", _needs, _change)
