"""Several instances of the service on one database, and commands paused in the middle.

One instance groups the commands of a company, so only separate instances race for its rows.
"""

import asyncio
import threading
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from app.application.shared.group import Read
from app.application.shared.kinds import Kind
from app.infrastructure.db.postgres import PostgresDatabase
from app.infrastructure.db.schema import driver_url
from app.infrastructure.db.sqlite import SqliteDatabase
from app.infrastructure.security import passwords
from app.main import create_app
from tests.conftest import settings_for
from tests.support.company import Company, register_company

WAIT_SECONDS = 5
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@dataclass(frozen=True)
class Request:
    """A request of the company's owner; the path is below ``/api/v1``."""

    path: str
    body: Any
    key: str = ""
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Fleet:
    """Instances of the service on one database."""

    url: str
    apps: list[Any]

    @asynccontextmanager
    async def company(self) -> AsyncIterator["Racers"]:
        """A fresh company that is signed in at every instance; it is sound in the end."""
        async with AsyncExitStack() as stack:
            company = await stack.enter_async_context(register_company(self.apps[0]))
            clients = [company.client]
            for app in self.apps[1:]:
                transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
                client = httpx.AsyncClient(
                    transport=transport, base_url="http://test", headers=company.client.headers
                )
                clients.append(await stack.enter_async_context(client))
            yield Racers(self, company, clients)
            await company.assert_sound()

    def database(self, number: int) -> Any:
        """The database of an instance."""
        return self.apps[number].state.container.database


@dataclass
class Racers:
    """A company with a client at each instance."""

    fleet: Fleet
    company: Company
    clients: list[httpx.AsyncClient]

    async def send(self, number: int, request: Request) -> httpx.Response:
        """Put a request to an instance."""
        return await self.clients[number % len(self.clients)].request(
            request.method,
            "/api/v1" + request.path,
            json=request.body,
            headers={"Idempotency-Key": request.key or uuid.uuid4().hex, **dict(request.headers)},
        )

    async def race(self, requests: Iterable[Request]) -> list[httpx.Response]:
        """Put all at once, spread over the instances; the answers in the same order."""
        return await asyncio.gather(*(self.send(*each) for each in enumerate(requests)))


@asynccontextmanager
async def fleet_on(url: str) -> AsyncIterator[Fleet]:
    """Three instances on PostgreSQL, two on a file."""
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(passwords, "ARGON2_MEMORY_KIB", 64)
            patch.setattr(passwords, "ARGON2_PASSES", 1)
            count = 2 if url.startswith("sqlite") else 3
            apps = [create_app(settings_for(url)) for _ in range(count)]
        for app in apps:
            await stack.enter_async_context(app.router.lifespan_context(app))
        yield Fleet(url, apps)


def counted(answers: Iterable[httpx.Response]) -> Counter[tuple[int, str]]:
    """How many answers have which status and, for a refusal, which code."""
    return Counter((each.status_code, each.json().get("code", "")) for each in answers)


class Held:
    """The next command of an instance that reads ``kind`` stops right after that locking read."""

    def __init__(self, database: Any, kind: Kind[Any], patch: pytest.MonkeyPatch) -> None:
        self._kind = kind
        self._loop = asyncio.get_running_loop()
        self._taken = False
        self._reached = asyncio.Event()
        self._released = threading.Event()
        self._let_go = asyncio.Event()
        if isinstance(database, SqliteDatabase):
            self._hold_thread(database, patch)
        else:
            self._hold_task(database, patch)

    async def reached(self) -> None:
        """Wait until the command has its locks."""
        await asyncio.wait_for(self._reached.wait(), WAIT_SECONDS)

    def release(self) -> None:
        """Let the command go on."""
        self._released.set()
        self._let_go.set()

    def _is_it(self, step: Read) -> bool:
        if self._taken or all(kind is not self._kind for kind, _ in step.needs.keys):
            return False
        self._taken = True
        return True

    def _hold_thread(self, database: SqliteDatabase, patch: pytest.MonkeyPatch) -> None:
        plain = database._steps.read

        def read(connection: Any, tenant_id: bytes, step: Read) -> None:
            plain(connection, tenant_id, step)
            if threading.current_thread().name == "sqlite-writer" and self._is_it(step):
                self._loop.call_soon_threadsafe(self._reached.set)
                assert self._released.wait(WAIT_SECONDS)

        patch.setattr(database._steps, "read", read)

    def _hold_task(self, database: PostgresDatabase, patch: pytest.MonkeyPatch) -> None:
        plain = database._read

        async def read(
            connection: Any, tenant_id: bytes, step: Read, *, locking: bool = True
        ) -> Any:
            now = await plain(connection, tenant_id, step, locking=locking)
            if locking and self._is_it(step):
                self._reached.set()
                await asyncio.wait_for(self._let_go.wait(), WAIT_SECONDS)
            return now

        patch.setattr(database, "_read", read)


class Waiting:
    """Detects when a command of an instance waits for another one."""

    def __init__(self, fleet: Fleet, number: int, patch: pytest.MonkeyPatch) -> None:
        self._url = fleet.url
        self._begun = asyncio.Event()
        database = fleet.database(number)
        if isinstance(database, SqliteDatabase):
            loop, plain = asyncio.get_running_loop(), database._commit_together

            def commit_together(connection: Any, jobs: Any) -> None:
                loop.call_soon_threadsafe(self._begun.set)
                plain(connection, jobs)

            patch.setattr(database, "_commit_together", commit_together)

    async def seen(self, count: int = 1) -> None:
        """Wait until it waits: for a row (``count`` commands do), or for the writer of a file."""
        if self._url.startswith("sqlite"):
            await asyncio.wait_for(self._begun.wait(), WAIT_SECONDS)
            return
        owner = await asyncpg.connect(driver_url(self._url))
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while await owner.fetchval(_WAITING) < count:
                    pass
        finally:
            await owner.close()


async def one_after_the_other(
    racers: Racers, kind: Kind[Any], first: Request, second: Request
) -> tuple[httpx.Response, httpx.Response]:
    """Hold the first right after its read of ``kind``; the second must wait for it, and answers."""
    with pytest.MonkeyPatch.context() as patch:
        held, waiting = Held(racers.fleet.database(0), kind, patch), None
        try:
            one = asyncio.create_task(racers.send(0, first))
            await held.reached()
            waiting = Waiting(racers.fleet, 1, patch)
            other = asyncio.create_task(racers.send(1, second))
            await waiting.seen()
            assert (one.done(), other.done()) == (False, False)
        finally:
            held.release()
        return await one, await other
