"""A proxy on loopback between the service and PostgreSQL that delays and cuts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_CHUNK = 65_536


class Proxy:
    """Passes everything on; ``slow_down``, ``cut`` and ``half_close`` are its faults."""

    def __init__(self, upstream: Path) -> None:
        self.port = 0
        self._upstream = upstream
        self._delay = 0.0
        self._bytes_left: int | None = None
        self._changed = asyncio.Event()
        self._pipes: set[asyncio.Task[None]] = set()
        self._services: set[asyncio.StreamWriter] = set()

    def slow_down(self, seconds: float) -> None:
        """Hold each piece of an answer back for so long; 0 ends it, also for those held now."""
        self._delay = seconds
        self._changed.set()
        self._changed = asyncio.Event()

    def cut(self, after_bytes: int = 0) -> None:
        """Cut every connection, or each (once) that was sent so many more bytes of answers."""
        self._bytes_left = after_bytes or None
        if not after_bytes:
            for service in self._services:
                service.transport.abort()

    def pass_on(self) -> None:
        """Cut no more."""
        self._bytes_left = None

    def half_close(self) -> int:
        """Half-close every connection to the service, and continue reading."""
        for service in self._services:
            service.write_eof()
        return len(self._services)

    async def serve(
        self, from_service: asyncio.StreamReader, to_service: asyncio.StreamWriter
    ) -> None:
        """Carry one connection until either side ends it."""
        from_database, to_database = await asyncio.open_unix_connection(self._upstream)
        self._services.add(to_service)
        pipes = {
            asyncio.create_task(self._ask(from_service, to_database)),
            asyncio.create_task(self._answer(from_database, to_service)),
        }
        self._pipes |= pipes
        try:
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._services.discard(to_service)
            for writer in (to_database, to_service):
                writer.transport.abort()
            await asyncio.wait(pipes)
            self._pipes -= pipes

    async def _ask(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while piece := await source.read(_CHUNK):
                sink.write(piece)
                await sink.drain()
        except ConnectionError:
            return

    async def _answer(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while piece := await source.read(_CHUNK):
                if self._delay:
                    await self._hold_back()
                if self._bytes_left is not None and len(piece) > self._bytes_left:
                    sink.write(piece[: self._bytes_left])
                    await sink.drain()
                    return
                if not sink.is_closing() and sink.can_write_eof():
                    sink.write(piece)
                    await sink.drain()
        except (ConnectionError, RuntimeError):  # cut or half closed: nothing more can be sent
            return

    async def _hold_back(self) -> None:
        try:
            async with asyncio.timeout(self._delay):
                await self._changed.wait()
        except TimeoutError:
            return


@asynccontextmanager
async def proxied(upstream: Path) -> AsyncIterator[Proxy]:
    """A proxy before the socket of a PostgreSQL."""
    proxy = Proxy(upstream)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await server.wait_closed()
