"""A lifted delay reaches every node, and asks the database only for who is to wait (PW-06)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.identity.sign_in.errors import LoginThrottled
from app.infrastructure.identity.members.mappings import DatabaseThrottleLifts
from app.infrastructure.security.throttle import (
    ACCOUNT,
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


async def test_a_lift_ends_the_delay_of_the_account_once() -> None:
    """Guesses from any number of addresses afterwards; the owner's own failures are gone."""
    clock, lifts = HandClock(), Lifts()
    counts = MemoryLoginThrottle(clock.monotonic)
    node = LiftedLoginThrottle(counts, lifts)
    lifts.lifted[OLGA] = START
    for number in range(ACCOUNT.free + 1):
        await node.admit(OLGA, f"198.51.100.{number}")
    await node.admit(OLGA, HERE)  # the account was delayed, and lifted
    for number in range(ACCOUNT.free):
        await node.admit(OLGA, f"203.0.113.{number}")
    with pytest.raises(LoginThrottled):
        await node.admit(OLGA, THERE)


class Stored:
    """A database in which one delay was lifted at the start of the clock."""

    @asynccontextmanager
    async def read(self, tenant_id: bytes | None) -> AsyncIterator[Any]:
        assert tenant_id is None
        yield self

    async def row(self, query: Any, **values: Any) -> tuple[datetime]:
        return (START,)


async def test_a_lift_of_long_ago_is_none() -> None:
    """It is kept, and would otherwise free every address for ever."""
    clock = HandClock()
    stored: Any = Stored()
    lifts = DatabaseThrottleLifts(stored, clock)
    clock.move(minutes=15)
    assert await lifts.lifted_at(OLGA) == START
    clock.move(seconds=1)
    assert await lifts.lifted_at(OLGA) is None
