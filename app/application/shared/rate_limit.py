"""Rate limits: how much one caller may ask for, and the port of whoever counts it."""

from typing import NamedTuple, Protocol

from app.domain.shared.frozen import frozen


@frozen
class Budget:
    """A token bucket: it holds ``burst`` requests and regains ``tokens`` per ``seconds``."""

    tokens: int
    seconds: int
    burst: int


class Verdict(NamedTuple):
    """What the limiter says of one request. Times are whole seconds, rounded up."""

    allowed: bool
    remaining: int
    reset_seconds: int
    retry_after_seconds: int


class RateLimiter(Protocol):
    """Counts requests against budgets."""

    async def take(self, key: str, budget: Budget) -> Verdict:
        """Take one token of the bucket ``key``, if there is one.

        Equal keys share a bucket for as long as they name the same budget.
        """
        ...
