"""The service as a separate process, started as an operator would."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.command import Command
from tests.support.ports import free_port


class Server:
    """A running service; ``kill`` ends it as a power cut would."""

    def __init__(
        self, database_url: str, port: int, log: Path, *arguments: str, **environment: str
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        known = {
            "RATE_LIMIT_ENABLED": "false",
            "LOG_LEVEL": "WARNING",
            "STOP_GRACE_SECONDS": "0",
            **environment,
        }
        command = ["serve", "--port", str(port), "--database-url", database_url, *arguments]
        self._process = Command(command, log.parent, log, log, **known)

    def wait(self, seconds_max: float = 60) -> None:
        """Wait until it is ready."""
        end = time.monotonic() + seconds_max
        while time.monotonic() < end:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the service did not start")

    @property
    def running(self) -> bool:
        """Whether its process is running."""
        return self._process.running

    def kill(self) -> None:
        """SIGKILL."""
        self._process.signal(signal.SIGKILL)
        assert self._process.wait(30) == -signal.SIGKILL

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        self.ask_to_stop(number)
        return self._process.wait(30)

    def ask_to_stop(self, number: int = signal.SIGTERM) -> None:
        """Send the signal and go on."""
        self._process.signal(number)


@contextmanager
def served(
    database_url: str, folder: Path, *arguments: str, **environment: str
) -> Iterator[Server]:
    """A ready service that ends with the block."""
    log = folder / "server.log"
    server = Server(database_url, free_port(), log, *arguments, **environment)
    try:
        server.wait()
        yield server
    finally:
        if server.running:
            server.stop()
