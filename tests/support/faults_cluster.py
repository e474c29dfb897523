"""A separate PostgreSQL for tests that stop, pause or disconnect it."""

import os
import signal
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import psycopg

from app.infrastructure.db import migrate
from tests.support import pg

_TEMPLATE = "template_migrated"
_SETTINGS = {"max_connections": "100", "timezone": "UTC", "log_timezone": "UTC"}


class Cluster:
    """A server on a Unix socket; it is durable, unlike the one that the suite shares."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tradepost-pg-"))
        # If this process is killed, a later run removes what it left behind.
        (self.folder / "controller").write_text(str(os.getpid()))
        pg.start_cluster(self.folder, _SETTINGS)
        owner = self.folder.stat().st_uid
        self._user = owner if owner != os.geteuid() else None
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {_TEMPLATE}")
        migrate.upgrade(self.url(_TEMPLATE))

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / ".s.PGSQL.5432"

    def url(self, database: str = "postgres", host: str = "", port: int = 5432) -> str:
        """The address of a database, by its socket unless another way to it is stated."""
        where = f"/{database}?host={self.folder}" if not host else f"{host}:{port}/{database}"
        return f"postgresql://postgres@{where}"

    def new_database(self) -> str:
        """The name of a fresh, migrated database."""
        name = f"faults_{uuid.uuid4().hex}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return name

    def stop(self) -> None:
        """Stop it at once: every session is cut."""
        self._control("stop", "--mode=fast")

    def start(self) -> None:
        """Start it again; it takes connections when this returns."""
        self._control("start", f"--log={self.folder / 'data' / 'server.log'}")

    def _control(self, *arguments: str) -> None:
        run_program(self.folder, self._user, "pg_ctl", *arguments, "--wait")

    def close(self) -> None:
        """Stop it and remove everything it wrote."""
        pg.remove_cluster(self.folder)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the postmaster and its children as a machine that hangs does."""
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)
        stopped = [postmaster, *_children(postmaster)]
        try:
            for pid in stopped[1:]:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    async def cut_sessions(self) -> int:
        """Terminate every session of the service; how many there were."""
        connection = await asyncpg.connect(self.url())
        try:
            cut = await connection.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'tradepost'"
            )
        finally:
            await connection.close()
        return int(cut)

    @asynccontextmanager
    async def locked(self, database: str, table: str) -> AsyncIterator[None]:
        """Lock the table against all reads and writes."""
        connection = await asyncpg.connect(self.url(database))
        try:
            async with connection.transaction():
                await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
                yield
        finally:
            await connection.close()


def run_program(folder: Path, user: int | None, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL on the cluster in ``folder``."""
    subprocess.run(
        [str(folder / "binaries" / program), *arguments],
        env={"PGDATA": str(folder / "data")},
        user=user,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # a pipe would be kept open by the server
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )


def _children(parent: int) -> list[int]:
    """The processes that ``parent`` made and that still run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:  # it ended meanwhile
            continue
        if int(stat.rpartition(")")[2].split()[1]) == parent:
            found.append(int(folder.name))
    return found
