"""RL-08, RL-05: a proxy between the service and PostgreSQL makes it slow, and cuts it off."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from tests.reliability.faults.limits import DELAYS, DELAYS_LONG
from tests.support.faults_cluster import Cluster
from tests.support.faults_load import health_watched, settled, under_load
from tests.support.faults_proxy import Proxy, proxied
from tests.support.faults_service import Service

SLOW_SECONDS = 3.0
SLOW_SECONDS_LONG = 20.0
BYTES_OF_AN_ANSWER = (1, 7, 60, 400)


@pytest.fixture
async def proxy(cluster: Cluster) -> AsyncIterator[Proxy]:
    """A way to PostgreSQL that can be made worse."""
    async with proxied(cluster.socket) as made:
        yield made


@pytest.fixture
async def behind(
    cluster: Cluster, proxy: Proxy, serve: Callable[[str], AbstractAsyncContextManager[Service]]
) -> AsyncIterator[Service]:
    """A service that has only this way."""
    url = cluster.url(cluster.new_database(), host="127.0.0.1", port=proxy.port)
    async with serve(url) as service:
        yield service


async def test_a_slow_database_makes_slow_answers_or_503(
    behind: Service, proxy: Proxy, long: bool
) -> None:
    """RL-08: each answer comes late; the service goes on, says so in time, and recovers."""
    for delay in DELAYS_LONG if long else DELAYS:
        async with health_watched(behind.shop) as health, under_load(behind.shop) as load:
            proxy.slow_down(delay)
            try:
                await asyncio.sleep(SLOW_SECONDS_LONG if delay > 1 else SLOW_SECONDS)
            finally:
                proxy.slow_down(0)
            await load.recovered()
        print(f"{delay * 1000:.0f} ms")
        load.assert_only_success_or_503()
        health.assert_fast()
        await settled(behind.shop, load)


async def test_cut_connections_come_back(behind: Service, proxy: Proxy) -> None:
    """RL-05: connections end between answers and in the middle of one."""
    async with health_watched(behind.shop) as health, under_load(behind.shop) as load:
        for after_bytes in (0, *BYTES_OF_AN_ANSWER):
            proxy.cut(after_bytes)
            try:
                await asyncio.sleep(0.3)
            finally:
                proxy.pass_on()
            await load.recovered()
    load.assert_only_success_or_503()
    health.assert_fast()
    await settled(behind.shop, load)


async def test_half_closed_connections_come_back(behind: Service, proxy: Proxy) -> None:
    """RL-05: the database's side says that no more comes, and the rest stays open."""
    async with health_watched(behind.shop) as health, under_load(behind.shop) as load:
        for _ in range(3):
            assert proxy.half_close() >= 1
            await load.recovered()
    load.assert_only_success_or_503()
    health.assert_fast()
    await settled(behind.shop, load)
