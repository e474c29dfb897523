"""The database port: what readers and the command runner need from either database."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from app.application.shared.commands import CommandRunner
from app.application.shared.kinds import Needs
from app.application.shared.work import Loaded
from app.infrastructure.db.query import Query

Rows = Sequence[Sequence[Any]]


class Scope(Protocol):
    """Reads within one tenant (or within the platform tables), all on one snapshot."""

    async def rows(self, query: Query, **values: Any) -> Rows:
        """All rows of a query."""
        ...

    async def row(self, query: Query, **values: Any) -> Sequence[Any] | None:
        """The first row, or None."""
        ...


class Snapshots(Protocol):
    """A source of snapshots for reports."""

    def read(self, tenant_id: bytes | None) -> AbstractAsyncContextManager[Scope]:
        """A read-only transaction bound to a tenant; None reads only tables without a tenant."""
        ...


class Database(CommandRunner, Snapshots, Protocol):
    """One of the two databases."""

    dialect: str

    async def start(self) -> None:
        """Open connections; raises StartRefused with the reason when that fails."""
        ...

    async def stop(self) -> None:
        """Close connections after the running work has ended."""
        ...

    async def load(self, tenant_id: bytes | None, needs: Needs) -> Loaded:
        """Load aggregates without locking them."""
        ...

    async def ping(self) -> None:
        """Run a trivial statement; raises ServiceUnavailable when that fails."""
        ...
