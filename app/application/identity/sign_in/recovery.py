"""The way back in for who forgot the password: the steps around the commands that reset it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from app.application.identity.directory.ports import (
    CREDENTIALS,
    PASSWORD_RESETS,
    TENANTS,
    USERS,
    AccessTokens,
    Directory,
    LoginThrottle,
    PasswordHasher,
)
from app.application.identity.sign_in.reset_tokens import ResetToken
from app.application.identity.sign_in.resets import (
    REQUEST_RESET,
    RESET_PASSWORD,
    ResetPassword,
    SendReset,
)
from app.application.shared.access import Principal
from app.application.shared.commands import CommandRunner, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.messages import Envelopes
from app.application.shared.reading import Reader
from app.domain.identity.companies.tenant import Tenant
from app.domain.identity.sign_in.errors import ResetInvalid
from app.domain.identity.sign_in.passwords import check_password, normal_password
from app.domain.identity.sign_in.user import User
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.ids import Id
from app.domain.shared.texts import folded


class Recovery:
    """Resets passwords by a token that only the owner of the address is sent.

    A request takes at least ``seconds_min``, as a registration does: what is written for a known
    address must not show in the time of the answer.
    """

    def __init__(
        self,
        *,
        runner: CommandRunner,
        reader: Reader,
        directory: Directory,
        hasher: PasswordHasher,
        throttle: LoginThrottle,
        login_throttle: LoginThrottle,
        tokens: AccessTokens,
        envelopes: Envelopes,
        clock: Clock,
        new_id: Callable[[], Id],
        seconds_min: float,
    ) -> None:
        self._runner = runner
        self._reader = reader
        self._directory = directory
        self._hasher = hasher
        self._throttle = throttle
        self._login_throttle = login_throttle
        self._tokens = tokens
        self._envelopes = envelopes
        self._clock = clock
        self._new_id = new_id
        self._seconds_min = seconds_min

    async def request(self, email: str, caller: Principal) -> None:
        """Send a token to the owner of an address; for an unknown one nothing happens.

        Raises:
            LoginThrottled: too many requests for this address, or from this place.
        """
        started = time.monotonic()
        name = folded(email.strip())
        await self._throttle.admit(name, caller.address)
        account = await self._directory.account(name)
        if account is not None and account.active and account.tenant_id is not None:
            principal = _acting(account.tenant_id, account.user_id, caller)
            with suppress(ConcurrentChange):  # another request of this moment has sent one
                wish = self.wish(account.user_id)
                await answer_of(self._runner, REQUEST_RESET, wish, principal)
        await asyncio.sleep(max(0.0, started + self._seconds_min - time.monotonic()))

    def wish(self, user_id: Id) -> SendReset:
        """A fresh token for a user, sealed into a message."""
        token = ResetToken.fresh(user_id)
        message_id = self._new_id()
        sealed = self._envelopes.close(message_id, {"token": str(token)})
        return SendReset(user_id, token.token_hash, message_id, sealed)

    async def reset(self, token_text: str, password: str, caller: Principal) -> None:
        """Choose a new password by a token, and end every session of the user.

        It signs nobody in: a second factor is asked for at the next login as at any other.

        Raises:
            ResetInvalid: no open reset has this token.
            PasswordTooShort, PasswordTooLong, PasswordCommon, PasswordPersonal: choose another.
            LoginThrottled: too many wrong tokens from this place.
            HashingBusy: nothing was done; the token is still good.
        """
        guess = f"a reset from {caller.address}", caller.address
        await self._login_throttle.admit(*guess)
        token = ResetToken.read(token_text)
        user, company = await self._owner(token)
        await self._login_throttle.succeeded(*guess)
        check_password(password, email=user.email, company=company.name, pointer="/new_password")
        password_hash = await self._hasher.hash(normal_password(password))
        wish = ResetPassword(token.token_hash, password_hash)
        principal = _acting(company.id, user.id, caller)
        ended = await answer_of(self._runner, RESET_PASSWORD, wish, principal)
        self._tokens.forget([Id(bytes.fromhex(each)) for each in ended])
        # Who has the token is the owner; guesses of others must not keep him out.
        await self._login_throttle.lift(user.email_folded, caller.address, anywhere=True)

    async def _owner(self, token: ResetToken) -> tuple[User, Tenant]:
        """The user behind a token that is good now, and the company that he signs in to.

        So no other token costs a hash.
        """
        key = (token.user_id,)
        needs = Needs().one(USERS, *key).one(PASSWORD_RESETS, *key).one(CREDENTIALS, *key)
        loaded = await self._reader.load(None, needs)
        user = loaded.present.get(USERS, {}).get(key)
        reset = loaded.present.get(PASSWORD_RESETS, {}).get(key)
        credentials = loaded.present.get(CREDENTIALS, {}).get(key)
        if user is None or reset is None or credentials is None:
            raise ResetInvalid.at("/token")
        reset.check(token.token_hash, credentials.changed_at, self._clock.now())
        account = await self._directory.account(user.email_folded)
        if account is None or not account.active or account.tenant_id is None:
            raise ResetInvalid.at("/token")
        found = await self._reader.load(None, Needs().one(TENANTS, account.tenant_id))
        return user, found.present[TENANTS][account.tenant_id,]


def _acting(tenant_id: Id, user_id: Id, caller: Principal) -> Principal:
    """The user, acting from where the caller is."""
    return Principal(tenant_id, user_id, request_id=caller.request_id, address=caller.address)
