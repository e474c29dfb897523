"""Delays for those who guess passwords, kept in the memory of this process.

Failures are counted in three places, each with a delay that doubles: an account from one address,
an account from anywhere, an address for any account. A delay ends by itself, nothing is locked:
a stranger who keeps failing delays himself for long, and the owner of the account from elsewhere
by at most half a minute, and not at all from an address where the owner has signed in before.

Every node counts for itself, so N nodes admit up to N times as many attempts.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.identity.errors import LoginThrottled
from app.domain.shared.frozen import frozen

_KEYS_MAX = 20_000
_FORGOTTEN_AFTER_SECONDS = 15 * 60.0


@frozen
class Rule:
    """``free`` failures cost nothing, each further one twice the delay of the one before."""

    free: int
    delay_seconds_max: float

    def delay(self, failures: int) -> float:
        """Seconds to wait after this many failures."""
        beyond = failures - self.free
        if beyond <= 0:
            return 0.0
        return min(2.0 ** min(beyond - 1, 30), self.delay_seconds_max)


PAIR = Rule(free=10, delay_seconds_max=600)
ACCOUNT = Rule(free=20, delay_seconds_max=30)
ADDRESS = Rule(free=50, delay_seconds_max=600)


@dataclass(slots=True)
class _Count:
    failures: int = 0
    last: float = -math.inf


class MemoryLoginThrottle:
    """Implements ``app.application.identity.ports.LoginThrottle``.

    An attempt counts as failed from the start, so parallel guesses cannot slip past the count.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, keys_max: int = _KEYS_MAX
    ) -> None:
        self._now = now
        self._keys_max = keys_max
        self._counts: OrderedDict[tuple[str, ...], _Count] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def admit(self, account: str, address: str) -> None:
        """Let one attempt through and count it.

        Raises:
            LoginThrottled: it says in how many seconds the next attempt is taken.
        """
        now = self._now()
        pair, anywhere, anyone = _keys(account, address)
        waits = [self._wait(pair, PAIR, now), self._wait(anyone, ADDRESS, now)]
        if (account, address) not in self._known:
            waits.append(self._wait(anywhere, ACCOUNT, now))
        if max(waits) > 0:
            raise LoginThrottled(retry_after_seconds=math.ceil(max(waits)))
        for key in (pair, anywhere, anyone):
            count = self._count(key, now)
            count.failures += 1
            count.last = now

    async def withdraw(self, account: str, address: str) -> None:
        """Take back one attempt that was not decided."""
        self._take_back(account, address)

    async def succeeded(self, account: str, address: str) -> None:
        """Take back the attempt, forget the failures of the pair, and know the address."""
        self._take_back(account, address)
        self._counts.pop(_keys(account, address)[0], None)
        self._known[account, address] = None
        self._known.move_to_end((account, address))
        if len(self._known) > self._keys_max:
            self._known.popitem(last=False)

    def _take_back(self, account: str, address: str) -> None:
        for key in _keys(account, address):
            count = self._counts.get(key)
            if count is not None and count.failures > 0:
                count.failures -= 1

    def _wait(self, key: tuple[str, ...], rule: Rule, now: float) -> float:
        count = self._counts.get(key)
        if count is None or now - count.last > _FORGOTTEN_AFTER_SECONDS:
            return 0.0
        return count.last + rule.delay(count.failures) - now

    def _count(self, key: tuple[str, ...], now: float) -> _Count:
        count = self._counts.get(key)
        if count is None or now - count.last > _FORGOTTEN_AFTER_SECONDS:
            count = self._counts[key] = _Count()
        self._counts.move_to_end(key)
        if len(self._counts) > self._keys_max:
            self._counts.popitem(last=False)
        return count


def _keys(account: str, address: str) -> tuple[tuple[str, ...], ...]:
    """Where an attempt is counted: the account from here, from anywhere, anyone from here."""
    return ("pair", account, address), ("account", account), ("address", address)
