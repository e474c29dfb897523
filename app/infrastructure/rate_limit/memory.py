"""Token buckets in the memory of this process."""

import time
from collections.abc import Callable
from typing import Final

from app.application.shared.rate_limit import Budget, Verdict

_SECOND: Final = 1_000_000_000


class MemoryRateLimiter:
    """Token buckets kept as one number each: the instant at which the bucket is full again.

    That is the generic cell rate algorithm (ITU-T I.371, virtual scheduling), which admits exactly
    what a token bucket admits; in whole nanoseconds, so the count is exact. A full bucket needs no
    memory. Beyond ``keys_max`` buckets the full ones are dropped, then the oldest ones, so that
    nobody can fill the memory with made-up addresses.

    ``now_ns`` is a clock that never goes back.
    """

    def __init__(
        self, *, now_ns: Callable[[], int] = time.monotonic_ns, keys_max: int = 100_000
    ) -> None:
        self._now_ns = now_ns
        self._keys_max = keys_max
        self._full_at: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    async def take(self, key: str, budget: Budget) -> Verdict:
        """Take one token of the bucket ``key``, if there is one."""
        now = self._now_ns()
        interval = budget.seconds * _SECOND // budget.tokens
        capacity = interval * budget.burst
        full_at = max(self._full_at.get(key, now), now) + interval
        wait = full_at - now - capacity
        if wait > 0:
            return Verdict(False, 0, _seconds(full_at - interval - now), _seconds(wait))
        if key not in self._full_at and len(self._full_at) >= self._keys_max:
            self._make_room(now)
        self._full_at[key] = full_at
        return Verdict(True, -wait // interval, _seconds(full_at - now), 0)

    def _make_room(self, now: int) -> None:
        kept = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        surplus = len(kept) - self._keys_max * 9 // 10
        for key in list(kept)[: max(surplus, 0)]:
            del kept[key]
        self._full_at = kept


def _seconds(nanoseconds: int) -> int:
    return -(-nanoseconds // _SECOND)
