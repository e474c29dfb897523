"""Rate limits: how many requests a caller may make, and the port of the counter."""

from typing import Final, NamedTuple, Protocol

from app.domain.shared.frozen import frozen

MICROSECONDS: Final = 1_000_000


@frozen
class Budget:
    """A token bucket: it holds ``burst`` requests and regains ``tokens`` per ``seconds``."""

    tokens: int
    seconds: int
    burst: int

    @property
    def interval_us(self) -> int:
        """The microseconds after which one token is returned, the unit of all counters."""
        return max(self.seconds * MICROSECONDS // self.tokens, 1)

    def price(self, cost: int) -> int:
        """What a request of this cost takes: never more than a full bucket holds."""
        return min(cost, self.burst)


class Verdict(NamedTuple):
    """What the limiter says of one request. Times are whole seconds, rounded up."""

    allowed: bool
    remaining: int
    reset_seconds: int
    retry_after_seconds: int


def verdict(budget: Budget, cost: int, full_in_us: int) -> Verdict:
    """What follows from a bucket that is full again in ``full_in_us``, before the request.

    That number is all of a bucket: the generic cell rate algorithm (ITU-T I.371, virtual
    scheduling), which admits exactly what a token bucket admits.
    """
    interval = budget.interval_us
    after = full_in_us + interval * budget.price(cost)
    wait = after - interval * budget.burst
    if wait > 0:
        return Verdict(False, 0, _seconds(full_in_us), _seconds(wait))
    return Verdict(True, -wait // interval, _seconds(after), 0)


def _seconds(microseconds: int) -> int:
    return -(-microseconds // MICROSECONDS)


class RateLimiter(Protocol):
    """Counts requests against budgets."""

    async def take(self, key: str, budget: Budget, cost: int = 1) -> Verdict:
        """Take ``cost`` tokens of the bucket ``key``, if there are as many.

        Equal keys share a bucket for as long as they name the same budget.
        """
        ...
