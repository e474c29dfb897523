"""The service as a process with a shop on it, for fault tests."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.faults_shop import Shop
from tests.support.ports import free_port
from tests.support.server import Server


class Service:
    """A server that can be killed and started again, and the shop on it."""

    def __init__(self, database_url: str, folder: Path, **environment: str) -> None:
        self.database_url = database_url
        self._environment = environment
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.shop = Shop(self.url)
        self._server: Server | None = None

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        server = Server(self.database_url, self.port, self.log, "--no-demo", **self._environment)
        self._server = server
        await asyncio.to_thread(server.wait)

    async def kill(self) -> None:
        """SIGKILL."""
        assert self._server is not None
        await asyncio.to_thread(self._server.kill)

    async def stop(self) -> int:
        """SIGTERM; the exit code, which must be there within 30 seconds."""
        assert self._server is not None
        return await asyncio.to_thread(self._server.stop)

    @property
    def running(self) -> bool:
        """Whether its process is running."""
        return self._server is not None and self._server.running

    @property
    def pid(self) -> int:
        """Its process, the only one that this test started."""
        [process] = multiprocessing.active_children()
        assert process.pid is not None
        return process.pid


@asynccontextmanager
async def serving(database_url: str, folder: Path, **environment: str) -> AsyncIterator[Service]:
    """A ready service with an open shop; its books and sales are verified at the end."""
    service = Service(database_url, folder, **environment)
    try:
        await service.start()
        await service.shop.open()
        yield service
        if service.running:
            await service.shop.assert_sound()
            await service.shop.assert_each_once()
    finally:
        if service.running:
            await service.stop()
