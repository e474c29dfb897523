"""All companies of the installation, for commands that go through every one of them."""

from sqlalchemy import select

from app.domain.shared.ids import Id
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query
from app.infrastructure.identity.directory.tables import sessions, tenants

_ALL = Query(select(tenants.c.id, tenants.c.name).order_by(tenants.c.id))
_SIGNED_IN = Query(
    select(sessions.c.tenant_id, sessions.c.user_id)
    .where(sessions.c.revoked_at.is_(None))
    .distinct()
    .order_by(sessions.c.tenant_id, sessions.c.user_id)
)


async def companies(database: Database) -> list[tuple[Id, str]]:
    """Id and name of every company, the oldest first."""
    async with database.read(None) as scope:
        return [(Id(row[0]), str(row[1])) for row in await scope.rows(_ALL)]


async def signed_in(database: Database) -> list[tuple[Id, Id]]:
    """Company and user of every session that was not ended, each once."""
    async with database.read(None) as scope:
        return [(Id(row[0]), Id(row[1])) for row in await scope.rows(_SIGNED_IN)]
