"""Database checks for the health routes."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import select

from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db.errors import NotThere, StartRefused
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query
from app.infrastructure.db.releases import VERSION, Schema

_REVISION = Query(select(VERSION.c.version_num))
_RUNS_FROM = Query(select(VERSION.c.runs_from))


class SchemaOutdated(StartRefused):
    """The schema of the database is not compatible with this code."""


class DatabaseHealth:
    """Implements ``app.api.health.HealthSource``; ``known`` are this code's revisions, in order.

    ``replaced`` reports whether a fallback is in use for a service other than the database.
    """

    def __init__(
        self,
        database: Database,
        known: Sequence[str],
        replaced: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._known = known
        self._replaced = replaced
        self._draining = False

    async def ping(self) -> bool:
        """The database answers."""
        try:
            await self._database.ping()
        except ServiceUnavailable:
            return False
        return True

    async def schema_current(self) -> bool:
        """The schema is the one this code was written for, or a later compatible one."""
        schema = await self._schema()
        return schema is not None and schema.suits(self._known)

    async def _schema(self) -> Schema | None:
        """The schema state of the database; None if no migration ever ran.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        revision = await self._value(_REVISION)
        if revision is None:
            return None
        # Only later revisions need the oldest compatible release, and they have the column.
        later = revision not in self._known
        return Schema(revision, await self._value(_RUNS_FROM) if later else None)

    async def _value(self, query: Query) -> str | None:
        try:
            async with self._database.read(None) as scope:
                row = await scope.row(query)
        except NotThere:
            return None
        except ServiceUnavailable as error:
            if "no such table" in str(error.__cause__) or "no such column" in str(error.__cause__):
                return None
            raise
        return None if row is None or row[0] is None else str(row[0])

    async def check_schema(self) -> None:
        """Refuse to serve on an incompatible schema.

        Raises:
            SchemaOutdated: a migration is missing, or a later release removed what this code needs.
        """
        schema = await self._schema()
        if schema is None:
            raise SchemaOutdated("the database is empty: run `tradepost migrate`")
        if not schema.suits(self._known):
            raise SchemaOutdated(schema.refusal(self._known))

    async def seeded(self) -> bool:
        """A compatible schema is sufficient, because each company seeds its own data."""
        return await self.schema_current()

    def drain(self) -> None:
        """Report draining to the load balancer: the process is about to end."""
        self._draining = True

    def flags(self) -> Mapping[str, bool]:
        """The service never falls back to another database, so it is never degraded."""
        return {"degraded": False, "fallback": self._replaced(), "draining": self._draining}
