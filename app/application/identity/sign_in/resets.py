"""Resetting a password: a token is sent, and opens one choice of a new password.

Secrets never enter these commands: they see the hash of the token and the sealed message.
"""

from app.application.identity.directory.ports import (
    CREDENTIALS,
    LIVE_SESSIONS_OF_USER,
    PASSWORD_RESETS,
    USERS,
)
from app.application.identity.members.members import acted_on, end_sessions_here, member_needs
from app.application.identity.sign_in.sessions import end_session
from app.application.identity.sign_in.views import EndedSessions
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.messages import MESSAGES, Message
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.identity.sign_in.errors import ResetInvalid
from app.domain.identity.sign_in.password_reset import PasswordReset
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

RESET_MESSAGE = "password_reset"


@frozen
class SendReset:
    """Send a token to a user: its hash, and the sealed message that holds it."""

    user_id: Id
    token_hash: bytes
    message_id: Id
    sealed: bytes


@frozen
class ResetPassword:
    """Let the user of the principal have a new password, by the token with this hash."""

    token_hash: bytes
    password_hash: str


def _send_needs(wish: SendReset, _: Principal) -> Needs:
    return Needs().one(USERS, wish.user_id).one(PASSWORD_RESETS, wish.user_id)


def _put_reset(wish: SendReset, work: Work) -> None:
    now = work.recorded_at
    reset = PasswordReset.requested(wish.user_id, wish.token_hash, now)
    work.put(PASSWORD_RESETS, reset)
    recipient = work.get(USERS, wish.user_id).email
    message = Message(
        wish.message_id,
        recipient,
        RESET_MESSAGE,
        wish.sealed,
        created_at=now,
        expires_at=reset.expires_at,
        delivered_at=None,
        version=1,
    )
    work.put(MESSAGES, message)


def _request(wish: SendReset, work: Work) -> Done:
    _put_reset(wish, work)
    work.note("password_reset_requested", "user", wish.user_id)
    work.event("user.password_reset_requested", wish.user_id)
    return Done(None)


def _member_needs(wish: SendReset, principal: Principal) -> Needs:
    return member_needs(wish.user_id, principal).join(_send_needs(wish, principal))


def _reset_member(wish: SendReset, work: Work) -> Done:
    acted_on(wish.user_id, work)
    _put_reset(wish, work)
    ended = end_sessions_here(wish.user_id, work, "password_reset_by_company")
    work.note("password_reset_sent", "member", wish.user_id, ended=ended)
    work.event("member.password_reset_sent", wish.user_id)
    return Done(EndedSessions(ended=ended), status=202)


def _reset_needs(_: ResetPassword, principal: Principal) -> Needs:
    # The sessions are read after the lock is held, so those of logins that it waited for too.
    needs = Needs().one(CREDENTIALS, principal.user_id, lock=Lock.UPDATE)
    return needs.one(PASSWORD_RESETS, principal.user_id)


def _reset(wish: ResetPassword, work: Work) -> Done:
    user_id, now = work.principal.user_id, work.recorded_at
    credentials = work.get(CREDENTIALS, user_id)
    reset = work.find(PASSWORD_RESETS, user_id)
    if reset is None:
        raise ResetInvalid.at("/token")
    reset.check(wish.token_hash, credentials.changed_at, now)
    work.put(CREDENTIALS, credentials.changed(wish.password_hash, now))
    sessions = work.search(LIVE_SESSIONS_OF_USER, user_id)
    for session in sessions:
        end_session(work, session, "password_reset")
    work.note("password_reset", "user", user_id)
    work.event("user.password_reset", user_id)
    return Done([session.id.hex() for session in sessions])


REQUEST_RESET = Command("auth.request_reset", PUBLIC, _send_needs, _request)
RESET_PASSWORD = Command("auth.reset_password", PUBLIC, _reset_needs, _reset)
# An owner of one company must not take over a user of another, so the token goes to the user alone.
RESET_MEMBER = Command("members.reset_password", "members:write", _member_needs, _reset_member)
