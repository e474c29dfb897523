"""The way back in after a forgotten password: the steps around the commands that reset it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from app.application.identity.directory.kinds import CREDENTIALS, TENANTS, USERS
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.passwords import Passwords
from app.application.identity.directory.ports import AccessTokens, Directory, LoginThrottle
from app.application.identity.directory.reading import read_one
from app.application.identity.directory.sessions import end_sessions, session_ids
from app.application.identity.directory.tokens import SecretToken, TokenForm
from app.application.identity.sign_in.lasting import lasting
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, Done, answer_of
from app.application.shared.kinds import Kind, Lock, Needs
from app.application.shared.messages import MESSAGES, Envelopes, Message
from app.application.shared.permissions import PUBLIC
from app.application.shared.reading import Reader
from app.application.shared.work import Work
from app.domain.identity.companies.tenant import Tenant
from app.domain.identity.sign_in.errors import ResetInvalid
from app.domain.identity.sign_in.password_reset import PasswordReset
from app.domain.identity.sign_in.passwords import check_password
from app.domain.identity.sign_in.user import User
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import folded

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


@dataclass(slots=True, eq=False)
class PasswordRecovery:
    """Resets passwords by a token that only the owner of the address is sent.

    A request takes at least ``seconds_min``, as a registration does: what is written for a known
    address must not show in the time of the answer. ``requests`` delays those who ask again and
    again.
    """

    runner: CommandRunner
    reader: Reader
    directory: Directory
    passwords: Passwords
    requests: LoginThrottle
    tokens: AccessTokens
    envelopes: Envelopes
    clock: Clock
    new_id: Callable[[], Id]
    seconds_min: float

    async def request(self, email: str, origin: Origin) -> None:
        """Send a token to the owner of an address; for an unknown one nothing happens."""
        async with lasting(self.seconds_min):
            name = folded(email.strip())
            await self.requests.admit(name, origin.address)
            account = await self.directory.account(name)
            if account is not None and account.active:
                await self._send(account.user_id, origin)

    async def _send(self, user_id: Id, origin: Origin) -> None:
        company_id = await self.directory.first_company(user_id)
        if company_id is not None:
            principal = principal_from(company_id, user_id, origin)
            with suppress(ConcurrentChange):  # another request of this moment has sent one
                await answer_of(self.runner, REQUEST_RESET, self.new_reset(user_id), principal)

    def new_reset(self, user_id: Id) -> SendReset:
        """A fresh token for a user, sealed into a message."""
        token = RESET_TOKEN.fresh(user_id)
        message_id = self.new_id()
        sealed = self.envelopes.close(message_id, {"token": str(token)})
        return SendReset(user_id, token.token_hash, message_id, sealed)

    async def reset(self, token_text: str, password: str, origin: Origin) -> None:
        """Choose a new password by a token, and end every session of the user.

        It signs nobody in: a second factor is asked for at the next login as at any other.
        """
        throttle = self.passwords.throttle
        guess = f"a reset from {origin.address}", origin.address
        await throttle.admit(*guess)
        token = RESET_TOKEN.read(token_text)
        user, company = await self._owner(token)
        await throttle.succeeded(*guess)
        check_password(password, email=user.email, company=company.name, pointer="/new_password")
        request = ResetPassword(token.token_hash, await self.passwords.hash(password))
        principal = principal_from(company.id, user.id, origin)
        ended = await answer_of(self.runner, RESET_PASSWORD, request, principal)
        self.tokens.forget(session_ids(ended))
        # The holder of the token is the owner; guesses of others must not keep the owner out.
        await throttle.lift(user.email_folded, origin.address, anywhere=True)

    async def _owner(self, token: SecretToken) -> tuple[User, Tenant]:
        """The user behind a token that is good now, and the company to sign in to.

        So no other token costs a hash.
        """
        key = (token.id,)
        needs = Needs().one(USERS, *key).one(PASSWORD_RESETS, *key).one(CREDENTIALS, *key)
        loaded = await self.reader.load(None, needs)
        user = read_one(loaded, USERS, *key)
        reset = read_one(loaded, PASSWORD_RESETS, *key)
        credentials = read_one(loaded, CREDENTIALS, *key)
        if user is None or reset is None or credentials is None:
            raise ResetInvalid.at("/token")
        reset.check(token.token_hash, credentials.changed_at, self.clock.now())
        company_id = await self.directory.first_company(user.id)
        if not user.active or company_id is None:
            raise ResetInvalid.at("/token")
        found = await self.reader.load(None, Needs().one(TENANTS, company_id))
        return user, found.present[TENANTS][company_id,]
