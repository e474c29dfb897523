"""RL-05, RL-07: the file is locked by another process, or its disk is full."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.reliability.faults.limits import FILE_LOCK_SECONDS
from tests.support.faults_disk import small_disk
from tests.support.faults_load import Load, health_watched, settled, under_load
from tests.support.faults_service import serving


def assert_reads_went_on(load: Load) -> None:
    """Every read was answered with what it asked for."""
    reads = [each for each in load.records if each.method == "GET"]
    assert [str(each) for each in reads if not each.succeeded] == []
    assert reads


async def test_a_locked_file_is_a_503(sqlite_database: str, tmp_path: Path) -> None:
    """RL-05: another process holds the file for longer than the writer waits."""
    file = sqlite_database.partition("///")[2]
    async with serving(sqlite_database, tmp_path) as service:
        async with health_watched(service.shop) as health, under_load(service.shop) as load:
            with closing(sqlite3.connect(file, isolation_level=None)) as other:
                other.execute("PRAGMA busy_timeout=5000")
                other.execute("BEGIN EXCLUSIVE")
                async with under_load(service.shop, 1, reads_only="/sales?limit=10") as reading:
                    await asyncio.sleep(FILE_LOCK_SECONDS)
                other.execute("ROLLBACK")
            await load.recovered()
        load.assert_only_success_or_503()
        reading.assert_only_success_or_503()
        assert load.counts()["503"] >= 1
        assert_reads_went_on(load)
        assert_reads_went_on(reading)
        health.assert_fast()
        await settled(service.shop, load)


async def test_a_full_disk_is_a_503(sqlite_template: Path, tmp_path: Path) -> None:
    """RL-07: nothing more can be written: 503, no torn file, and on it goes when there is room."""
    with small_disk(tmp_path) as disk:
        file = disk.put(sqlite_template, "faults.db")
        async with serving(f"sqlite:///{file}", tmp_path) as service:
            async with health_watched(service.shop) as health, under_load(service.shop) as load:
                with disk.filled(service.pid):
                    async with under_load(service.shop, 1, reads_only="/sales?limit=10") as reading:
                        await asyncio.sleep(2)
                await load.recovered()
            load.assert_only_success_or_503()
            reading.assert_only_success_or_503()
            assert load.counts()["503"] >= 1
            assert_reads_went_on(load)
            assert_reads_went_on(reading)
            health.assert_fast()
            await settled(service.shop, load)
            with closing(sqlite3.connect(file)) as opened:
                assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
