"""The PostgreSQL of the test run: shared by the processes, and gone afterwards."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests.support import pg

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def run() -> Iterator[None]:
    """The run of the whole suite, or one of our own when nothing opened it."""
    opened = pg.open_run()
    yield
    if opened:
        pg.close_run()


@pytest.fixture
def name() -> Iterator[str]:
    """A database name that no other test uses; dropped afterwards."""
    name = f"pg_test_{uuid4().hex}"
    yield name
    pg.drop_database(name)


async def test_one_url_serves_asyncpg_psycopg_and_sqlalchemy(name: str) -> None:
    url = pg.create_database(name)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE thing (id int)")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as session:
        session.execute(text("INSERT INTO thing VALUES (7)"))
    engine.dispose()
    direct = await asyncpg.connect(url)
    try:
        assert await direct.fetchval("SELECT id FROM thing") == 7
        assert str(await direct.fetchval("SHOW server_version")).startswith("18.")
    finally:
        await direct.close()


def test_a_copy_of_a_template_has_its_rows_and_lives_apart(name: str) -> None:
    with psycopg.connect(pg.create_database(name)) as connection:
        connection.execute("CREATE TABLE thing AS SELECT 1 AS id")
    copy = name + "_copy"
    try:
        with psycopg.connect(pg.create_database(copy, template=name)) as connection:
            connection.execute("INSERT INTO thing VALUES (2)")
            assert connection.execute("SELECT sum(id) FROM thing").fetchone() == (3,)
        with psycopg.connect(pg.url(name)) as connection:
            assert connection.execute("SELECT sum(id) FROM thing").fetchone() == (1,)
    finally:
        pg.drop_database(copy)


def test_drop_removes_a_database_in_use_and_accepts_a_missing_one(name: str) -> None:
    with psycopg.connect(pg.create_database(name)) as connection:
        pg.drop_database(name)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    pg.drop_database(name)


def test_ensure_builds_once_and_again_only_after_a_failure(name: str) -> None:
    built: list[str] = []

    def fail(url: str) -> None:
        built.append(url)
        raise LookupError

    with pytest.raises(LookupError):
        pg.ensure_database(name, fail)
    urls = [pg.ensure_database(name, built.append) for _ in range(2)]
    assert urls == [pg.url(name)] * 2
    assert built == [pg.url(name)] * 2  # the failure, then one success


def killed_run() -> str:
    """Open a run, start its server and kill its controller; returns the URL of the server."""
    script = (
        "import os; from tests.support import pg; "
        "assert pg.open_run(); print(pg.url(), flush=True); os._exit(9)"
    )
    environment = {key: os.environ[key] for key in os.environ if not key.startswith("TRADEPOST_")}
    killed = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (killed.returncode, killed.stderr) == (9, "")
    return killed.stdout.strip()


def test_a_run_whose_controller_was_killed_is_swept() -> None:
    url = killed_run()
    folder = Path(url.partition("host=")[2])
    assert folder.joinpath("data", "postmaster.pid").exists()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    pg.sweep()
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_a_run_whose_server_was_killed_too_is_swept() -> None:
    url = killed_run()
    folder = Path(url.partition("host=")[2])
    lock = folder / "data" / "postmaster.pid"
    os.kill(int(lock.read_text().split()[0]), signal.SIGKILL)
    with pytest.raises(psycopg.OperationalError):
        while True:
            psycopg.connect(url).close()
    lock.write_text(f"{os.getpid()}\n")  # the number was given to another process, which must live
    (folder / "binaries").unlink()
    (folder / "binaries").symlink_to(folder / "an environment that was removed")
    pg.sweep()
    assert not folder.exists()


def test_a_run_that_was_never_opened_closes_without_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TRADEPOST_TEST_PG_RUN")
    pg.close_run()
    with pytest.raises(RuntimeError, match="no test run is open"):
        pg.url()
