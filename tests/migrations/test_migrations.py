"""Migrations on both databases: from empty, down to nothing and up again, and no drift."""

import asyncio

import pytest

from app.infrastructure.db import migrate
from app.infrastructure.identity.companies import tenant_ids
from app.main import create_app
from tests.conftest import settings_for
from tests.support.company import register_company

REVISIONS = [f"{number:04d}" for number in range(1, 9)]


def test_the_list_of_revisions_is_whole() -> None:
    assert migrate.head() == REVISIONS[-1]


async def test_tables_and_migrations_agree(own_database_url: str) -> None:
    """S0-53: what the migrations make is what the code says."""
    if own_database_url.startswith("sqlite"):
        assert migrate.drift(own_database_url) == []
    else:
        assert await migrate.drift_on_postgres(own_database_url) == []


def test_every_revision_goes_down_and_up_again(own_database_url: str) -> None:
    """RL-13: the stairway, with a company in the database, and it serves again at the top."""

    async def trade() -> None:
        app = create_app(settings_for(own_database_url))
        async with app.router.lifespan_context(app), register_company(app) as company:
            product_id = await company.product("STAIR")
            await company.open_stock("2", "1.00", product_id)
            await company.sell((product_id, "1"))
            await company.assert_sound()

    asyncio.run(trade())
    for revision in reversed(REVISIONS[:-1]):
        migrate.downgrade(own_database_url, revision)
    migrate.downgrade(own_database_url, "base")
    for revision in REVISIONS:
        migrate.upgrade(own_database_url, revision)
    asyncio.run(trade())


@pytest.mark.parametrize("steps", [1])
def test_one_step_back_keeps_the_rest(own_database_url: str, steps: int) -> None:
    """Backing out the last revision leaves the data of the others alone."""

    async def sign_up() -> None:
        app = create_app(settings_for(own_database_url))
        async with app.router.lifespan_context(app), register_company(app) as company:
            await company.product("KEPT")

    asyncio.run(sign_up())
    migrate.downgrade(own_database_url, REVISIONS[-1 - steps])
    migrate.upgrade(own_database_url)

    async def look() -> int:
        app = create_app(settings_for(own_database_url))
        async with app.router.lifespan_context(app):
            return len(await tenant_ids(app.state.parts.database))

    assert asyncio.run(look()) == 1
