"""A streaming replica of a cluster."""

import os
import shutil
import tempfile
from pathlib import Path

import asyncpg

from tests.support import pg
from tests.support.faults_cluster import Cluster, run_program


class Replica:
    """A copy of ``primary`` that follows its log, on a Unix socket of its own."""

    def __init__(self, primary: Cluster) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tradepost-pg-"))
        (self.folder / "controller").write_text(str(os.getpid()))
        shutil.copy(primary.folder / "binaries", self.folder, follow_symlinks=False)
        owner = primary.folder.stat().st_uid
        self._user = owner if owner != os.geteuid() else None
        os.chown(self.folder, owner, -1)
        self._run("pg_basebackup", f"--host={primary.folder}", "--username=postgres", *_COPY)
        self.start()

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start it; it takes connections when this returns."""
        place = f"-c unix_socket_directories={self.folder}"
        log = f"--log={self.folder / 'data' / 'server.log'}"
        self._run("pg_ctl", "start", "--wait", log, f"--options={place}")

    def stop(self) -> None:
        """Stop it at once."""
        self._run("pg_ctl", "stop", "--wait", "--mode=fast")

    async def tell(self, statement: str) -> None:
        """Run a statement on it."""
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def close(self) -> None:
        """Stop it and remove everything it wrote."""
        pg.remove_cluster(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        run_program(self.folder, self._user, program, *arguments)


_COPY = ("--pgdata=data", "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
