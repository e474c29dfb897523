"""Leaks planted in the isolation of companies, to verify that the generator finds them.

The tenant's condition is removed from statements on their way to the database: from all of them, so
that only row security is left, or from those on one table, as if it had been forgotten.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from sqlalchemy import BinaryExpression, BindParameter, Table, true
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.selectable import SelectBase

from app.application.shared.kinds import Finder
from app.infrastructure.db import postgres, postgres_statements, sqlite_statements, sqlite_steps
from app.infrastructure.db.mapping import Registry
from app.infrastructure.db.query import TENANT, Query
from app.infrastructure.db.reading import Source

_OF_COMMAND: Final = re.compile(r"\b[tc]\.tenant_id = (\$1|\?1|r\.tenant_id)")

Where = Callable[[Table], bool]
everywhere: Final[Where] = lambda _: True  # noqa: E731 - a name for a condition


class Removed:
    """The number of removed conditions, by table name."""

    def __init__(self) -> None:
        self.conditions: dict[str, int] = {}

    def count(self, table: Table) -> None:
        """One more condition on a table."""
        self.conditions[table.name] = self.conditions.get(table.name, 0) + 1


@contextmanager
def without_conditions(
    application: Any,
    where: Where = everywhere,
    *,
    reads: Callable[[SelectBase], bool] | None = lambda _: True,
    loads: Callable[[str], bool] | None = lambda _: True,
) -> Iterator[Removed]:
    """Remove the tenant's condition on the tables selected by ``where`` from every statement.

    ``reads`` chooses among the statements of lists and reports, ``loads`` among the kinds and
    finders of commands, by name; None leaves all of them as they are.
    """
    removed = Removed()
    forget_statements(application)
    with pytest.MonkeyPatch.context() as patch:
        if reads is not None:
            for dialect in ("postgres", "sqlite"):
                patch.setattr(Query, dialect, _stripped(dialect, where, reads, removed))
        if loads is not None:
            _strip_loads(patch, where, loads, removed)
        yield removed
    forget_statements(application)


def _stripped(
    dialect: str, where: Where, reads: Callable[[SelectBase], bool], removed: Removed
) -> Any:
    compiled = Query.__dict__[dialect].func
    known: dict[int, tuple[Query, Any]] = {}

    def statement_of(query: Query) -> Any:
        if id(query) not in known:
            statement = query._statement
            if reads(statement):
                statement = _without(statement, where, removed)
            known[id(query)] = query, compiled(Query(statement, tenant=query.tenant))
        return known[id(query)][1]

    return property(statement_of)


def _without(statement: Any, where: Where, removed: Removed) -> Any:
    def stand_in(element: Any, **_: Any) -> Any:
        if isinstance(element, BinaryExpression) and element.operator is operators.eq:
            for one, other in ((element.left, element.right), (element.right, element.left)):
                table = getattr(getattr(one, "table", None), "element", getattr(one, "table", None))
                if getattr(one, "name", "") == TENANT and isinstance(table, Table):
                    bound = isinstance(other, BindParameter) and other.key == TENANT
                    joined = getattr(other, "name", "") == TENANT
                    if table.info["tenant"] and (bound or joined) and where(table):
                        removed.count(table)
                        return true()
        return None

    return visitors.replacement_traverse(statement, {}, stand_in)


def _strip_loads(
    patch: pytest.MonkeyPatch, where: Where, loads: Callable[[str], bool], removed: Removed
) -> None:
    def stripped(sql: str, table: Table) -> str:
        if not (table.info["tenant"] and where(table)):
            return sql
        removed.count(table)
        return _OF_COMMAND.sub("(1 = 1)", sql)

    class Shape(postgres_statements.ReadShape):
        def __init__(self, sources: Any, registry: Registry, *, locking: bool) -> None:
            super().__init__(sources, registry, locking=locking)
            for source in sources:  # those of all, or of none
                if loads(source[0].name):
                    self.sql = stripped(self.sql, _table_of(source, registry))

    class Read(sqlite_statements.SourceRead):
        def __init__(self, source: Source, registry: Registry, keys: int = 1) -> None:
            super().__init__(source, registry, keys)
            if loads(source[0].name):
                table = _table_of(source, registry)
                self.sql = stripped(self.sql, table)
                self.children = [(stripped(sql, table), each) for sql, each in self.children]

    update = postgres_statements._update

    def update_any(table: Table, columns: Any, source: str) -> str:
        return stripped(update(table, columns, source), table)

    patch.setattr(postgres, "ReadShape", Shape)
    patch.setattr(sqlite_steps, "SourceRead", Read)
    patch.setattr(postgres_statements, "_update", update_any)


def forget_statements(application: Any) -> None:
    """Make a running application rebuild the statements of its commands."""
    database = application.state.container.database
    if database.dialect == "sqlite":
        database._steps._reads.clear()
        database._steps._writes.clear()
    else:
        database._read_shapes.clear()
        database._writes.clear()


def _table_of(source: Source, registry: Registry) -> Table:
    what = source[0]
    return registry.mappings[what.kind if isinstance(what, Finder) else what].table
