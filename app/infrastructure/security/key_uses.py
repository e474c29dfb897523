"""Records the last use of API keys, after the requests that use them."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

import structlog

from app.application.identity.keys.api_keys import NOTE_USE, USED_AGAIN_AFTER, UseOfKey
from app.application.shared.access import Principal
from app.application.shared.commands import CommandRunner, answer_of
from app.domain.shared.clock import Clock
from app.domain.shared.errors import DomainError
from app.domain.shared.ids import Id

_log = structlog.get_logger("app.identity")
_KEYS_MAX = 20_000
_SECONDS = USED_AGAIN_AFTER.total_seconds()


class RecordedKeyUses:
    """Implements ``app.application.identity.keys.ports.KeyUses``.

    A use that cannot be written is lost: it is informative only, not a fact.
    """

    def __init__(
        self,
        runner: CommandRunner,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runner = runner
        self._clock = clock
        self._monotonic = monotonic
        self._noted: OrderedDict[Id, float] = OrderedDict()
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, principal: Principal, address: str) -> None:
        """Record the use of a key, at most once a minute."""
        now = self._monotonic()
        key_id = principal.user_id
        before = self._noted.get(key_id)
        if before is not None and now - before < _SECONDS:
            return
        self._noted[key_id] = now
        self._noted.move_to_end(key_id)
        if len(self._noted) > _KEYS_MAX:
            self._noted.popitem(last=False)
        use = UseOfKey(key_id, self._clock.now(), address)
        task = asyncio.create_task(self._write(use, principal))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def close(self) -> None:
        """Wait for running writes."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _write(self, use: UseOfKey, principal: Principal) -> None:
        service = Principal(principal.tenant_id, principal.on_behalf_of)
        try:
            await answer_of(self._runner, NOTE_USE, use, service)
        except DomainError as refusal:
            _log.warning("key_use_lost", key_id=use.key_id.hex(), reason=refusal.code)
