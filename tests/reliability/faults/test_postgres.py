"""RL-05, G-07: PostgreSQL is cut, restarted, hung and locked under load."""

import asyncio

import pytest

from tests.reliability.faults.limits import (
    PAUSE_SECONDS,
    PAUSE_SECONDS_LONG,
    TABLE_LOCK_SECONDS,
    TABLE_LOCK_SECONDS_LONG,
)
from tests.support.faults_cluster import Cluster
from tests.support.faults_load import health_watched, settled, under_load
from tests.support.faults_service import Service
from tests.support.pg import database_of

CUTS = 6
SALES_BETWEEN = 3
READERS = 40
EXHAUSTED_SECONDS = 7.0  # longer than a request waits for a connection


@pytest.fixture
def dialect() -> str:
    """These faults are PostgreSQL's own."""
    return "postgres"


async def test_terminated_sessions_come_back(service: Service, cluster: Cluster) -> None:
    """RL-05: pg_terminate_backend of every session, several times: success or 503, no restart."""
    async with health_watched(service.shop) as health, under_load(service.shop) as load:
        cut = 0
        for _ in range(CUTS):
            await load.successes(SALES_BETWEEN)
            cut += await cluster.cut_sessions()
            await load.recovered()
    print(f"{cut} sessions terminated")
    assert cut >= CUTS
    load.assert_only_success_or_503()
    health.assert_fast()
    await settled(service.shop, load)


async def test_a_restart_is_survived(service: Service, cluster: Cluster) -> None:
    """RL-05, G-07: the server is gone and comes back: the first success within three seconds."""
    async with health_watched(service.shop) as health, under_load(service.shop) as load:
        await asyncio.to_thread(cluster.stop)
        try:
            await asyncio.sleep(1)
        finally:
            await asyncio.to_thread(cluster.start)
        await load.recovered()
    load.assert_only_success_or_503()
    health.assert_fast()
    await settled(service.shop, load)


async def test_a_server_that_hangs_is_survived(
    service: Service, cluster: Cluster, long: bool
) -> None:
    """RL-05: SIGSTOP of every process of PostgreSQL, then SIGCONT."""
    async with health_watched(service.shop) as health, under_load(service.shop) as load:
        with cluster.paused():
            await asyncio.sleep(PAUSE_SECONDS_LONG if long else PAUSE_SECONDS)
        await load.recovered()
    load.assert_only_success_or_503()
    health.assert_fast()
    await settled(service.shop, load)


async def test_a_lock_held_too_long_is_a_503(
    service: Service, cluster: Cluster, database: str, long: bool
) -> None:
    """RL-05: writers wait for a lock as long as they may, then are told to come back."""
    async with health_watched(service.shop) as health, under_load(service.shop) as load:
        async with cluster.locked(database_of(database), "sales"):
            await asyncio.sleep(TABLE_LOCK_SECONDS_LONG if long else TABLE_LOCK_SECONDS)
        await load.recovered()
    load.assert_only_success_or_503()
    assert load.counts()["503"] >= 1
    health.assert_fast()
    await settled(service.shop, load)


async def test_an_exhausted_pool_is_a_503(
    service: Service, cluster: Cluster, database: str
) -> None:
    """RL-05: more readers than connections, all held up by a lock."""
    readers = under_load(service.shop, READERS, reads_only="/sales?limit=10")
    async with health_watched(service.shop) as health, readers as load:
        async with cluster.locked(database_of(database), "sales"):
            await asyncio.sleep(EXHAUSTED_SECONDS)
        await load.recovered()
    load.assert_only_success_or_503()
    assert load.counts()["503"] >= 1
    health.assert_fast()
