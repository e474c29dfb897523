"""Budgets and failed sign-ins that nodes share: the same rules as in one process (S0-23, S0-25)."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.application.shared.rate_limit import Budget
from app.domain.identity.sign_in.errors import LoginThrottled
from app.infrastructure.cache.valkey import ValkeyLink
from app.infrastructure.rate_limit.memory import MemoryRateLimiter
from app.infrastructure.rate_limit.shared import SharedRateLimiter
from app.infrastructure.security.shared_throttle import SharedLoginThrottle
from app.infrastructure.security.throttle import ACCOUNT, ADDRESS, PAIR, MemoryLoginThrottle
from tests.support.valkey import Valkey

START_US = 1_800_000_000_000_000
OLGA, HERE, THERE = "olga@north.example", "192.0.2.7", "198.51.100.9"
BUDGETS = [Budget(30, 60, 60), Budget(1, 1, 1), Budget(7, 60, 5), Budget(10, 1, 3)]
STEPS = st.lists(st.tuples(st.integers(0, 4_000_000), st.integers(1, 12)), max_size=25)
# The server is shared by the examples, which use keys of their own.
COMMON = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_number = iter(range(1_000_000))


def shared(link: ValkeyLink) -> SharedRateLimiter:
    """As on a node of its own, whose memory is empty."""
    return SharedRateLimiter(link, MemoryRateLimiter(now_ns=lambda: 0), now_us=START_US)


@COMMON
@given(budget=st.sampled_from(BUDGETS), steps=STEPS)
async def test_the_shared_bucket_says_what_the_one_in_memory_says(
    link: ValkeyLink, budget: Budget, steps: list[tuple[int, int]]
) -> None:
    """S0-23: on one clock of the test, verdict by verdict, whatever a request costs."""
    now = [START_US]
    alone = MemoryRateLimiter(now_ns=lambda: now[0] * 1_000)
    key = f"k{next(_number)}"
    for gap, cost in steps:
        now[0] += gap
        together = shared(link)
        together.now_us = now[0]
        assert await together.take(key, budget, cost) == await alone.take(key, budget, cost)


@COMMON
@given(budget=st.sampled_from(BUDGETS), steps=STEPS)
async def test_never_more_than_burst_and_what_came_back_is_admitted(
    link: ValkeyLink, budget: Budget, steps: list[tuple[int, int]]
) -> None:
    """In every window, over two nodes that are asked in turn."""
    nodes = [shared(link), shared(link)]
    key, now, admitted = f"k{next(_number)}", START_US, []
    for place, (gap, cost) in enumerate(steps):
        now += gap
        nodes[place % 2].now_us = now
        if (await nodes[place % 2].take(key, budget, cost)).allowed:
            admitted.append((now, budget.price(cost)))
    for place, (since, _) in enumerate(admitted):
        taken = 0
        for at, cost in admitted[place:]:
            taken += cost
            assert taken <= budget.burst + (at - since) / budget.interval_us


async def test_the_clock_of_the_server_counts(link: ValkeyLink, server: Valkey) -> None:
    """Nodes whose clocks differ by hours share a budget all the same, and it is forgotten."""
    limiter = shared(link)
    limiter.now_us = 0
    budget = Budget(60, 1, 3)
    verdicts = [await shared_at_server(link).take("k", budget) for _ in range(4)]
    assert [each.allowed for each in verdicts] == [True, True, True, False]
    assert server.names() == ["tp:probe", "tp:rate:k"]


def shared_at_server(link: ValkeyLink) -> SharedRateLimiter:
    """A fresh node that uses the server's clock."""
    return SharedRateLimiter(link, MemoryRateLimiter(now_ns=lambda: 0))


async def test_a_refused_request_takes_nothing_anywhere(link: ValkeyLink) -> None:
    """What another node used up does not drain this one's own count."""
    one, other = shared(link), shared(link)
    budget = Budget(1, 1, 2)
    assert [(await one.take("k", budget)).allowed for _ in range(3)] == [True, True, False]
    assert [(await other.take("k", budget)).allowed for _ in range(3)] == [False] * 3
    other.now_us = START_US + 1_000_000
    assert (await other.take("k", budget)).allowed


class Clock:
    """Seconds for the memory, microseconds for the server."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.moved: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        self.seconds += seconds
        self.moved()

    @property
    def now_us(self) -> int:
        return START_US + round(self.seconds * 1_000_000)


class Nodes:
    """Throttles of several nodes on one clock."""

    def __init__(self, link: ValkeyLink, count: int = 2) -> None:
        self.clock = Clock()
        self.clock.moved = self._follow
        locals_ = [MemoryLoginThrottle(self.clock) for _ in range(count)]
        self.all = [
            SharedLoginThrottle(link, each, "a secret", now_us=START_US) for each in locals_
        ]

    def _follow(self) -> None:
        for each in self.all:
            each.now_us = self.clock.now_us


async def delay(throttle: SharedLoginThrottle, account: str = OLGA, address: str = HERE) -> int:
    """Seconds until the next attempt is taken; counts none."""
    try:
        await throttle.admit(account, address)
    except LoginThrottled as refusal:
        return refusal.retry_after_seconds
    await throttle.withdraw(account, address)
    return 0


async def test_failed_logins_are_counted_for_all_nodes(link: ValkeyLink) -> None:
    """S0-30, G-08: guesses spread over nodes wait as if there were one."""
    nodes = Nodes(link)
    for number in range(PAIR.free):
        await nodes.all[number % 2].admit(OLGA, HERE)
    assert await delay(nodes.all[1]) == 0
    await nodes.all[0].admit(OLGA, HERE)
    assert [await delay(each) for each in nodes.all] == [1, 1]
    nodes.clock.move(0.9)
    assert await delay(nodes.all[1]) == 1
    nodes.clock.move(0.2)
    waits = []
    for number in range(4):
        await nodes.all[number % 2].admit(OLGA, HERE)
        waits.append(await delay(nodes.all[1 - number % 2]))
        nodes.clock.move(waits[-1])
    assert waits == [2, 4, 8, 16]


@pytest.mark.parametrize("place", [0, 1])
async def test_the_owner_is_not_locked_out_by_strangers(link: ValkeyLink, place: int) -> None:
    """The owner is not delayed at an address with an earlier sign-in, on any node."""
    nodes = Nodes(link)
    await nodes.all[0].admit(OLGA, HERE)
    await nodes.all[0].succeeded(OLGA, HERE)
    for number in range(ACCOUNT.free + 3):
        await nodes.all[place].admit(OLGA, f"203.0.113.{number // 5}")
        nodes.clock.move(31)
    await nodes.all[place].admit(OLGA, THERE)
    assert await delay(nodes.all[place], address="192.0.2.99") > 0
    for each in nodes.all:
        assert await delay(each, address=HERE) == 0


async def test_success_forgets_the_pair_and_an_undecided_attempt_is_taken_back(
    link: ValkeyLink,
) -> None:
    nodes = Nodes(link)
    one, other = nodes.all
    for _ in range(PAIR.free):
        await one.admit(OLGA, HERE)
    await other.admit(OLGA, HERE)
    assert await delay(one) == 1
    nodes.clock.move(1)
    await other.admit(OLGA, HERE)
    await other.succeeded(OLGA, HERE)
    assert [await delay(each) for each in nodes.all] == [0, 0]
    for number in range(ADDRESS.free):
        await one.admit(f"{number}@north.example", THERE)
        await one.withdraw(f"{number}@north.example", THERE)
    await one.admit("last@north.example", THERE)
    assert await delay(other, "more@north.example", THERE) == 0


async def test_nobody_is_named_in_valkey(link: ValkeyLink, server: Valkey) -> None:
    """Accounts and addresses stand there as hashes that only this service can make."""
    await Nodes(link).all[0].admit(OLGA, HERE)
    keys = [each for each in server.names() if each != "tp:probe"]
    assert [each.rpartition(":")[0] for each in keys] == [
        "tp:login:account",
        "tp:login:address",
        "tp:login:pair",
    ]
    assert all(OLGA not in each and HERE not in each for each in keys)
