"""Backup and restore, as an operator does them: while the shop sells, and when something is off."""

import asyncio
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.infrastructure.db import migrate, schema
from tests.conftest import drop
from tests.support import pg
from tests.support.backups import HEAD, SOUND, assert_made, refused, run
from tests.support.command import Done, refusal
from tests.support.faults_load import settled, under_load
from tests.support.faults_service import serving
from tests.support.faults_shop import Shop
from tests.support.revisions import before

CLIENTS = 2


@pytest.fixture
def place(dialect: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database where nothing is yet; the file's folder is not there either."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'elsewhere' / 'restored.db'}"
        return
    url = pg.create_database(f"test_{uuid.uuid4().hex}")
    yield url
    drop(url)


@pytest.fixture
def kept(own_database_url: str, tmp_path: Path) -> Path:
    """A backup of an empty, migrated database."""
    file = tmp_path / "kept"
    assert run("backup", file, own_database_url).returncode == 0
    return file


async def balances(shop: Shop, instant: datetime) -> Any:
    """The trial balance as it was known then."""
    async with shop.client() as client:
        path = f"/reports/trial-balance?as_known_at={instant:%Y-%m-%dT%H:%M:%S.%fZ}"
        answer = await client.get(path)
    assert answer.succeeded, answer
    return [(line["code"], line["balance"]) for line in answer.answer["lines"]]


async def numbers(shop: Shop) -> list[int]:
    """The numbers of all sales, in order."""
    found: list[int] = []
    path = "/sales?limit=200"
    async with shop.client() as client:
        while path:
            page = (await client.get(path)).answer
            found += [int(sale["number"].rpartition("/")[2]) for sale in page["data"]]
            cursor = page["next_cursor"]
            path = f"/sales?limit=200&cursor={cursor}" if cursor else ""
    return sorted(found)


async def test_what_was_sold_before_the_backup_is_sold_where_it_is_restored(
    own_database_url: str, place: str, tmp_path: Path
) -> None:
    """RL-14, S0-44: backed up while it sells, restored elsewhere, and trading goes on there.

    Every sale acknowledged before the backup began answers its key as it did at first; the trial
    balance of an instant before it is the same; a sale that may have come too late for the backup
    is sent again and posted once; and the numbers of all have neither gap nor double.
    """
    file = tmp_path / "backup"
    async with serving(own_database_url, tmp_path, KNOWLEDGE_LAG_SECONDS="0") as service:
        shop = service.shop
        async with under_load(shop, CLIENTS) as early:
            await early.successes(10)
        instant = datetime.now(UTC)
        async with under_load(shop, CLIENTS) as late:
            began = time.monotonic()
            made = await asyncio.to_thread(run, "backup", file, own_database_url)
            ended = time.monotonic()
            await late.successes(2)
        assert {"200", "201"} >= early.counts().keys() | late.counts().keys()
        assert [each for each in late.records if began < each.began and each.ended < ended]
        assert_made(made, file)
        before = await balances(shop, instant)
        assert await service.stop() == 0

        restored = await asyncio.to_thread(run, "restore", file, place)
        assert restored == Done(0, f"restored {file}: revision {HEAD}\n{SOUND}", "")
        service.database_url = place
        await service.start()
        await shop.login()
        assert await balances(shop, instant) == before
        known = [each for each in early.records if each.method == "POST"]
        unknown = [replace(each, status=None) for each in late.records if each.method == "POST"]
        there = len(await numbers(shop))
        assert len(known) <= there < len(known) + len(unknown)
        assert await shop.settle([*known, *unknown]) == (len(known), len(unknown))
        async with under_load(shop, CLIENTS) as more:
            await more.successes(5)
        await settled(shop, more)
        found = await numbers(shop)
        assert found == list(range(1, len(found) + 1))
    print(f"{len(known)} sales before the backup, {there} in it, {len(found)} at the end")


def test_nothing_is_overwritten_unless_that_is_said(
    own_database_url: str, kept: Path, place: str
) -> None:
    """S0-44: a backup that is there, a database that is filled; and --replace means it."""
    before = kept.read_bytes()
    assert refused("backup", kept, own_database_url) == (
        f"{kept} exists already: name another file, or use --replace"
    )
    assert kept.read_bytes() == before
    assert run("backup", kept, own_database_url, "--replace").returncode == 0
    assert refused("backup", kept.parent / "no" / "file", own_database_url) == (
        f"there is no folder {kept.parent / 'no'}"
    )
    change(own_database_url, "UPDATE alembic_version SET version_num = 'lost'")
    line = refused("restore", kept, own_database_url)
    assert line.endswith(": back it up, then use --replace")
    assert value(own_database_url, "SELECT version_num FROM alembic_version") == "lost"
    replaced = run("restore", kept, own_database_url, "--replace")
    assert replaced == Done(0, f"restored {kept}: revision {HEAD}\n{SOUND}", "")
    assert value(own_database_url, "SELECT version_num FROM alembic_version") == HEAD


def test_a_backup_that_is_none_changes_nothing(
    own_database_url: str, kept: Path, place: str
) -> None:
    """RL-14: missing, empty, of something else, cut off or spoilt: a line each, no trace of it."""
    wrong = kept.with_name("wrong")
    assert refused("restore", wrong, place) == f"there is no file {wrong}"
    for begin in (b"", b"these are not books", b"SQLite format 3"):
        wrong.write_bytes(begin)
        assert refused("restore", wrong, place) == (
            f"{wrong} is not a backup: `tradepost backup` creates one"
        )
    whole = kept.read_bytes()
    middle = len(whole) // 2
    for spoilt in (
        whole[:100],
        whole[:middle],
        whole[: middle + 7],
        whole[:middle] + bytes(4096) + whole[middle + 4096 :],
    ):
        wrong.write_bytes(spoilt)
        assert refused("restore", wrong, place).startswith(f"{wrong} is damaged: ")
        assert refused("restore", wrong, own_database_url, "--replace").startswith(
            f"{wrong} is damaged: "
        )
    assert is_empty(place)
    assert value(own_database_url, "SELECT version_num FROM alembic_version") == HEAD
    assert run("restore", kept, place).returncode == 0


def test_a_backup_of_another_release(own_database_url: str, tmp_path: Path, place: str) -> None:
    """G-13: a later one that breaks this code is refused; an earlier one waits to be migrated."""
    file = tmp_path / "later"
    later = "UPDATE alembic_version SET version_num = '9042', runs_from = '9042'"
    change(own_database_url, later)
    assert run("backup", file, own_database_url).returncode == 0
    assert refused("restore", file, place) == (
        f"{file} is at revision 9042, which this release ({HEAD}) does not know: "
        "restore it with the release that made it"
    )
    assert is_empty(place)
    change(own_database_url, f"UPDATE alembic_version SET version_num = '{HEAD}'")
    earlier = before("sales")
    migrate.downgrade(own_database_url, earlier)
    assert run("backup", tmp_path / "earlier", own_database_url).returncode == 0
    done = run("restore", tmp_path / "earlier", place)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"restored {tmp_path / 'earlier'}: revision {earlier}\n"
        f"the books were not checked: the database is at revision {earlier}, "
        f"this release needs {HEAD}: "
        "run `tradepost migrate`, or the release that fits\n"
    )
    assert schema.current(place) == earlier


def test_a_database_in_use_is_not_replaced(own_database_url: str, kept: Path) -> None:
    """S0-44: the service is stopped first; --replace is no way around it."""
    service = connect(own_database_url)
    with closing(service):
        line = refused("restore", kept, own_database_url, "--replace")
    assert line.endswith(": stop the service first")
    assert run("restore", kept, own_database_url, "--replace").returncode == 0


def test_a_backup_is_not_made_over_its_own_database(tmp_path: Path) -> None:
    """A slip of the keyboard, with --replace: the service would go on in a file without a name."""
    file = tmp_path / "books.db"
    migrate.upgrade(f"sqlite:///{file}")
    line = refused("backup", tmp_path / "." / "books.db", f"sqlite:///{file}", "--replace")
    assert line == f"{file} is the database itself: name another file"


def test_a_backup_of_the_other_database_is_named(tmp_path: Path) -> None:
    """There is no copy between the two; nothing is asked of a server for that."""
    file = tmp_path / "of"
    file.write_bytes(b"PGDMP" + bytes(20))
    assert refused("restore", file, f"sqlite:///{tmp_path / 'x.db'}") == (
        f"{file} is a backup of postgresql, the database is sqlite"
    )
    file.write_bytes(b"SQLite format 3\0")
    assert refusal("restore", str(file), "--database-url", "postgresql://me@127.0.0.1:1/x") == (
        f"{file} is a backup of sqlite, the database is postgresql"
    )


def connect(url: str) -> Any:
    """A connection such as the service holds."""
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.split("///", 1)[1])
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("SELECT count(*) FROM sales").fetchall()
        return file
    return psycopg.connect(url)


def change(url: str, statement: str) -> None:
    """Run a statement as the owner."""
    with closing(connect(url)) as connection:
        connection.execute(statement)
        connection.commit()


def value(url: str, query: str) -> Any:
    """The one value of a query."""
    with closing(connect(url)) as connection:
        return connection.execute(query).fetchone()[0]


def is_empty(url: str) -> bool:
    """Whether nothing was made there, not even a file."""
    if url.startswith("sqlite"):
        folder = Path(url.split("///", 1)[1]).parent
        return not folder.exists() or list(folder.iterdir()) == []
    return schema.current(url) == "base"
