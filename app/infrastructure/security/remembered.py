"""What a look-up answered, remembered for a few seconds: one look-up for all who ask at once."""

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
    """Answers of ``look``, each good for ``seconds`` at most.

    What is in use is looked up again in the background after ``again_seconds``, so that a request
    seldom waits for it. "There is none" is not remembered: made-up keys would push out real ones.
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
        """The answer that is remembered, if it is still good."""
        known = self._known.get(key)
        if known is None or self._monotonic() - known.since >= self._seconds:
            return None
        return known.value

    def forget(self, *keys: K) -> None:
        """Look these up anew when they are next asked for."""
        self._forgotten += 1  # a look-up under way may have read the state before the change
        for key in keys:
            self._known.pop(key, None)
            self._looking.pop(key, None)

    def forget_where(self, fits: Callable[[V], bool]) -> None:
        """Look up anew every remembered answer that fits."""
        self.forget(*[key for key, known in self._known.items() if fits(known.value)])

    async def close(self) -> None:
        """Stop the look-ups under way."""
        tasks = list(self._looking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: K) -> "asyncio.Task[V | None]":
        """The look-up that is under way, or a new one."""
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
            # Whoever waits gets it too; in the background the old answer serves until its end.
            _log.warning("look_up_failed", error=type(error).__name__)
