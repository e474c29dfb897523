"""Password hashes: argon2id for new ones; bcrypt is still read and replaced at the next sign-in."""

import asyncio
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from passlib.context import CryptContext

from app.domain.identity.sign_in.errors import HashingBusy

T = TypeVar("T")

# OWASP's first choice for argon2id: 19 MiB, two passes, one lane; about 17 ms a hash.
ARGON2_MEMORY_KIB = 19_456
ARGON2_PASSES = 2
ARGON2_LANES = 1
_WAITING_PER_WORKER = 50  # about a second of work


class PooledHasher:
    """Hashes in a few separate threads, so that the event loop never waits for a hash.

    One core is left to the loop. Beyond ``waiting_max`` pending hashes the next one is refused,
    because a growing queue would only make every request time out.
    """

    def __init__(self, workers: int | None = None, waiting_max: int | None = None) -> None:
        workers = workers or max(1, (os.cpu_count() or 1) - 1)
        self._context = CryptContext(
            schemes=["argon2", "bcrypt"],
            deprecated=["bcrypt"],
            argon2__type="ID",
            argon2__memory_cost=ARGON2_MEMORY_KIB,
            argon2__time_cost=ARGON2_PASSES,
            argon2__parallelism=ARGON2_LANES,
        )
        self._waiting_max = waiting_max or workers * _WAITING_PER_WORKER
        self._under_way = 0
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="password")
        # Checked when the account does not exist, at the cost of a real hash.
        self._nobody: str = self._context.hash(secrets.token_hex())

    def close(self) -> None:
        """End the threads; a running hash is finished, waiting ones are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """A salted argon2id hash.

        Raises:
            HashingBusy: too many hashes are pending.
        """
        return await self._in_pool(self._context.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> tuple[bool, str | None]:
        """Whether the password is right, and its new hash where the stored one is outdated.

        Raises:
            HashingBusy: too many hashes are pending.
        """
        right, stronger = await self._in_pool(self._check, password, password_hash or self._nobody)
        return right and password_hash is not None, stronger

    def _check(self, password: str, password_hash: str) -> tuple[bool, str | None]:
        try:
            right, stronger = self._context.verify_and_update(password, password_hash)
        except ValueError:  # a hash that cannot be read; a password that bcrypt cannot take
            return False, None
        return right, stronger

    async def _in_pool(self, function: Callable[..., T], *arguments: Any) -> T:
        if self._under_way >= self._waiting_max:
            raise HashingBusy
        self._under_way += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, function, *arguments)
        finally:
            self._under_way -= 1
