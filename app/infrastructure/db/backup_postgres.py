"""Backup and restore of a PostgreSQL database with its client programs.

They are taken from the PATH and started without a shell.
"""

import asyncio
import os
import shutil
import subprocess  # nosec B404
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from app.infrastructure.db.backup import BackupRefused, refuse_later
from app.infrastructure.db.guards import APP_ROLE, postgres_role
from app.infrastructure.db.releases import VERSION, Schema
from app.infrastructure.db.schema import driver_url

_ABOVE_ROW_SECURITY = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user"
_FILLED = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname <> 'information_schema'
        AND n.nspname NOT LIKE 'pg\\_%' AND NOT EXISTS (
            SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')
"""
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL
"""
_BEGIN = b"SET client_min_messages = warning;\nSET lock_timeout = '5s';\nBEGIN;\n"
# As they are in a new database.
_EMPTIED = b"""
    DROP SCHEMA IF EXISTS platform CASCADE;
    DROP SCHEMA IF EXISTS public CASCADE;
    CREATE SCHEMA public AUTHORIZATION pg_database_owner;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
"""
_END = b"\nCOMMIT;\nANALYZE;\n"


def back_up(url: str, partial: Path) -> Schema:
    """Dump the database as of one instant and verify the dump; returns its schema state.

    Raises:
        BackupRefused: the client programs are missing, the login would not see every row, or one of
            the programs fails.
    """
    dump, restorer = _program("pg_dump"), _program("pg_restore")
    asyncio.run(_on(url, _refuse_bound_login))
    with _address(url) as address:
        arguments = ["--format=custom", "--no-password", f"--file={partial}", f"--dbname={address}"]
        _run(dump, *arguments)
    return _look(restorer, partial, partial)


def restore(file: Path, url: str, known: Sequence[str], *, replace: bool) -> Schema:
    """Restore a dump into an empty database in one transaction; returns its schema state.

    With ``replace`` the same transaction drops the previous contents, so a failed restore changes
    nothing.

    Raises:
        BackupRefused: the dump is damaged, foreign or of a later release; the database is not empty
        or, with ``replace``, in use; or a client program is missing or fails.
    """
    restorer, psql = _program("pg_restore"), _program("psql")
    schema = _look(restorer, file, file)
    refuse_later(file, schema, known)
    filled = asyncio.run(_on(url, lambda on: _prepare(on, replace=replace)))
    with _address(url) as address, tempfile.TemporaryFile() as complaints:
        _pour(
            [restorer, "--no-owner", "--exit-on-error", "--file=-", str(file)],
            [psql, "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", address],
            _BEGIN + (_EMPTIED if filled else b""),
            complaints,
        )
    return schema


def _pour(source: list[str], sink: list[str], begin: bytes, complaints: IO[bytes]) -> None:
    """Pipe the statements of one program into the other; only a complete stream ends in COMMIT."""
    with (
        subprocess.Popen(  # noqa: S603 # nosec B603
            source, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints
        ) as reading,
        subprocess.Popen(  # noqa: S603 # nosec B603
            sink, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints
        ) as writing,
    ):
        statements, taker = cast("IO[bytes]", reading.stdout), cast("IO[bytes]", writing.stdin)
        whole = False
        try:
            taker.write(begin)
            shutil.copyfileobj(statements, taker)
            whole = reading.wait() == 0
            taker.write(_END if whole else b"")
            taker.close()
        except BrokenPipeError:
            reading.kill()
        if not (writing.wait() == 0 and whole):
            complaints.seek(0)
            raise BackupRefused(f"nothing was restored: {_complaint(complaints.read())}")


def _look(restorer: str, dump: Path, origin: Path) -> Schema:
    """Read a dump to its end; returns its schema state.

    Raises:
        BackupRefused: it is damaged, or not a database of Tradepost. The message names ``origin``.
    """
    try:
        _run(restorer, f"--file={os.devnull}", str(dump))
        table = _run(restorer, "--data-only", f"--table={VERSION.name}", "--file=-", str(dump))
    except BackupRefused as refused:
        raise BackupRefused(f"{origin} is damaged: {refused}") from refused
    lines = table.decode().splitlines()
    begin = next((at for at, line in enumerate(lines) if line.startswith("COPY ")), None)
    if begin is None:
        raise BackupRefused(f"{origin} holds no database of Tradepost")
    # Older schemas have no column for the oldest compatible release.
    revision, *oldest = lines[begin + 1].split("\t")
    return Schema(revision, oldest[0] if oldest and oldest[0] != r"\N" else None)


async def _refuse_bound_login(connection: Any) -> None:
    if not await connection.fetchval(_ABOVE_ROW_SECURITY):
        login = await connection.fetchval("SELECT session_user")
        raise BackupRefused(
            f'row security hides the rows of companies from the login "{login}": '
            f'an administrator has to run: ALTER ROLE "{login}" BYPASSRLS;'
        )


async def _prepare(connection: Any, *, replace: bool) -> bool:
    """Create the restricted role and check the database; returns whether it has to be emptied."""
    filled = bool(await connection.fetchval(_FILLED))
    if filled and not replace:
        raise BackupRefused("the database is not empty: back it up, then use --replace")
    if filled and (others := await connection.fetchval(_OTHERS)):
        raise BackupRefused(
            f"the database is in use by {others} other connections: stop the service first"
        )
    await connection.execute(next(postgres_role(APP_ROLE)))
    return filled


async def _on(url: str, work: Callable[[Any], Any]) -> Any:
    import asyncpg  # noqa: PLC0415 - 3 MB that SQLite never needs

    connection = await asyncpg.connect(driver_url(url), timeout=10)
    try:
        return await work(connection)
    finally:
        await connection.close()


@contextmanager
def _address(url: str) -> Iterator[str]:
    """Yield ``url`` for a client program; a file holds the password, not the command line."""
    parts = urlsplit(driver_url(url))
    login, at, host = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "password"]
    password = unquote(password) or dict(parse_qsl(parts.query)).get("password", "")
    with tempfile.TemporaryDirectory() as folder:
        if password:
            file = Path(folder) / "password"
            file.touch(mode=0o600)
            escaped = password.replace("\\", "\\\\").replace(":", "\\:")
            file.write_text(f"*:*:*:*:{escaped}\n", encoding="utf-8")
            query.append(("passfile", str(file)))
        yield urlunsplit(
            parts._replace(netloc=user + at + host, query=urlencode(query, quote_via=quote))
        )


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupRefused(f"{name} is missing: install the client programs of PostgreSQL")
    return found


def _run(*command: str) -> bytes:
    """Run a program to its end; returns its output.

    Raises:
        BackupRefused: it failed; the message is the program's error.
    """
    done = subprocess.run(  # noqa: S603 # nosec B603
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise BackupRefused(_complaint(done.stderr))
    return done.stdout


def _complaint(output: bytes) -> str:
    """The first error in the output of a program."""
    lines = output.decode(errors="replace").splitlines() or ["no reason was given"]
    return next((line for line in lines if "error" in line.casefold()), lines[0]).strip()
