"""The proof that a login is made of: whose address it is, and that the password is right."""

from dataclasses import dataclass

import structlog

from app.application.identity.audit.refusals import Refusals
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.passwords import Passwords
from app.application.identity.directory.ports import Account, Directory
from app.domain.identity.sign_in.errors import InvalidCredentials
from app.domain.shared.errors import ServiceUnavailable
from app.domain.shared.ids import NO_ID
from app.domain.shared.texts import folded

_log = structlog.get_logger("app.identity")


@dataclass(slots=True, eq=False)
class PasswordProof:
    """Takes address and password, under one throttle for everybody who signs in."""

    directory: Directory
    passwords: Passwords
    refusals: Refusals

    async def prove(self, email: str, password: str, origin: Origin) -> tuple[Account, str | None]:
        """The account, and the new hash where the stored one is outdated.

        The attempt counts as failed until ``succeeded`` is called.

        Raises:
            InvalidCredentials: unknown address, wrong password, switched off: all alike.
            LoginThrottled: too many failures; also the right password waits.
            HashingBusy: nothing was done.
        """
        name = folded(email.strip())
        # Who goes away before the answer is counted: else nobody limits the work of such guesses.
        async with self.passwords.attempt((name, origin.address), ServiceUnavailable):
            account = await self.directory.account(name)
            stored = None if account is None else account.password_hash
            right, stronger = await self.passwords.verify(password, stored)
        if account is None or not right or not account.active:
            raise self.refused(account, origin)
        return account, stronger

    async def succeeded(self, email: str, address: str) -> None:
        """Forget the failures of this account from this address."""
        await self.passwords.throttle.succeeded(folded(email.strip()), address)

    def refused(self, account: Account | None, origin: Origin) -> InvalidCredentials:
        """The refusal of a login. It is kept in the trail of a known account's company only."""
        user_id = None if account is None else account.user_id.hex()
        _log.warning("login_refused", user_id=user_id)
        if account is not None:
            self.refusals.login(account.user_id, principal_from(NO_ID, NO_ID, origin))
        return InvalidCredentials()
