"""Reports on a streaming replica: no less than the caller was told, and no fault of it is ours."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from app.infrastructure.db import replica as replica_module
from app.main import create_app
from tests.conftest import settings_for
from tests.support.company import Company, register_company
from tests.support.faults_cluster import Cluster
from tests.support.faults_replica import Replica


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Cluster, Replica]]:
    """A primary and its replica."""
    primary = Cluster()
    try:
        replica = Replica(primary)
        try:
            yield primary, replica
        finally:
            replica.close()
    finally:
        primary.close()


class Routed:
    """A company of a service whose reports are routed; ``by_replica`` tells where each was."""

    def __init__(self, company: Company, replica: Replica, app: Any) -> None:
        self.company, self.replica = company, replica
        self.by_replica: list[bool] = []
        reads = app.state.container.replica
        caught_up = reads._caught_up

        async def watched(*arguments: Any) -> Any:
            scope = await caught_up(*arguments)
            self.by_replica.append(scope is not None)
            return scope

        reads._caught_up = watched

    async def cash(self) -> str:
        """The cash that the trial balance shows."""
        return (await self.company.balances())["cash"]


@pytest.fixture
async def routed(
    pair: tuple[Cluster, Replica], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Routed]:
    primary, replica = pair
    monkeypatch.setattr(replica_module, "_AWAY_SECONDS", 0.0)
    name = primary.new_database()
    async with AsyncExitStack() as stack:
        app = create_app(settings_for(primary.url(name), database_replica_url=replica.url(name)))
        await stack.enter_async_context(app.router.lifespan_context(app))
        company = await stack.enter_async_context(register_company(app))
        product_id = await company.product("ROUTED", price="1.00")
        await company.open_stock("1000", "0.50", product_id)
        yield Routed(company, replica, app)


async def sell(company: Company) -> None:
    """One more in cash."""
    await company.sell((await company.first("/products", sku="ROUTED"), "1"))


async def test_a_report_shows_what_was_answered_before(routed: Routed) -> None:
    """Each of many sales is in the report that is asked for as soon as it is answered."""
    for number in range(1, 41):
        await sell(routed.company)
        assert await routed.cash() == f"{number}.00"
    assert True in routed.by_replica
    await routed.company.assert_sound()


async def test_a_replica_that_stays_behind_is_passed_over(routed: Routed) -> None:
    """It still answers as long as nothing was committed that it does not have."""
    await sell(routed.company)
    assert await routed.cash() == "1.00"
    await routed.replica.tell("SELECT pg_wal_replay_pause()")
    try:
        await sell(routed.company)
        assert await routed.cash() == "2.00"
        assert routed.by_replica[-1] is False
    finally:
        await routed.replica.tell("SELECT pg_wal_replay_resume()")
    await sell(routed.company)
    assert await routed.cash() == "3.00"


async def test_a_replica_that_is_away_costs_no_answer(routed: Routed) -> None:
    """Stopped: the primary answers; started again: it is used again, without a restart of ours."""
    await sell(routed.company)
    assert await routed.cash() == "1.00"
    routed.replica.stop()
    try:
        await sell(routed.company)
        assert [await routed.cash() for _ in range(3)] == ["2.00"] * 3
        assert routed.by_replica[-3:] == [False] * 3
    finally:
        routed.replica.start()
    async with asyncio.timeout(20):
        while not routed.by_replica[-1]:
            assert await routed.cash() == "2.00"


async def test_a_promoted_replica_is_none(routed: Routed) -> None:
    """It is a primary of its own now, whose history is another one. (The last test here.)"""
    await sell(routed.company)
    await routed.replica.tell("SELECT pg_promote()")
    await sell(routed.company)
    assert await routed.cash() == "2.00"
    assert routed.by_replica[-1] is False
