"""Checking and hashing passwords. Repeated guesses are delayed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.application.identity.directory.ports import LoginThrottle, PasswordHasher
from app.domain.identity.sign_in.passwords import normal_password

# Where an attempt is counted: the name of the account, and the network address.
Guess = tuple[str, str]


@dataclass(slots=True, eq=False)
class Passwords:
    """Passwords of users, checked under one throttle wherever one is asked for."""

    hasher: PasswordHasher
    throttle: LoginThrottle

    async def hash(self, password: str) -> str:
        """What is kept of a new password.

        Raises:
            HashingBusy: nothing was done.
        """
        return await self.hasher.hash(normal_password(password))

    async def verify(self, password: str, password_hash: str | None) -> tuple[bool, str | None]:
        """Whether a password is right, and its new hash where the stored one is outdated.

        Raises:
            HashingBusy: nothing was done.
        """
        return await self.hasher.verify(normal_password(password), password_hash)

    @asynccontextmanager
    async def attempt(
        self, guess: Guess, undecided: type[BaseException] = BaseException
    ) -> AsyncIterator[None]:
        """Admit a guess. It counts as failed until ``throttle.succeeded`` is called.

        One that ends in an exception of the type ``undecided`` does not count: something was busy,
        or the client of a signed-in user went away.

        Raises:
            LoginThrottled: too many were wrong; also the right one waits.
        """
        await self.throttle.admit(*guess)
        try:
            yield
        except undecided:
            await self.throttle.withdraw(*guess)
            raise

    async def right(self, guess: Guess, password: str, password_hash: str) -> bool:
        """Whether a guess at the password of a known account is right; wrong ones count.

        Raises:
            LoginThrottled: too many were wrong; also the right one waits.
            HashingBusy: nothing was done.
        """
        async with self.attempt(guess):
            right, _ = await self.verify(password, password_hash)
        if right:
            await self.throttle.succeeded(*guess)
        return right
