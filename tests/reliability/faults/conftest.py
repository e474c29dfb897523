"""Servers under load, on either database, for the tests that hurt them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.main import create_app
from tests.conftest import drop, fresh_url, settings_for
from tests.reliability.faults.limits import LONG
from tests.support.audited import Audited, trade
from tests.support.company import register_company
from tests.support.corruption import broken, owner_of
from tests.support.faults_cluster import Cluster
from tests.support.faults_service import Service, serving
from tests.support.ledger import Ledger
from tests.support.racing import Fleet, Racers, fleet_on

_FOLDER = "reliability/faults"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """These tests belong to scripts/test-reliability: only who names the folder gets them."""
    named = any(_FOLDER in argument for argument in config.args)
    return None if named else True


@pytest.fixture(scope="session")
def long() -> bool:
    """Whether the long form was asked for."""
    return LONG


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL that may be hurt."""
    made = Cluster()
    yield made
    made.close()


@pytest.fixture
def database(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh, migrated database of this test."""
    if dialect == "sqlite":
        return str(request.getfixturevalue("sqlite_database"))
    made: Cluster = request.getfixturevalue("cluster")
    return made.url(made.new_database())


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh, migrated file."""
    path = tmp_path / "faults.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def serve(tmp_path: Path) -> Callable[[str], AbstractAsyncContextManager[Service]]:
    """Starts the service on a database, with a shop open, and ends it with the block."""
    return lambda url: serving(url, tmp_path)


@pytest.fixture
async def service(database: str, tmp_path: Path) -> AsyncIterator[Service]:
    """The service on the database of this test, with a shop open."""
    async with serving(database, tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
async def audited_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Callable[[str], Awaitable[Audited]]]:
    """One of each database; every test puts back what it corrupts."""
    made: dict[str, Audited] = {}
    async with AsyncExitStack() as stack:

        async def audited(dialect: str) -> Audited:
            if dialect not in made:
                url = fresh_url(dialect, request, tmp_path_factory.mktemp(dialect))
                stack.callback(drop, url)
                app = create_app(settings_for(url))
                await stack.enter_async_context(app.router.lifespan_context(app))
                company = await stack.enter_async_context(register_company(app))
                other = await stack.enter_async_context(register_company(app))
                began = datetime.now(UTC) - timedelta(seconds=1)
                await trade(company, await Ledger.of(app, company))
                await company.assert_sound()
                owner = await stack.enter_async_context(owner_of(url))
                made[dialect] = Audited(company, other, owner, began)
            return made[dialect]

        yield audited


@pytest.fixture
async def audited(
    audited_of: Callable[[str], Awaitable[Audited]], dialect: str
) -> AsyncIterator[Audited]:
    """The company of this database, sound again after the test."""
    found = await audited_of(dialect)
    yield found
    assert await broken(found.company) == {}


@pytest.fixture(scope="module")
async def fleets(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Callable[[str], Awaitable[Fleet]]]:
    """The instances on each database."""
    made: dict[str, Fleet] = {}
    async with AsyncExitStack() as stack:

        async def fleet_of(dialect: str) -> Fleet:
            if dialect not in made:
                url = fresh_url(dialect, request, tmp_path_factory.mktemp(dialect))
                stack.callback(drop, url)
                made[dialect] = await stack.enter_async_context(fleet_on(url))
            return made[dialect]

        yield fleet_of


@pytest.fixture
async def racers(fleets: Callable[[str], Awaitable[Fleet]], dialect: str) -> AsyncIterator[Racers]:
    """A fresh company at every instance; books and stock agree after the race (RL-01)."""
    async with (await fleets(dialect)).company() as made:
        yield made
