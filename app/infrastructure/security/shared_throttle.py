"""Delays against password guessing, counted for all nodes in Valkey.

The rules are those of ``throttle.py``, whose counts each node keeps as well. While Valkey is
unreachable they decide alone. An attempt that they refuse is refused unless the address is known.
"""

import hashlib
import math
from typing import Final

from app.application.shared.rate_limit import MICROSECONDS
from app.domain.identity.sign_in.errors import LoginThrottled
from app.infrastructure.cache.valkey import Away, Script, ValkeyLink
from app.infrastructure.security.throttle import ACCOUNT, ADDRESS, PAIR, MemoryLoginThrottle

_FORGOTTEN_MS: Final = 15 * 60 * 1_000
_KNOWN_MS: Final = 30 * 24 * 3_600 * 1_000

# KEYS: the pair, the account, the address, whether the pair is known. ARGV: the time or 0, how
# long a count is kept, then for each count its free failures and its longest delay. Times are
# microseconds. Answers the wait, and whether the pair is known.
_ADMIT: Final = Script("""
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local known, longest = redis.call('EXISTS', KEYS[4]), 0
for place = 1, 3 do
  local count = redis.call('HMGET', KEYS[place], 'failures', 'last')
  local beyond = tonumber(count[1] or '0') - tonumber(ARGV[place * 2 + 1])
  if beyond > 0 and not (place == 2 and known == 1) then
    local delay = math.min(2 ^ math.min(beyond - 1, 30) * 1000000, tonumber(ARGV[place * 2 + 2]))
    longest = math.max(longest, tonumber(count[2]) + delay - now)
  end
end
if longest <= 0 then
  for place = 1, 3 do
    redis.call('HINCRBY', KEYS[place], 'failures', 1)
    redis.call('HSET', KEYS[place], 'last', string.format('%.0f', now))
    redis.call('PEXPIRE', KEYS[place], ARGV[2])
  end
end
return {math.ceil(longest), known}
""")
_TAKE_BACK: Final = """
for place = 1, 3 do
  if tonumber(redis.call('HGET', KEYS[place], 'failures') or '0') > 0 then
    redis.call('HINCRBY', KEYS[place], 'failures', -1)
  end
end
"""
_WITHDRAW: Final = Script(_TAKE_BACK)
_SUCCEEDED: Final = Script(
    _TAKE_BACK + "redis.call('DEL', KEYS[1]) redis.call('SET', KEYS[4], 1, 'PX', ARGV[1])"
)
_LIFT: Final = Script("redis.call('DEL', unpack(KEYS))")


class SharedLoginThrottle:
    """Implements ``app.application.identity.directory.ports.LoginThrottle`` for many nodes.

    Accounts and addresses are personal data, so they are stored as hashes keyed by ``secret``.
    """

    def __init__(
        self, link: ValkeyLink, local: MemoryLoginThrottle, secret: str, *, now_us: int = 0
    ) -> None:
        self._link = link
        self._local = local
        self._secret = hashlib.blake2b(secret.encode(), digest_size=32, person=b"throttle").digest()
        self.now_us = now_us  # 0: the clock of the server
        self._rules = [
            each
            for rule in (PAIR, ACCOUNT, ADDRESS)
            for each in (rule.free, int(rule.delay_seconds_max * MICROSECONDS))
        ]

    async def admit(self, account: str, address: str) -> None:
        """Let one attempt through and count it.

        Raises:
            LoginThrottled: carries the seconds until the next attempt is accepted.
        """
        keys = self._keys(account, address)
        try:
            wait, known = await self._link.call(
                _ADMIT, keys, self.now_us, _FORGOTTEN_MS, *self._rules
            )
        except Away:
            await self._local.admit(account, address)
            return
        if wait > 0:
            raise LoginThrottled(retry_after_seconds=math.ceil(wait / MICROSECONDS))
        try:
            await self._local.admit(account, address)
        except LoginThrottled:
            if not known:
                await self._tell(_WITHDRAW, keys)
                raise

    async def withdraw(self, account: str, address: str) -> None:
        """Uncount one attempt that was not decided."""
        await self._local.withdraw(account, address)
        await self._tell(_WITHDRAW, self._keys(account, address))

    async def succeeded(self, account: str, address: str) -> None:
        """Uncount the attempt, reset the failures of the pair, and record the address as known."""
        await self._local.succeeded(account, address)
        await self._tell(_SUCCEEDED, self._keys(account, address), _KNOWN_MS)

    async def lift(self, account: str, address: str, *, anywhere: bool) -> None:
        """Reset the failures of an account from this address, or from ``anywhere``."""
        await self._local.lift(account, address, anywhere=anywhere)
        await self._tell(_LIFT, self._keys(account, address)[: 2 if anywhere else 1])

    async def _tell(self, script: Script, keys: list[str], *arguments: int) -> None:
        try:
            await self._link.call(script, keys, *arguments)
        except Away:  # Valkey then counts one attempt too many, for a quarter of an hour at most
            return

    def _keys(self, account: str, address: str) -> list[str]:
        pair = f"{account}\0{address}"
        named = (("pair", pair), ("account", account), ("address", address), ("known", pair))
        return [f"tp:login:{kind}:{self._hash(kind, text)}" for kind, text in named]

    def _hash(self, kind: str, text: str) -> str:
        whole = f"{kind}\0{text}".encode(errors="replace")
        return hashlib.blake2b(whole, digest_size=16, key=self._secret).hexdigest()
