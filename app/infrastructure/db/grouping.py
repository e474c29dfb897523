"""Group commit: commands of one company that wait at the same moment share one transaction.

A single command runs at once, in its own transaction. Commands that arrive while it runs are
queued, and when it ends the whole queue runs as one group: one locking read, the decisions one
after the other in memory, one write, one commit. The busier a company is, the larger its groups and
the cheaper its commands. Each call keeps its own answer, refusal and idempotency key. A group falls
back to single calls when the database refuses one of its rows.

A queue holds calls of one company and one command, so that a group takes one kind of locks and its
statements have few shapes.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Any

from app.application.shared.commands import Call, Outcome
from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db.errors import TookTooLong

GROUP_MAX = 64

RunTogether = Callable[[Sequence[Call[Any]]], Awaitable[list[Outcome]]]
_Key = tuple[bytes, str]
_Waiting = tuple[Call[Any], asyncio.Future[Outcome]]


class Grouping:
    """Runs single calls through ``run_together``, which runs calls of one company in order."""

    def __init__(self, run_together: RunTogether) -> None:
        self._run_together = run_together
        # One queue for each company and command with a running transaction.
        self._lines: dict[_Key, deque[_Waiting]] = {}
        self._groups: set[asyncio.Task[None]] = set()

    async def run(self, call: Call[Any]) -> Outcome:
        """Run one call and return its outcome; errors of its transaction propagate."""
        key = (call.principal.tenant_id, call.command.name)
        line = self._lines.get(key)
        if line is not None:
            answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            line.append((call, answer))
            return await answer
        self._lines[key] = deque()
        try:
            [outcome] = await self._run_together([call])
            return outcome
        finally:
            self._next(key)

    async def finish(self) -> None:
        """Wait until the running groups have ended."""
        while self._groups:
            await asyncio.wait(self._groups)

    def _next(self, key: _Key) -> None:
        """Run the queued calls, except those whose caller has disconnected."""
        line = self._lines[key]
        group: list[_Waiting] = []
        while line and len(group) < GROUP_MAX:
            call, answer = line.popleft()
            if not answer.done():
                group.append((call, answer))
        if not group:
            del self._lines[key]
            return
        # A group does not belong to one request: it outlives its callers and logs under no request
        # id.
        task = asyncio.get_running_loop().create_task(self._serve(key, group), context=Context())
        self._groups.add(task)
        task.add_done_callback(self._groups.discard)

    async def _serve(self, key: _Key, group: list[_Waiting]) -> None:
        try:
            await self._answer(group)
        finally:
            self._next(key)

    async def _answer(self, group: list[_Waiting]) -> None:
        try:
            outcomes = await self._run_together([call for call, _ in group])
        except Exception as error:
            away = isinstance(error, ServiceUnavailable) and not isinstance(error, TookTooLong)
            if away or len(group) == 1:
                _tell(group, error)
                return
            # The group is too large for one transaction, a row of one call is locked elsewhere, or
            # one call raises an unexpected error. The others must not be affected, so each runs
            # alone.
            await asyncio.gather(*(self._answer([each]) for each in group))
        else:
            for (_, answer), outcome in zip(group, outcomes, strict=True):
                if not answer.done():
                    answer.set_result(outcome)


async def one_by_one(run: RunTogether, calls: Sequence[Call[Any]]) -> list[Outcome]:
    """Run each call in its own transaction; the outcomes come in the same order."""
    outcomes: list[Outcome] = []
    for call in calls:
        outcomes.extend(await run([call]))
    return outcomes


def _tell(group: list[_Waiting], error: Exception) -> None:
    for _, answer in group:
        if not answer.done():
            answer.set_exception(error)
