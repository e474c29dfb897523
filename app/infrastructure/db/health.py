"""What the health routes ask of the database."""

from collections.abc import Mapping

import asyncpg
from sqlalchemy import Column, MetaData, String, Table, select

from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db.errors import StartRefused
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query

_VERSION = Table("alembic_version", MetaData(), Column("version_num", String))
_REVISION = Query(select(_VERSION.c.version_num))


class SchemaOutdated(StartRefused):
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
        return await self._revision() == self._head

    async def _revision(self) -> str | None:
        """The revision of the schema; None where no migration ever ran.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        try:
            async with self._database.read(None) as scope:
                row = await scope.row(_REVISION)
        except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
            return None
        except ServiceUnavailable as error:
            if "no such table" in str(error.__cause__):
                return None
            raise
        return None if row is None else str(row[0])

    async def check_schema(self) -> None:
        """Refuse to serve an outdated schema.

        Raises:
            SchemaOutdated: a migration is missing.
        """
        there = await self._revision()
        if there is None:
            raise SchemaOutdated("the database is empty: run `tradepost migrate`")
        if there != self._head:
            raise SchemaOutdated(
                f"the database is at revision {there}, this release needs {self._head}: "
                "run `tradepost migrate`, or the release that fits"
            )

    async def seeded(self) -> bool:
        """A schema at its head has what the service needs; companies seed themselves."""
        return await self.schema_current()

    def drain(self) -> None:
        """The process is about to end: say so to whoever balances load."""
        self._draining = True

    def flags(self) -> Mapping[str, bool]:
        """The service never falls back to another database, so only draining can be true."""
        return {"degraded": False, "fallback": False, "draining": self._draining}
