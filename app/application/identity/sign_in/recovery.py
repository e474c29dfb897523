"""The way back in after a forgotten password: the steps around the commands that reset it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from app.application.identity.directory.kinds import CREDENTIALS, TENANTS, USERS
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.passwords import Passwords
from app.application.identity.directory.ports import AccessTokens, Directory, LoginThrottle
from app.application.identity.directory.sessions import session_ids
from app.application.identity.directory.tokens import SecretToken
from app.application.identity.sign_in.resets import (
    PASSWORD_RESETS,
    REQUEST_RESET,
    RESET_PASSWORD,
    RESET_TOKEN,
    ResetPassword,
    SendReset,
)
from app.application.shared.commands import CommandRunner, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.messages import Envelopes
from app.application.shared.reading import Reader
from app.domain.identity.companies.tenant import Tenant
from app.domain.identity.sign_in.errors import ResetInvalid
from app.domain.identity.sign_in.passwords import check_password
from app.domain.identity.sign_in.user import User
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.ids import Id
from app.domain.shared.texts import folded


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
        """Send a token to the owner of an address; for an unknown one nothing happens.

        Raises:
            LoginThrottled: too many requests for this address, or from this place.
        """
        started = time.monotonic()
        name = folded(email.strip())
        await self.requests.admit(name, origin.address)
        account = await self.directory.account(name)
        if account is not None and account.active and account.tenant_id is not None:
            principal = principal_from(account.tenant_id, account.user_id, origin)
            with suppress(ConcurrentChange):  # another request of this moment has sent one
                reset = self.new_reset(account.user_id)
                await answer_of(self.runner, REQUEST_RESET, reset, principal)
        await asyncio.sleep(max(0.0, started + self.seconds_min - time.monotonic()))

    def new_reset(self, user_id: Id) -> SendReset:
        """A fresh token for a user, sealed into a message."""
        token = RESET_TOKEN.fresh(user_id)
        message_id = self.new_id()
        sealed = self.envelopes.close(message_id, {"token": str(token)})
        return SendReset(user_id, token.token_hash, message_id, sealed)

    async def reset(self, token_text: str, password: str, origin: Origin) -> None:
        """Choose a new password by a token, and end every session of the user.

        It signs nobody in: a second factor is asked for at the next login as at any other.

        Raises:
            ResetInvalid: no open reset has this token.
            PasswordTooShort, PasswordTooLong, PasswordCommon, PasswordPersonal: choose another.
            LoginThrottled: too many wrong tokens from this place.
            HashingBusy: nothing was done; the token is still good.
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
        user = loaded.present.get(USERS, {}).get(key)
        reset = loaded.present.get(PASSWORD_RESETS, {}).get(key)
        credentials = loaded.present.get(CREDENTIALS, {}).get(key)
        if user is None or reset is None or credentials is None:
            raise ResetInvalid.at("/token")
        reset.check(token.token_hash, credentials.changed_at, self.clock.now())
        account = await self.directory.account(user.email_folded)
        if account is None or not account.active or account.tenant_id is None:
            raise ResetInvalid.at("/token")
        found = await self.reader.load(None, Needs().one(TENANTS, account.tenant_id))
        return user, found.present[TENANTS][account.tenant_id,]
