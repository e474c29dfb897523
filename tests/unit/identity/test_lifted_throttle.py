"""A lifted delay reaches every node, and asks the database only for who is to wait (PW-06)."""

from datetime import datetime, timedelta

import pytest

from app.domain.identity.errors import LoginThrottled
from app.infrastructure.security.throttle import (
    PAIR,
    RESETS,
    LiftedLoginThrottle,
    MemoryLoginThrottle,
)
from tests.unit.identity.fakes import START, HandClock

OLGA, IVAN, HERE, THERE = "olga@north.example", "ivan@north.example", "192.0.2.1", "192.0.2.2"


class Lifts:
    def __init__(self) -> None:
        self.lifted: dict[str, datetime] = {}
        self.asked = 0

    async def lifted_at(self, account: str) -> datetime | None:
        self.asked += 1
        return self.lifted.get(account)


async def fail(throttle: LiftedLoginThrottle, account: str, address: str) -> None:
    for _ in range(PAIR.free + 1):
        await throttle.admit(account, address)


async def test_a_lift_ends_the_delay_of_its_account_and_no_other() -> None:
    clock, lifts = HandClock(), Lifts()
    nodes = [LiftedLoginThrottle(MemoryLoginThrottle(clock.monotonic), lifts) for _ in range(2)]
    for node in nodes:
        for account, address in ((OLGA, HERE), (IVAN, THERE)):
            await fail(node, account, address)
        assert lifts.asked == 0
        with pytest.raises(LoginThrottled):
            await node.admit(OLGA, HERE)
        assert lifts.asked == 1
        lifts.asked = 0
    lifts.lifted[OLGA] = START
    for node in nodes:
        await node.admit(OLGA, HERE)
        with pytest.raises(LoginThrottled):
            await node.admit(IVAN, THERE)


async def test_a_lift_counts_once_and_a_second_one_again() -> None:
    clock, lifts = HandClock(), Lifts()
    node = LiftedLoginThrottle(MemoryLoginThrottle(clock.monotonic), lifts)
    for hours in range(2):
        await fail(node, OLGA, HERE)
        with pytest.raises(LoginThrottled):
            await node.admit(OLGA, HERE)
        lifts.lifted[OLGA] = START + timedelta(hours=hours)
        await node.admit(OLGA, HERE)
        await fail_the_rest(node)
        with pytest.raises(LoginThrottled):
            await node.admit(OLGA, HERE)
        clock.move(hours=1)


async def fail_the_rest(node: LiftedLoginThrottle) -> None:
    for _ in range(PAIR.free):
        await node.admit(OLGA, HERE)


async def test_the_delay_of_an_address_stays() -> None:
    clock, lifts = HandClock(), Lifts()
    node = LiftedLoginThrottle(MemoryLoginThrottle(clock.monotonic), lifts)
    for number in range(51):
        await node.admit(f"guess-{number}@north.example", HERE)
    lifts.lifted[OLGA] = START
    with pytest.raises(LoginThrottled):
        await node.admit(OLGA, HERE)


async def test_what_is_remembered_of_lifts_is_bounded() -> None:
    clock, lifts = HandClock(), Lifts()
    counts = MemoryLoginThrottle(clock.monotonic, rules=RESETS)
    node = LiftedLoginThrottle(counts, lifts, keys_max=3)
    for number in range(5):
        account = f"somebody-{number}@north.example"
        lifts.lifted[account] = START
        for _ in range(RESETS.pair.free + 2):
            await node.admit(account, f"192.0.2.{number}")
    assert len(node._lifted) == 3


async def test_fewer_requests_for_a_reset_are_free() -> None:
    clock = HandClock()
    throttle = MemoryLoginThrottle(clock.monotonic, rules=RESETS)
    for _ in range(RESETS.pair.free + 1):
        await throttle.admit(OLGA, HERE)
    with pytest.raises(LoginThrottled):
        await throttle.admit(OLGA, HERE)
    # A stranger delays the owner, elsewhere, by a minute at most.
    for number in range(30):
        try:
            await throttle.admit(OLGA, f"198.51.100.{number}")
        except LoginThrottled as delayed:
            clock.move(seconds=delayed.retry_after_seconds)
    with pytest.raises(LoginThrottled) as refusal:
        await throttle.admit(OLGA, THERE)
    assert refusal.value.retry_after_seconds <= RESETS.account.delay_seconds_max
