"""Token buckets shared by all nodes in Valkey; each node counts alone while it is unreachable."""

from typing import Final

from app.application.shared.rate_limit import Budget, Verdict, verdict
from app.infrastructure.cache.valkey import Away, Script, ValkeyLink
from app.infrastructure.rate_limit.memory import MemoryRateLimiter

# A bucket is one number, the microsecond at which it is full again, as in ``memory.py``. The
# server's clock is used, because it is the same for all nodes; a test may pass another. If a
# failover sets the clock back, a bucket is empty at worst.
TAKE: Final = Script("""
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local interval, capacity = tonumber(ARGV[2]), tonumber(ARGV[2]) * tonumber(ARGV[3])
local full_in = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') - now, 0)
full_in = math.min(full_in, capacity)
local after = full_in + interval * tonumber(ARGV[4])
if after <= capacity then
  redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000) + 1)
end
return full_in
""")


class SharedRateLimiter:
    """Implements ``app.application.shared.rate_limit.RateLimiter`` for many nodes.

    What this node admits it counts in its own memory too. So a caller that used up the budget on
    this node is refused without asking Valkey, and the limit holds when Valkey becomes unreachable.
    """

    def __init__(self, link: ValkeyLink, local: MemoryRateLimiter, *, now_us: int = 0) -> None:
        self._link = link
        self._local = local
        self.now_us = now_us  # 0: the clock of the server

    async def take(self, key: str, budget: Budget, cost: int = 1) -> Verdict:
        """Take ``cost`` tokens of the bucket ``key``, if there are as many."""
        own = self._local.look(key, budget, cost)
        if not own.allowed:
            return own
        price = budget.price(cost)
        try:
            full_in = await self._link.call(
                TAKE, [f"tp:rate:{key}"], self.now_us, budget.interval_us, budget.burst, price
            )
        except Away:
            return self._local.spend(key, budget, cost)
        said = verdict(budget, cost, int(full_in))
        if said.allowed:
            self._local.spend(key, budget, cost)
        return said
