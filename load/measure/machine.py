"""Processes of a benchmark and the CPU time they use."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import httpx

from load.measure.counts import PRELOADED
from tests.support.pg import remove_cluster, start_cluster
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
# The rate limiter counts every request but refuses none.
_UNLIMITED = {
    "RATE_LIMIT_AUTH_PER_MINUTE": "1000000",
    "RATE_LIMIT_AUTH_BURST": "1000000",
    "RATE_LIMIT_PRINCIPAL_PER_MINUTE": "100000000",
}
_SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "autovacuum_naptime": "20s",
    "timezone": "UTC",
}


def cpu_seconds(*roots: int) -> float:
    """CPU time of these processes and their children, including ended ones."""
    parents: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # it has just ended; its parent has its time
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            pid = int(entry.name)
            parents.setdefault(int(fields[1]), []).append(pid)
            used[pid] = sum(map(int, fields[11:15])) / _TICKS
    total, waiting = 0.0, list(roots)
    while waiting:
        pid = waiting.pop()
        total += used.get(pid, 0.0)
        waiting.extend(parents.get(pid, ()))
    return total


def resident_mb(pid: int) -> float:
    """Resident memory of a process, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no resident memory")


@contextlib.contextmanager
def process(command: Sequence[str], ready: str, **environment: str) -> Iterator[int]:
    """A process that answers 200 at ``ready``; it ends with the block. Yields its id."""
    with tempfile.TemporaryFile() as log:
        running = subprocess.Popen(  # noqa: S603 - a command of this module
            command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log
        )
        try:
            _await(running, ready, log)
            yield running.pid
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(60)


def _await(running: subprocess.Popen[bytes], ready: str, log: IO[bytes]) -> None:
    for _ in range(600):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(ready, timeout=2).is_success:
                return
        if running.poll() is not None:
            break
        time.sleep(0.05)
    log.seek(0)
    raise RuntimeError(f"{ready} does not answer:\n{log.read().decode()}")


@contextlib.contextmanager
def service(database_url: str, **environment: str) -> Iterator[tuple[int, int]]:
    """The service on a database, as an operator runs it. Yields its process id and port."""
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--no-demo", "--port", str(port)]
    command += ["--database-url", database_url]
    with process(command, f"http://127.0.0.1:{port}/readyz", **_UNLIMITED, **environment) as pid:
        yield pid, port


@contextlib.contextmanager
def postgres() -> Iterator[tuple[int, Path]]:
    """A PostgreSQL 18 with its default durability: the id of its first process, its folder.

    The processes that serve the connections are children of the first.
    """
    folder = Path(tempfile.mkdtemp(prefix="tradepost-bench-"))
    start_cluster(folder, {**_SETTINGS, **PRELOADED})
    try:
        yield int((folder / "data" / "postmaster.pid").read_text().split()[0]), folder
    finally:
        remove_cluster(folder)
