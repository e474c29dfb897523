"""Delays against password guessing, kept in the memory of this process.

Failures are counted in three places, each with a delay that doubles: an account from one address,
an account from anywhere, an address for any account. Delays end by themselves; no account is
locked. A stranger who keeps failing is delayed for long, but delays the owner of the account
elsewhere by at most half a minute, and not at all at addresses where the owner has signed in
before. An administrator of a company can lift the delays of its members.

Every node counts for itself, so N nodes admit up to N times as many attempts. A lift is stored in
the database; each node reads it when it is about to delay the account.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.application.identity.directory.ports import LoginThrottle
from app.domain.identity.sign_in.errors import LoginThrottled
from app.domain.shared.frozen import frozen

_KEYS_MAX = 20_000
DELAYS_LAST = timedelta(minutes=15)
_FORGOTTEN_AFTER_SECONDS = DELAYS_LAST.total_seconds()


@frozen
class Rule:
    """``free`` failures cause no delay, each further one doubles the delay."""

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


@frozen
class Rules:
    """How attempts count in the three places."""

    pair: Rule = PAIR
    account: Rule = ACCOUNT
    address: Rule = ADDRESS


LOGINS = Rules()
# Each reset request sends a message, so fewer are free.
RESETS = Rules(Rule(3, 600), Rule(5, 60), Rule(20, 600))


@dataclass(slots=True)
class _Count:
    failures: int = 0
    last: float = -math.inf


class MemoryLoginThrottle:
    """Implements ``app.application.identity.directory.ports.LoginThrottle``.

    An attempt counts as failed from the start, so parallel guesses cannot bypass the count.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        keys_max: int = _KEYS_MAX,
        rules: Rules = LOGINS,
    ) -> None:
        self._now = now
        self._rules = rules
        self._keys_max = keys_max
        self._counts: OrderedDict[tuple[str, ...], _Count] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def admit(self, account: str, address: str) -> None:
        """Let one attempt through and count it.

        Raises:
            LoginThrottled: carries the seconds until the next attempt is accepted.
        """
        now = self._now()
        pair, anywhere, anyone = _keys(account, address)
        rules = self._rules
        waits = [self._wait(pair, rules.pair, now), self._wait(anyone, rules.address, now)]
        if (account, address) not in self._known:
            waits.append(self._wait(anywhere, rules.account, now))
        if max(waits) > 0:
            raise LoginThrottled(retry_after_seconds=math.ceil(max(waits)))
        for key in (pair, anywhere, anyone):
            count = self._count(key, now)
            count.failures += 1
            count.last = now

    async def withdraw(self, account: str, address: str) -> None:
        """Uncount one attempt that was not decided."""
        self._take_back(account, address)

    async def succeeded(self, account: str, address: str) -> None:
        """Uncount the attempt, reset the failures of the pair, and record the address as known."""
        self._take_back(account, address)
        self._counts.pop(_keys(account, address)[0], None)
        self._known[account, address] = None
        self._known.move_to_end((account, address))
        if len(self._known) > self._keys_max:
            self._known.popitem(last=False)

    async def lift(self, account: str, address: str, *, anywhere: bool) -> None:
        """Reset the failures of an account from this address, or from ``anywhere``."""
        pair, whole, _ = _keys(account, address)
        self._counts.pop(pair, None)
        if anywhere:
            self._counts.pop(whole, None)

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


class Lifts(Protocol):
    """A store of lifted delays, shared by all nodes."""

    async def lifted_at(self, account: str) -> datetime | None:
        """When the delays of an account were last lifted."""
        ...


class LiftedLoginThrottle:
    """A throttle that checks for a lift before it delays an account.

    Only attempts that would be delayed cost a look-up, for known and unknown accounts alike. A lift
    takes effect once on each node, and once for each address that is delayed within a quarter of an
    hour of it.
    """

    def __init__(self, counts: LoginThrottle, lifts: Lifts, keys_max: int = _KEYS_MAX) -> None:
        self._counts = counts
        self._lifts = lifts
        self._keys_max = keys_max
        self._lifted: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    async def admit(self, account: str, address: str) -> None:
        """Let one attempt through and count it.

        Raises:
            LoginThrottled: carries the seconds until the next attempt is accepted.
        """
        try:
            await self._counts.admit(account, address)
        except LoginThrottled:
            lifted_at = await self._lifts.lifted_at(account)
            if lifted_at is None or lifted_at == self._lifted.get((account, address)):
                raise
            first = self._lifted.get((account, "")) != lifted_at
            for place in (address, ""):  # the empty one stands for the account
                self._lifted[account, place] = lifted_at
                if len(self._lifted) > self._keys_max:
                    self._lifted.popitem(last=False)
            await self.lift(account, address, anywhere=first)
            await self._counts.admit(account, address)

    async def withdraw(self, account: str, address: str) -> None:
        """Uncount one attempt that was not decided."""
        await self._counts.withdraw(account, address)

    async def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of this account from this address."""
        await self._counts.succeeded(account, address)

    async def lift(self, account: str, address: str, *, anywhere: bool) -> None:
        """Forget the failures of this account from here, and those from ``anywhere`` as well."""
        await self._counts.lift(account, address, anywhere=anywhere)


def _keys(account: str, address: str) -> tuple[tuple[str, ...], ...]:
    """The keys of an attempt: account and address, account, address."""
    return ("pair", account, address), ("account", account), ("address", address)
