"""All companies of the installation, for commands that go through every one of them."""

from sqlalchemy import select

from app.domain.shared.ids import Id
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query
from app.infrastructure.identity.tables import tenants

_ALL = Query(select(tenants.c.id).order_by(tenants.c.id))


async def tenant_ids(database: Database) -> list[Id]:
    """The ids of all companies, oldest first."""
    async with database.read(None) as scope:
        return [Id(row[0]) for row in await scope.rows(_ALL)]
