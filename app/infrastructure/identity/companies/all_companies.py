"""Companies: those of one user, and all of the installation for what goes through every one."""

from sqlalchemy import select

from app.application.identity.companies.founding import COMPANIES_OF_USER, OWNED_BY
from app.application.identity.companies.views import OWN_COMPANY_VIEW
from app.domain.shared.ids import Id
from app.infrastructure.db.lists import ListQuery, equals
from app.infrastructure.db.mapping import Search
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query
from app.infrastructure.identity.directory.lists import columns
from app.infrastructure.identity.directory.tables import memberships, sessions, tenants

MAPPINGS = (Search(OWNED_BY, ("user_id",), where="t.active AND t.role = 'owner'"),)

LISTS = (
    ListQuery(
        COMPANIES_OF_USER,
        select(*columns(OWN_COMPANY_VIEW, tenants, memberships))
        .join(memberships, memberships.c.tenant_id == tenants.c.id)
        .where(memberships.c.active, ~tenants.c.purging),
        tenants.c.id,
        OWN_COMPANY_VIEW.row,
        sorts={"id": tenants.c.id},
        filters={"user_id": equals(memberships.c.user_id)},
    ),
)

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
