"""Nothing tells whether an address is known: not the answer, not its time (PW-05, G-15).

Times are taken in turns, one of either kind, so that a slow moment of the machine hits both. A
round is uneven when its medians are more than 5 % apart and its ranks say that this is no chance; a
leak makes every round so. Passwords are cheap here and the machine is shared: both are asked for by
``load/measure/authentication.py``, which measures at their full price.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import httpx
import pytest

from app.infrastructure.security.throttle import Rule, Rules
from load.measure.ranks import p_value
from tests.api.identity.credentials.support import Somebody, new_email
from tests.api.identity.support import OTHER_PASSWORD, alike, parts_of, register

ROUNDS_MAX = 4
P_MIN = 0.01
RATIO_MAX = 0.05
UNLIMITED = Rules(*[Rule(10**9, 1)] * 3)

Request = Callable[[Somebody], Awaitable[httpx.Response]]


async def log_in(somebody: Somebody) -> httpx.Response:
    return await somebody.try_login(OTHER_PASSWORD)


async def forget(somebody: Somebody) -> httpx.Response:
    return await somebody.forget()


async def sign_up(somebody: Somebody) -> httpx.Response:
    return await register(somebody.api, email=somebody.email)


@pytest.fixture
def identity(olga: Somebody, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The service without delays."""
    found = parts_of(olga.api).identity
    monkeypatch.setattr(found.passwords.throttle._counts, "_rules", UNLIMITED)
    monkeypatch.setattr(found.recovery.requests, "_rules", UNLIMITED)
    return found


async def lasting(
    olga: Somebody, identity: Any, request: Request, patch: pytest.MonkeyPatch
) -> None:
    """Let what writes take longer than it needs on this machine at this moment."""
    known, unknown = await times(olga, request, 4)
    slowest = max(*known, *unknown)
    patch.setattr(identity.recovery, "seconds_min", 2 * slowest)
    patch.setattr(identity.registrations, "seconds_min", 2 * slowest)


async def times(olga: Somebody, request: Request, samples: int) -> tuple[list[float], list[float]]:
    """Seconds of ``samples`` requests for a known address, and of as many for unknown ones."""
    known: list[float] = []
    unknown: list[float] = []
    for turn in range(samples + 2):
        pair = [(known, olga), (unknown, Somebody(olga.api, new_email()))]
        for kept, somebody in pair if turn % 2 else pair[::-1]:
            started = time.perf_counter()
            await request(somebody)
            kept.append(time.perf_counter() - started)
    return known[2:], unknown[2:]  # the first ones warm up


async def even(olga: Somebody, request: Request, samples: int, rounds: int = ROUNDS_MAX) -> bool:
    """Whether the times of some round do not tell which address is known."""
    for _ in range(rounds):
        known, unknown = await times(olga, request, samples)
        within = abs(median(known) / median(unknown) - 1) < RATIO_MAX
        if within or p_value(known, unknown) > P_MIN:
            return True
    return False


@pytest.mark.parametrize(("request_", "samples"), [(log_in, 40), (forget, 16), (sign_up, 8)])
async def test_neither_answer_nor_time_tells_who_is_known(
    olga: Somebody,
    identity: Any,
    request_: Request,
    samples: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = await request_(olga)
    unknown = await request_(Somebody(olga.api, new_email()))
    assert alike(known, unknown)
    assert known.content == unknown.content or known.status_code == 401
    await lasting(olga, identity, request_, monkeypatch)
    assert await even(olga, request_, samples)


async def test_thirty_milliseconds_for_known_addresses_would_show(
    olga: Somebody, identity: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The measure itself is measured: a leak is planted, of about a hash at its full price."""
    verify = identity.passwords.hasher.verify

    async def telling(password: str, password_hash: str | None) -> tuple[bool, str | None]:
        if password_hash is not None:
            await asyncio.sleep(0.03)
        found: tuple[bool, str | None] = await verify(password, password_hash)
        return found

    monkeypatch.setattr(identity.passwords.hasher, "verify", telling)
    assert not await even(olga, log_in, 16, rounds=1)


def test_ranks_tell_samples_apart() -> None:
    evens = [float(each) for each in range(0, 80, 2)]
    odds = [each + 1 for each in evens]
    assert p_value(evens, odds) > 0.5
    assert p_value(evens, [each + 60 for each in evens]) < 1e-6
    assert p_value([1.0] * 9, [1.0] * 9) == 1.0
