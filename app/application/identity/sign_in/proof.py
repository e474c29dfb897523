"""The proof that a login is made of: whose address it is, and that the password is right."""

import structlog

from app.application.identity.audit.refusals import Refusals
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.ports import (
    Account,
    Directory,
    LoginThrottle,
    PasswordHasher,
)
from app.domain.identity.sign_in.errors import InvalidCredentials
from app.domain.identity.sign_in.passwords import normal_password
from app.domain.shared.errors import ServiceUnavailable
from app.domain.shared.texts import folded

_log = structlog.get_logger("app.identity")


class PasswordProof:
    """Takes address and password, under one throttle for everybody who signs in."""

    def __init__(
        self,
        *,
        directory: Directory,
        hasher: PasswordHasher,
        throttle: LoginThrottle,
        refusals: Refusals,
    ) -> None:
        self._directory = directory
        self._hasher = hasher
        self._throttle = throttle
        self._refusals = refusals

    async def prove(self, email: str, password: str, origin: Origin) -> tuple[Account, str | None]:
        """The account, and the new hash where the stored one is outdated.

        The attempt counts as failed until ``succeeded`` is told.

        Raises:
            InvalidCredentials: unknown address, wrong password, switched off: all alike.
            LoginThrottled: too many failures; also the right password waits.
            HashingBusy: nothing was done.
        """
        name = folded(email.strip())
        await self._throttle.admit(name, origin.address)
        try:
            account = await self._directory.account(name)
            stored = None if account is None else account.password_hash
            right, stronger = await self._hasher.verify(normal_password(password), stored)
        except ServiceUnavailable:
            await self._throttle.withdraw(name, origin.address)
            raise
        if account is None or not right or not account.active:
            raise self.refused(account, origin)
        return account, stronger

    async def succeeded(self, email: str, address: str) -> None:
        """Forget the failures of this account from this address."""
        await self._throttle.succeeded(folded(email.strip()), address)

    def refused(self, account: Account | None, origin: Origin) -> InvalidCredentials:
        """The refusal of a login. The company of a known account is told, and nobody else."""
        user_id = None if account is None else account.user_id.hex()
        _log.warning("login_refused", user_id=user_id)
        if account is not None and account.tenant_id is not None:
            self._refusals.login(principal_from(account.tenant_id, account.user_id, origin))
        return InvalidCredentials()
