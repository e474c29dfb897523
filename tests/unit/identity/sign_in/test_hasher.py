"""Passwords are hashed with argon2id, off the event loop, a few at a time (S0-06, PW-03)."""

import asyncio
import time
from collections.abc import Iterator

import bcrypt
import pytest

from app.domain.identity.sign_in.errors import HashingBusy
from app.infrastructure.security.passwords import PooledHasher

PASSWORD = "plum basket over quiet water"  # pragma: allowlist secret


@pytest.fixture
def hasher() -> Iterator[PooledHasher]:
    pooled = PooledHasher(workers=1, waiting_max=4)
    yield pooled
    pooled.close()


async def test_a_hash_names_its_algorithm_and_cost(hasher: PooledHasher) -> None:
    stored = await hasher.hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert stored != await hasher.hash(PASSWORD)
    assert await hasher.verify(PASSWORD, stored) == (True, None)
    assert await hasher.verify(PASSWORD + " ", stored) == (False, None)


async def test_a_bcrypt_hash_is_read_and_replaced(hasher: PooledHasher) -> None:
    stored = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    right, stronger = await hasher.verify(PASSWORD, stored)
    assert right
    assert stronger is not None
    assert stronger.startswith("$argon2id$")
    assert await hasher.verify(PASSWORD, stronger) == (True, None)
    assert await hasher.verify("plum basket over quiet wine", stored) == (False, None)


async def test_a_password_that_bcrypt_cannot_take_is_wrong(hasher: PooledHasher) -> None:
    stored = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    assert await hasher.verify("x" * 73, stored) == (False, None)


async def test_an_argon2_hash_of_a_lower_cost_is_replaced(hasher: PooledHasher) -> None:
    from argon2 import PasswordHasher

    stored = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    right, stronger = await hasher.verify(PASSWORD, stored)
    assert right
    assert stronger is not None
    assert "m=19456,t=2,p=1" in stronger


@pytest.mark.parametrize("stored", ["", "plain text", "$argon2id$zz", "$2b$04$short"])
async def test_a_hash_that_cannot_be_read_fits_no_password(
    hasher: PooledHasher, stored: str
) -> None:
    assert await hasher.verify(PASSWORD, stored) == (False, None)


async def test_without_an_account_the_same_work_is_done(hasher: PooledHasher) -> None:
    """PW-05: the time does not tell whether the address is known."""
    stored = await hasher.hash(PASSWORD)
    assert await hasher.verify(PASSWORD, None) == (False, None)
    known: list[float] = []
    unknown: list[float] = []
    for _ in range(9):
        for times, kept in ((known, stored), (unknown, None)):
            started = time.perf_counter()
            await hasher.verify("a wrong password it is", kept)
            times.append(time.perf_counter() - started)
    # The quickest of each: what else the machine does only ever adds time.
    assert 0.5 < min(known) / min(unknown) < 2


async def test_beyond_the_bound_the_next_is_refused_and_nothing_is_lost(
    hasher: PooledHasher,
) -> None:
    answers = await asyncio.gather(
        *(hasher.hash(PASSWORD) for _ in range(7)), return_exceptions=True
    )
    assert [isinstance(each, str) for each in answers] == [True] * 4 + [False] * 3
    assert all(isinstance(each, HashingBusy) for each in answers[4:])
    assert (await hasher.hash(PASSWORD)).startswith("$argon2id$")


async def test_the_event_loop_goes_on_meanwhile(hasher: PooledHasher) -> None:
    hashing = asyncio.create_task(hasher.hash(PASSWORD))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100
