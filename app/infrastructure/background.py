"""Work on companies in the background of this process."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from app.domain.shared.errors import DomainError

_log = structlog.get_logger("app.background")


class CompanyTasks:
    """One task at a time for each company; ``given_up`` is the event of one that was refused.

    A refusal is only logged: another process did the same, or the next occasion begins it again.
    """

    def __init__(self, work: Callable[[bytes], Awaitable[object]], given_up: str) -> None:
        self._work = work
        self._given_up = given_up
        self.running: dict[bytes, asyncio.Task[None]] = {}

    def begin(self, tenant_id: bytes, wait_seconds: float = 0.0) -> None:
        """Work on a company after a time, unless that is about to happen or under way."""
        if tenant_id not in self.running:
            self.start(tenant_id, self._later(tenant_id, wait_seconds))

    def start(self, key: bytes, work: Coroutine[Any, Any, None]) -> None:
        """Run a task under a key."""
        task = asyncio.create_task(work)
        self.running[key] = task
        task.add_done_callback(lambda _: self.running.pop(key, None))

    async def run(self, tenant_id: bytes) -> None:
        """Work on a company now."""
        try:
            await self._work(tenant_id)
        except DomainError as error:
            _log.info(self._given_up, code=error.code)

    async def stop(self) -> None:
        """End what is under way."""
        tasks = list(self.running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _later(self, tenant_id: bytes, wait_seconds: float) -> None:
        if wait_seconds:
            await asyncio.sleep(wait_seconds)
        await self.run(tenant_id)
