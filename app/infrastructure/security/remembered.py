"""Results of look-ups, cached for a few seconds; concurrent requests share one look-up."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import structlog

from app.domain.shared.frozen import frozen

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_log = structlog.get_logger("app.identity")
_ENTRIES_MAX = 20_000


@frozen
class _Known(Generic[V]):
    value: V
    since: float  # monotonic


class Remembered(Generic[K, V]):
    """A cache of the answers of ``look``, each valid for ``seconds`` at most.

    Entries in use are refreshed in the background after ``again_seconds``, so that a request seldom
    waits. A missing entry is not cached, because made-up keys would evict real ones.
    """

    def __init__(
        self,
        look: Callable[[K], Awaitable[V | None]],
        *,
        seconds: float,
        again_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._seconds = seconds
        self._again_seconds = again_seconds
        self._monotonic = monotonic
        self._known: OrderedDict[K, _Known[V]] = OrderedDict()
        self._looking: dict[K, asyncio.Task[V | None]] = {}
        self._forgotten = 0

    async def get(self, key: K) -> V | None:
        """The answer for ``key``, no older than ``seconds``."""
        known = self._known.get(key)
        age = self._seconds if known is None else self._monotonic() - known.since
        if known is None or age >= self._seconds:
            # Shielded: another request may be waiting for the same answer.
            return await asyncio.shield(self._start(key))
        if age >= self._again_seconds:
            self._start(key)
        return known.value

    def peek(self, key: K) -> V | None:
        """The cached answer, if it is still valid."""
        known = self._known.get(key)
        if known is None or self._monotonic() - known.since >= self._seconds:
            return None
        return known.value

    def last(self, key: K) -> V | None:
        """The answer that is remembered, however old it is."""
        known = self._known.get(key)
        return None if known is None else known.value

    def forget(self, *keys: K) -> None:
        """Look these up again at their next use."""
        self._forgotten += 1  # a look-up under way may have read the state before the change
        for key in keys:
            self._known.pop(key, None)
            self._looking.pop(key, None)

    def forget_where(self, fits: Callable[[V], bool]) -> None:
        """Look up again, at its next use, every cached answer that matches."""
        self.forget(*[key for key, known in self._known.items() if fits(known.value)])

    async def close(self) -> None:
        """Stop the running look-ups."""
        tasks = list(self._looking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: K) -> "asyncio.Task[V | None]":
        """The running look-up, or a new one."""
        task = self._looking.get(key)
        if task is None:
            task = asyncio.create_task(self._look_up(key))
            self._looking[key] = task
            task.add_done_callback(lambda done: self._looked(key, done))
        return task

    async def _look_up(self, key: K) -> V | None:
        since, forgotten = self._monotonic(), self._forgotten
        value = await self._look(key)
        if forgotten != self._forgotten:
            return value
        if value is None:
            self._known.pop(key, None)
        else:
            self._known[key] = _Known(value, since)
            self._known.move_to_end(key)
            if len(self._known) > _ENTRIES_MAX:
                self._known.popitem(last=False)
        return value

    def _looked(self, key: K, task: "asyncio.Task[V | None]") -> None:
        if self._looking.get(key) is task:
            del self._looking[key]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # Waiting requests get the error too; a failed background refresh keeps the old answer
            # until it expires.
            _log.warning("look_up_failed", error=type(error).__name__)
