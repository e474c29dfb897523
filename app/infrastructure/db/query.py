"""Read statements: written once in Core, compiled once per database, always within the tenant.

A ``Query`` on tenant tables checks when it is made that every tenant table in it is bound to the
tenant; a statement that forgets one cannot be constructed, so it fails when the module is imported.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ColumnElement,
    Join,
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
from sqlalchemy.sql.elements import Grouping, TextClause
from sqlalchemy.sql.selectable import AliasedReturnsRows, SelectBase
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
    """Whether the statement reads tenant tables; each of them must be bound to the tenant.

    Each SELECT binds its own tables, wherever else they are named, by conditions that hold for
    every row: not by one side of an OR, nor those that stay in an outer join by its condition.
    """
    selects = [_Bounds(*each) for each in _selects(statement)]
    holders: dict[Any, list[_Bounds]] = {}
    for each in selects:
        for source in each.sources:
            holders.setdefault(source, []).append(each)
    waiting = selects
    while waiting:  # each pass binds at least one more table, or is the last
        waiting = [each for each in selects if each.bind_more(holders)]
    missing = {str(source) for each in selects for source in each.sources - each.bound}
    if missing:
        raise TenantMissing(f"not bound to the tenant: {', '.join(sorted(missing))}")
    return bool(holders)


class _Bounds:
    """What one SELECT reads of tenants, and which of it is bound to the tenant."""

    def __init__(self, select: Select[Any], froms: list[Any]) -> None:
        self.sources: set[Any] = set()
        self.bound: set[Any] = set()
        # Tables whose tenant is that of another, with those that the condition can bind.
        self._joined: list[tuple[Any, Any, set[Any] | None]] = []
        for source in froms:
            self.sources.update(leaf for leaf in _leaves(source) if _is_tenant(leaf))
            self._take_joins(source)
        self._take(select.whereclause, None)

    def bind_more(self, holders: dict[Any, list["_Bounds"]]) -> bool:
        """Bind what is compared with what is bound; whether there was any."""
        before = len(self.bound)
        for one, other, only in self._joined:
            for this, that in ((one, other), (other, one)):
                if this in self.sources and (only is None or this in only):
                    # Of another SELECT, around this one, where it is bound.
                    held = [self] if that in self.sources else holders.get(that, [])
                    if held and all(that in each.bound for each in held):
                        self.bound.add(this)
        return len(self.bound) > before

    def _take_joins(self, source: Any) -> None:
        if isinstance(source, Join):
            self._take_joins(source.left)
            self._take_joins(source.right)
            if not source.full:
                self._take(source.onclause, set(_leaves(source.right)) if source.isouter else None)

    def _take(self, condition: Any, only: set[Any] | None) -> None:
        """Take what holds for every row; ``only`` these tables are bound by it, where given."""
        if isinstance(condition, Grouping):
            self._take(condition.element, only)
        elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
            for term in condition.clauses:
                self._take(term, only)
        elif isinstance(condition, BinaryExpression) and condition.operator is operators.eq:
            sides = (condition.left, condition.right)
            for one, other in (sides, sides[::-1]):
                if getattr(one, "name", "") != TENANT:
                    continue
                table = getattr(one, "table", None)
                if isinstance(other, BindParameter) and other.key == TENANT:
                    if only is None or table in only:
                        self.bound.add(table)
                elif getattr(other, "name", "") == TENANT:
                    self._joined.append((table, getattr(other, "table", None), only))


def _selects(statement: SelectBase) -> Iterator[tuple[Select[Any], list[Any]]]:
    """Each SELECT once, with what it reads itself.

    What is named at many places would be walked at each, so an element is looked at once.
    """
    seen: set[int] = set()
    waiting: list[tuple[ExternallyTraversible, frozenset[Any]]] = [(statement, frozenset())]
    while waiting:
        element, around = waiting.pop()
        if id(element) in seen:
            continue
        seen.add(id(element))
        if isinstance(element, TextClause):
            raise TenantMissing("what is written as text is bound to nobody")
        if isinstance(element, AliasedReturnsRows):
            around = frozenset()  # a table of its own
        elif isinstance(element, Select):
            froms = element.get_final_froms()
            yield element, _own_froms(element, froms, around)
            around = around.union(froms, *map(_leaves, froms))
        waiting.extend((each, around) for each in element.get_children())


def _own_froms(select: Select[Any], froms: Sequence[Any], around: frozenset[Any]) -> list[Any]:
    """SQLAlchemy leaves out what a SELECT around this one reads already."""
    if select._correlate:
        return [each for each in froms if each not in around.intersection(select._correlate)]
    if select._auto_correlate and len(froms) > 1:
        return [each for each in froms if each not in around]
    return list(froms)


def _leaves(source: Any) -> Iterable[Any]:
    if isinstance(source, Join):
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
