"""Guessing is delayed by account and by address, and nobody is locked out (S0-30, PW-06)."""

import asyncio

import pytest

from app.domain.identity.sign_in.errors import LoginThrottled
from app.infrastructure.security.throttle import (
    ACCOUNT,
    ADDRESS,
    PAIR,
    MemoryLoginThrottle,
    Rule,
)
from tests.unit.identity.fakes import HandClock

OLGA, HERE, THERE = "olga@north.example", "192.0.2.7", "198.51.100.9"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def throttle(clock: HandClock) -> MemoryLoginThrottle:
    return MemoryLoginThrottle(clock.monotonic)


async def fail(
    throttle: MemoryLoginThrottle, times: int, account: str = OLGA, address: str = HERE
) -> None:
    for _ in range(times):
        await throttle.admit(account, address)


async def delay(throttle: MemoryLoginThrottle, account: str = OLGA, address: str = HERE) -> int:
    """Seconds until the next attempt is taken; counts none."""
    try:
        await throttle.admit(account, address)
    except LoginThrottled as refusal:
        assert refusal.params == {"seconds": refusal.retry_after_seconds}
        return refusal.retry_after_seconds
    await throttle.withdraw(account, address)
    return 0


def test_the_delay_doubles_up_to_its_bound() -> None:
    rule = Rule(free=3, delay_seconds_max=10)
    delays = [rule.delay(failures) for failures in range(9)]
    assert delays == [0, 0, 0, 0, 1, 2, 4, 8, 10]
    assert rule.delay(10_000) == 10


async def test_the_first_failures_cost_nothing_and_then_the_wait_grows(
    throttle: MemoryLoginThrottle, clock: HandClock
) -> None:
    await fail(throttle, PAIR.free)
    waits = []
    for _ in range(5):
        await throttle.admit(OLGA, HERE)
        waits.append(await delay(throttle))
        clock.move(seconds=waits[-1])
    assert waits == [1, 2, 4, 8, 16]


async def test_also_the_right_password_waits(throttle: MemoryLoginThrottle) -> None:
    await fail(throttle, PAIR.free + 1)
    with pytest.raises(LoginThrottled):
        await throttle.admit(OLGA, HERE)


async def test_a_login_clears_what_failed_before(throttle: MemoryLoginThrottle) -> None:
    await fail(throttle, PAIR.free)
    await throttle.admit(OLGA, HERE)
    await throttle.succeeded(OLGA, HERE)
    await fail(throttle, PAIR.free)
    assert await delay(throttle) == 0


async def test_parallel_guesses_do_not_slip_past_the_count(throttle: MemoryLoginThrottle) -> None:
    answers = await asyncio.gather(
        *(throttle.admit(OLGA, HERE) for _ in range(64)), return_exceptions=True
    )
    assert sum(answer is None for answer in answers) == PAIR.free + 1


async def test_an_attempt_that_was_not_decided_does_not_count(
    throttle: MemoryLoginThrottle,
) -> None:
    for _ in range(3 * PAIR.free):
        await throttle.admit(OLGA, HERE)
        await throttle.withdraw(OLGA, HERE)
    assert await delay(throttle) == 0


async def test_a_stranger_at_one_address_does_not_delay_the_owner_elsewhere(
    throttle: MemoryLoginThrottle, clock: HandClock
) -> None:
    for _ in range(ACCOUNT.free):
        await fail(throttle, 1)
        clock.move(seconds=await delay(throttle))
    assert await delay(throttle, address=THERE) == 0


async def test_strangers_everywhere_delay_an_unknown_address_by_half_a_minute_at_most(
    throttle: MemoryLoginThrottle, clock: HandClock
) -> None:
    await throttle.admit(OLGA, THERE)
    await throttle.succeeded(OLGA, THERE)
    for number in range(300):
        await fail(throttle, 1, address=f"203.0.113.{number}")
        wait = await delay(throttle, address="203.0.113.999")
        assert wait <= ACCOUNT.delay_seconds_max
        clock.move(seconds=wait)
    await fail(throttle, 1, address="203.0.113.998")
    assert await delay(throttle, address="203.0.113.999") == ACCOUNT.delay_seconds_max
    # The owner is not delayed at an address with an earlier sign-in.
    assert await delay(throttle, address=THERE) == 0


async def test_an_address_that_tries_many_accounts_waits_for_all_of_them(
    throttle: MemoryLoginThrottle,
) -> None:
    for number in range(ADDRESS.free + 1):
        await fail(throttle, 1, account=f"user{number}@north.example")
    assert await delay(throttle, account="another@north.example") == 1
    assert await delay(throttle, account="another@north.example", address=THERE) == 0


async def test_failures_are_forgotten_after_a_quiet_quarter_of_an_hour(
    throttle: MemoryLoginThrottle, clock: HandClock
) -> None:
    await fail(throttle, PAIR.free + 1)
    clock.move(minutes=16)
    await fail(throttle, PAIR.free)
    assert await delay(throttle) == 0


async def test_made_up_accounts_do_not_fill_the_memory() -> None:
    throttle = MemoryLoginThrottle(HandClock().monotonic, keys_max=100)
    for number in range(1000):
        await throttle.admit(f"user{number}", f"address{number}")
        await throttle.succeeded(f"user{number}", f"address{number}")
        await throttle.admit(f"other{number}", f"address{number}")
    assert len(throttle._counts) == 100
    assert len(throttle._known) == 100
