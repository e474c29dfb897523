"""Read statements: written once in Core, compiled once per database, always within the tenant.

A ``Query`` on tenant tables checks when it is made that every tenant table in it is bound to the
tenant; a statement that forgets one cannot be constructed, so it fails when the module is imported.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    ColumnElement,
    Select,
    Table,
    bindparam,
    cast,
    func,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.engine import Compiled
from sqlalchemy.sql import operators
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.sql.visitors import ExternallyTraversible

from app.infrastructure.db.metadata import PLATFORM
from app.infrastructure.db.types import Id, Integer, sqlite_reader

TENANT = "tenant_id"
_POSTGRES = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]
_SQLITE = sqlite.dialect(paramstyle="named")

Reader = Callable[[Any], Any] | None


class TenantMissing(TypeError):
    """A statement reads a tenant table without naming the tenant."""


def of_tenant(*tables: Any) -> list[ColumnElement[bool]]:
    """The conditions that bind each table (or alias) to the tenant of the scope."""
    return [each.c.tenant_id == bindparam(TENANT, type_=Id) for each in tables]


class OnPostgres(NamedTuple):
    """A statement for PostgreSQL, with the names of its placeholders in their order."""

    sql: str
    names: tuple[str, ...]
    defaults: dict[str, Any]

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        """The values in the order of the placeholders."""
        defaults = self.defaults
        return [values[name] if name in values else defaults[name] for name in self.names]


class OnSqlite(NamedTuple):
    """A statement for SQLite, and how the columns are read that it stores in another form."""

    sql: str
    defaults: dict[str, Any]
    readers: tuple[tuple[int, Callable[[Any], Any]], ...]


class Query:
    """A read statement with named parameters, compiled when a database first needs it."""

    def __init__(self, statement: SelectBase, *, tenant: bool | None = None) -> None:
        """``tenant`` says that a test has made the check, which is dear on long statements."""
        self.tenant = _check_tenant(statement) if tenant is None else tenant
        self._statement = statement

    @cached_property
    def postgres(self) -> OnPostgres:
        """The statement for PostgreSQL."""
        compiled = self._statement.compile(dialect=_POSTGRES)
        return OnPostgres(str(compiled), tuple(compiled.positiontup or ()), _literals(compiled))

    @cached_property
    def sqlite(self) -> OnSqlite:
        """The statement for SQLite, which has no schemas."""
        compiled = self._statement.compile(
            dialect=_SQLITE, schema_translate_map={PLATFORM: "main"}, render_schema_translate=True
        )
        readers = tuple(
            (place, reader)
            for place, each in enumerate(self._statement.selected_columns)
            if (reader := sqlite_reader(each.type)) is not None
        )
        return OnSqlite(str(compiled), _literals(compiled), readers)


def _literals(compiled: Compiled) -> dict[str, Any]:
    return {name: value for name, value in compiled.params.items() if value is not None}


def _check_tenant(statement: SelectBase) -> bool:
    """Whether the statement reads tenant tables; each of them must be bound to the tenant."""
    sources: dict[Any, str] = {}
    bound: set[Any] = set()
    joined: list[tuple[Any, Any]] = []  # tables whose tenant is compared with each other's
    for element in _elements(statement):
        if isinstance(element, Select):
            for source in element.get_final_froms():
                for leaf in _leaves(source):
                    if _is_tenant(leaf):
                        sources[leaf] = str(leaf)
        elif isinstance(element, BinaryExpression) and element.operator is operators.eq:
            sides = (element.left, element.right)
            if all(getattr(side, "name", "") == TENANT for side in sides):
                joined.append((getattr(sides[0], "table", None), getattr(sides[1], "table", None)))
            for one, other in (sides, sides[::-1]):
                if isinstance(other, BindParameter) and other.key == TENANT:
                    bound.add(getattr(one, "table", None))
    bound = _closure(bound, joined)
    missing = [name for source, name in sources.items() if source not in bound]
    if missing:
        raise TenantMissing(f"not bound to the tenant: {', '.join(missing)}")
    return bool(sources)


def _elements(statement: SelectBase) -> Iterator[ExternallyTraversible]:
    """Each part of a statement once: what is named at many places would be walked at each."""
    seen: dict[int, ExternallyTraversible] = {}
    waiting: list[ExternallyTraversible] = [statement]
    while waiting:
        element = waiting.pop()
        if id(element) not in seen:
            seen[id(element)] = element
            waiting.extend(element.get_children())
            yield element


def _closure(bound: set[Any], joined: list[tuple[Any, Any]]) -> set[Any]:
    """The bound tables and all that are compared with one of them, however far."""
    for _ in joined:  # each pass can bind one more table
        for pair in joined:
            if bound.intersection(pair):
                bound = bound.union(pair)
    return bound


def _leaves(source: Any) -> Iterable[Any]:
    if hasattr(source, "left") and hasattr(source, "right"):
        yield from _leaves(source.left)
        yield from _leaves(source.right)
    else:
        yield source


def _is_tenant(source: Any) -> bool:
    table = getattr(source, "element", source)
    return isinstance(table, Table) and bool(table.info.get("tenant"))


def total(amount: ColumnElement[int]) -> ColumnElement[int]:
    """The sum of an integer column as a 64-bit integer, 0 over no rows."""
    return cast(func.coalesce(func.sum(amount), 0), Integer)


def like_pattern(text: str) -> str:
    """``text`` as a LIKE pattern for "contains", its own wildcards escaped with a backslash."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
