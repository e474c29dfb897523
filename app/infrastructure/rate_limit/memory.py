"""Token buckets in the memory of this process."""

import time
from collections.abc import Callable

from app.application.shared.rate_limit import Budget, Verdict, verdict


class MemoryRateLimiter:
    """Token buckets, each stored as one number: the time at which the bucket is full again.

    In whole microseconds, so the count is exact. A full bucket needs no memory. Beyond ``keys_max``
    buckets the full ones are dropped, then the oldest ones, so that made-up addresses cannot fill
    the memory.

    ``now_ns`` is a monotonic clock.
    """

    def __init__(
        self, *, now_ns: Callable[[], int] = time.monotonic_ns, keys_max: int = 100_000
    ) -> None:
        self._now_ns = now_ns
        self._keys_max = keys_max
        self._full_at: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    async def take(self, key: str, budget: Budget, cost: int = 1) -> Verdict:
        """Take ``cost`` tokens of the bucket ``key``, if there are as many."""
        return self.spend(key, budget, cost)

    def look(self, key: str, budget: Budget, cost: int) -> Verdict:
        """The verdict that ``take`` would give now, without taking tokens."""
        return verdict(budget, cost, max(self._full_at.get(key, 0) - self._now_us(), 0))

    def spend(self, key: str, budget: Budget, cost: int) -> Verdict:
        """Take ``cost`` tokens, as ``take`` does, at once."""
        now = self._now_us()
        full_in = max(self._full_at.get(key, 0) - now, 0)
        said = verdict(budget, cost, full_in)
        if said.allowed:
            if key not in self._full_at and len(self._full_at) >= self._keys_max:
                self._make_room(now)
            self._full_at[key] = now + full_in + budget.interval_us * budget.price(cost)
        return said

    def _now_us(self) -> int:
        return self._now_ns() // 1_000

    def _make_room(self, now: int) -> None:
        kept = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        surplus = len(kept) - self._keys_max * 9 // 10
        for key in list(kept)[: max(surplus, 0)]:
            del kept[key]
        self._full_at = kept
