"""The service as a process of its own, as an operator starts it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A running service; ``kill`` ends it as a power cut would."""

    def __init__(self, database_url: str, port: int, log: Path, *arguments: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._log = log.open("ab")
        # A test must not see the settings of whoever runs it.
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        environment |= {"PYTHONPATH": str(ROOT), "RATE_LIMIT_ENABLED": "false"}
        environment |= {"LOG_LEVEL": "WARNING", "DATABASE_URL": database_url}
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), *arguments]
        self.process = subprocess.Popen(
            command, cwd=log.parent, env=environment, stdout=self._log, stderr=self._log
        )

    def wait(self, seconds_max: float = 60) -> None:
        """Wait until it is ready."""
        end = time.monotonic() + seconds_max
        while time.monotonic() < end:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("the service did not start")

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()
        self._log.close()

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self._log.close()
        return code


@contextmanager
def served(database_url: str, folder: Path, *arguments: str) -> Iterator[Server]:
    """A ready service that ends with the block."""
    server = Server(database_url, free_port(), folder / "server.log", *arguments)
    try:
        server.wait()
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
