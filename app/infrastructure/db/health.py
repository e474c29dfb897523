"""What the health routes ask of the database."""

from collections.abc import Mapping

from sqlalchemy import Column, MetaData, String, Table, select

from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query

_VERSION = Table("alembic_version", MetaData(), Column("version_num", String))
_REVISION = Query(select(_VERSION.c.version_num))


class SchemaOutdated(Exception):
    """The database is not at the revision that this code was written for."""


class DatabaseHealth:
    """Implements ``app.api.health.HealthSource``."""

    def __init__(self, database: Database, head: str) -> None:
        self._database = database
        self._head = head
        self._draining = False

    async def ping(self) -> bool:
        """The database answers."""
        try:
            await self._database.ping()
        except ServiceUnavailable:
            return False
        return True

    async def schema_current(self) -> bool:
        """The schema is the one that this code was written for."""
        async with self._database.read(None) as scope:
            row = await scope.row(_REVISION)
        return row is not None and row[0] == self._head

    async def check_schema(self) -> None:
        """Refuse to serve an outdated schema.

        Raises:
            SchemaOutdated: a migration is missing.
        """
        try:
            current = await self.schema_current()
        except Exception as error:
            raise SchemaOutdated("the database is empty: run `tradepost migrate`") from error
        if not current:
            raise SchemaOutdated("a migration is missing: run `tradepost migrate`")

    async def seeded(self) -> bool:
        """A schema at its head has what the service needs; companies seed themselves."""
        return await self.schema_current()

    def drain(self) -> None:
        """The process is about to end: say so to whoever balances load."""
        self._draining = True

    def flags(self) -> Mapping[str, bool]:
        """The service never falls back to another database, so only draining can be true."""
        return {"degraded": False, "fallback": False, "draining": self._draining}
