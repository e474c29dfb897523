"""Companies that the tests of every route share."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from tests.conftest import Running
from tests.support.tenants import Tenants, make_tenants
from tests.support.world import World, make_world


@pytest.fixture(scope="module")
async def worlds(
    running: Callable[[str], Awaitable[Running]],
) -> AsyncIterator[Callable[[str], Awaitable[World]]]:
    """The companies of each database, made when a test first asks for them."""
    made: dict[str, World] = {}
    async with AsyncExitStack() as stack:

        async def world_of(dialect: str) -> World:
            if dialect not in made:
                shared = await running(dialect)
                made[dialect] = await make_world(shared.app, shared.url, stack)
            return made[dialect]

        yield world_of


@pytest.fixture
async def world(worlds: Callable[[str], Awaitable[World]], dialect: str) -> World:
    """The companies of this database; tests share them and leave them sound."""
    return await worlds(dialect)


@pytest.fixture(scope="session")
async def tenants_of(
    running: Callable[[str], Awaitable[Running]],
) -> AsyncIterator[Callable[[str], Awaitable[Tenants]]]:
    """Two companies of each database that used every operation; they look anew when asked to."""
    made: dict[str, Tenants] = {}
    async with AsyncExitStack() as stack:

        async def of_database(dialect: str) -> Tenants:
            if dialect not in made:
                shared = await running(dialect)
                made[dialect] = await make_tenants(shared.app, shared.url, stack)
            return made[dialect]

        yield of_database
