"""Tables as revisions write them: of the code, and of a migrated SQLite file."""

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alembic.ddl.base import AddColumn
from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Engine,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    TextClause,
    UniqueConstraint,
    event,
)
from sqlalchemy.schema import Constraint, CreateTable
from sqlalchemy.types import TypeEngine

from app.infrastructure.db import types
from app.infrastructure.db.drift import sql_of
from app.infrastructure.db.schema import on_database

_RENAMED = re.compile(r"ALTER TABLE (\w+) RENAME COLUMN (\w+) TO (\w+)")


class NotWritten(Exception):
    """What has to be written by hand, or nothing to write."""


@dataclass(frozen=True)
class Shape:
    """A table: the options with which it is made, and the arguments of each part."""

    name: str  # with its schema
    tenant: bool
    append_only: bool
    options: str
    parts: dict[str, str]  # by kind and name

    def make(self) -> str:
        """The call that makes it."""
        parts = [
            f"{each.split()[0]}({arguments})"
            for each, arguments in self.parts.items()
            if not (self.tenant and each == "column tenant_id")
        ]
        kind = "tenant" if self.tenant else "platform"
        options = self.options + (", append_only=True" if self.append_only else "")
        if self.append_only and not self.tenant:
            options += ', rights="SELECT, INSERT"'
        return f'create_{kind}_table("{self.name}", {", ".join(parts)}{options})'


def defined(module: Any, name: str) -> bool:
    """Whether a module of words for revisions defines the word."""
    return bool(getattr(getattr(module, name, None), "__module__", "") == module.__name__)


def quoted(names: Any) -> str:
    """A tuple of names."""
    each = [f'"{name}"' for name in names]
    return f"({', '.join(each)}{',' if len(each) == 1 else ''})"


def literal(sql: str) -> str:
    """A text in lines that fit."""
    lines = textwrap.wrap(
        sql,
        76,
        drop_whitespace=False,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return " ".join(map(repr, lines))


def type_name(type_: TypeEngine[Any]) -> str:
    """The type as ``app/infrastructure/db/types.py`` names it."""
    for each in type(type_).__mro__:
        if defined(types, each.__name__):
            return str(each.__name__)
    raise NotWritten(f"{type_!r} is no type of app/infrastructure/db/types.py")


def part_of(part: Column[Any] | Constraint | Index, names: Mapping[str, str]) -> tuple[str, str]:
    """The kind and name of a part, and its arguments in the words of ``revision``."""
    name = str(part.name)
    match part:
        case Column():
            null = ", null=True" if part.nullable else ""
            return f"column {name}", f'"{name}", {type_name(part.type)}{null}'
        case CheckConstraint():
            return f"check {name}", f'"{name}", {literal(sql_of(part.sqltext))}'
        case UniqueConstraint():
            columns = "".join(f', "{each.name}"' for each in part.columns)
            return f"unique {name}", f'"{name}"{columns}'
        case ForeignKeyConstraint():
            own, to = quoted(part.column_keys), quoted(each.column.name for each in part.elements)
            table = names[part.referred_table.name]
            if part.ondelete or part.onupdate or part.deferrable:
                raise NotWritten(f"{name}: write options of a reference by hand")
            return f"references {name}", f'"{name}", {own}, "{table}", {to}'
        case Index():
            if not all(isinstance(each, Column) for each in part.expressions):
                raise NotWritten(f"{name}: write an index on an expression by hand")
            columns = "".join(f', "{each.name}"' for each in part.columns)
            where = part.dialect_options["sqlite"]["where"]
            options = ", unique=True" if part.unique else ""
            options += "" if where is None else f", where={literal(sql_of(where))}"
            return f"index {name}", f'"{name}"{columns}{options}'
    raise NotWritten(f"{name}: write this by hand: {part!r}")


def shape_of(table: Table, names: Mapping[str, str], *, append_only: bool) -> Shape:
    """A table of the code or of a database, as a revision makes it."""
    name = names[table.name]
    tenant = "." not in name
    key = [each.name for each in table.primary_key.columns]
    if tenant and key[:1] != ["tenant_id"]:
        raise NotWritten(f"{name}: tenant_id must lead the key of a table of tenants")
    if table.primary_key.name != f"{table.name}_pk":
        raise NotWritten(f"{name}: its key must be named {table.name}_pk")
    key = key[1:] if tenant else key
    options = "" if key == ["id"] else f", key={quoted(key)}"
    options += ", wide=True" if table.dialect_options["sqlite"]["with_rowid"] else ""
    order = ("references", "check", "unique", "index")
    constraints = [part_of(each, names) for each in table.constraints - {table.primary_key}]
    indexes = [part_of(each, names) for each in table.indexes]
    others = sorted(constraints + indexes, key=lambda each: (order.index(each[0].split()[0]), each))
    parts = [part_of(each, names) for each in table.columns]
    return Shape(name, tenant, append_only, options, dict(parts + others))


class Recorder:
    """Notes the types that revisions give to columns: SQLite would tell a flag as an integer."""

    def __init__(self) -> None:
        self.types: dict[tuple[str, str], TypeEngine[Any]] = {}

    def __enter__(self) -> "Recorder":
        """Begin."""
        event.listen(Engine, "before_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        event.remove(Engine, "before_execute", self._note)

    def _note(self, _: Connection, statement: Any, *__: Any) -> None:
        if isinstance(statement, CreateTable):
            for each in statement.element.columns:
                self.types[statement.element.name, each.name] = each.type
        elif isinstance(statement, AddColumn):
            self.types[statement.table_name, statement.column.name] = statement.column.type
        renamed = _RENAMED.fullmatch(str(statement)) if isinstance(statement, TextClause) else None
        if renamed is not None:
            table, name, to = renamed.groups()
            self.types[table, to] = self.types.pop((table, name))


def shapes_there(url: str, recorder: Recorder, names: Mapping[str, str]) -> dict[str, Shape]:
    """The tables of a migrated SQLite file."""

    def read(connection: Connection) -> dict[str, Shape]:
        there = MetaData()
        there.reflect(connection, only=lambda name, _: name != "alembic_version")
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        triggers = {row[0] for row in rows}
        for table in there.tables.values():
            for each in table.columns:
                each.type = recorder.types[table.name, each.name]
        shapes = [
            shape_of(each, names, append_only=f"{each.name}_no_update" in triggers)
            for each in there.sorted_tables
        ]
        return {each.name: each for each in shapes}

    return on_database(url, read)
