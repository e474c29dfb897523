"""Resetting a password: a token is sent, and opens one choice of a new password.

Secrets never enter these commands: they see the hash of the token and the sealed message.
"""

from app.application.identity.directory.kinds import CREDENTIALS, USERS
from app.application.identity.directory.sessions import end_sessions
from app.application.identity.directory.tokens import TokenForm
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Kind, Lock, Needs
from app.application.shared.messages import MESSAGES, Message
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.identity.sign_in.errors import ResetInvalid
from app.domain.identity.sign_in.password_reset import PasswordReset
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

# One row a user: the newest token takes the place of the one before.
PASSWORD_RESETS: Kind[PasswordReset] = Kind(
    "password_resets", key=lambda each: (each.user_id,), lock=Lock.UPDATE
)
# Its id is that of the user whose password it resets.
RESET_TOKEN = TokenForm("pr_", b"reset", lambda: ResetInvalid.at("/token"))
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


def reset_needs(request: SendReset, _: Principal) -> Needs:
    """What ``keep_reset`` looks at."""
    return Needs().one(USERS, request.user_id).one(PASSWORD_RESETS, request.user_id)


def keep_reset(request: SendReset, work: Work) -> None:
    """Keep the token, and the message that brings it to the user."""
    now = work.recorded_at
    reset = PasswordReset.requested(request.user_id, request.token_hash, now)
    work.put(PASSWORD_RESETS, reset)
    recipient = work.get(USERS, request.user_id).email
    message = Message(
        request.message_id,
        recipient,
        RESET_MESSAGE,
        request.sealed,
        created_at=now,
        expires_at=reset.expires_at,
        delivered_at=None,
        version=1,
    )
    work.put(MESSAGES, message)


def _request(request: SendReset, work: Work) -> Done:
    keep_reset(request, work)
    work.note("password_reset_requested", "user", request.user_id)
    work.event("user.password_reset_requested", request.user_id)
    return Done(None)


def _choose_needs(_: ResetPassword, principal: Principal) -> Needs:
    # The sessions are read after the lock is held, so those of logins that it waited for too.
    needs = Needs().one(CREDENTIALS, principal.user_id, lock=Lock.UPDATE)
    return needs.one(PASSWORD_RESETS, principal.user_id)


def _reset(request: ResetPassword, work: Work) -> Done:
    user_id, now = work.principal.user_id, work.recorded_at
    credentials = work.get(CREDENTIALS, user_id)
    reset = work.find(PASSWORD_RESETS, user_id)
    if reset is None:
        raise ResetInvalid.at("/token")
    reset.check(request.token_hash, credentials.changed_at, now)
    work.put(CREDENTIALS, credentials.changed(request.password_hash, now))
    ended = end_sessions(work, user_id, "password_reset")
    work.note("password_reset", "user", user_id)
    work.event("user.password_reset", user_id)
    return Done(ended)


REQUEST_RESET = Command("auth.request_reset", PUBLIC, reset_needs, _request)
RESET_PASSWORD = Command("auth.reset_password", PUBLIC, _choose_needs, _reset)
