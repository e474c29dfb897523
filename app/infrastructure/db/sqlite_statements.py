"""The statements of a command on SQLite, generated from the mappings and cached by shape."""

import re
from itertools import count
from typing import Any

from sqlalchemy import Table, UniqueConstraint

from app.application.shared.kinds import Finder
from app.infrastructure.db.changes import BatchKey, key_columns
from app.infrastructure.db.mapping import Registry
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.reading import Source
from app.infrastructure.db.types import sqlite_reader


class SourceRead:
    """Reads the rows of one kind or finder: those of one key, or of ``keys`` at once.

    Its parameters are the tenant and the values of the keys, one key after the other.
    """

    def __init__(self, source: Source, registry: Registry, keys: int = 1) -> None:
        what = source[0]
        if isinstance(what, Finder):
            search = registry.searches[what]
            mapping, by, where = registry.mappings[what.kind], search.by, search.where
        else:
            mapping = registry.mappings[what]
            by, where = mapping.key, ""
        origin = f"{mapping.table.name} t"
        asked = [f"?{place}" for place in range(2, 2 + len(by))]
        if keys > 1:
            # CROSS JOIN fixes the join order: keys first, then their rows by index.
            origin = f"(VALUES {_places(keys, len(by), first=2)}) k CROSS JOIN {origin}"
            asked = [f"k.column{place}" for place in range(1, 1 + len(by))]
        match = ["t.tenant_id = ?1" if mapping.table.info["tenant"] else "?1 IS NOT NULL"]
        match += [f"t.{name} = {value}" for name, value in zip(by, asked, strict=True)]
        if where:
            match.append(f"({where})")
        condition = " AND ".join(match)
        self.sql = (
            f"SELECT {', '.join('t.' + name for name in mapping.columns)} "
            f"FROM {origin} WHERE {condition}"
        )
        if mapping.key:
            self.sql += f" ORDER BY {', '.join('t.' + name for name in mapping.key)}"
        self.readers = _readers(mapping.table, mapping.columns)
        self.children: list[tuple[str, list[tuple[int, Any]]]] = []
        for child in mapping.children:
            join = " AND ".join(
                f"c.{mine} = t.{theirs}" for mine, theirs in zip(child.by, mapping.key, strict=True)
            )
            columns = (*child.by, *child.columns)
            sql = (
                f"SELECT {', '.join('c.' + name for name in columns)} FROM {origin} "
                f"JOIN {child.table.name} c ON c.tenant_id = ?1 AND {join} WHERE {condition}"
                f"{f' AND ({child.where})' if child.where else ''} "
                f"ORDER BY {', '.join('c.' + name for name in (*child.by, *child.order))}"
            )
            self.children.append((sql, _readers(child.table, columns)))


def _places(rows: int, columns: int, first: int = 1) -> str:
    """``(?1, ?2), (?3, ?4)`` for two rows of two columns."""
    row = "({})".format(", ".join(["?"] * columns))
    places = count(first)
    return re.sub(r"\?", lambda _: f"?{next(places)}", ", ".join([row] * rows))


def _readers(table: Table, columns: tuple[str, ...]) -> list[tuple[int, Any]]:
    return [
        (place, reader)
        for place, name in enumerate(columns)
        if (reader := sqlite_reader(table.c[name].type)) is not None
    ]


def insert_statement(batch: BatchKey, rows: int) -> str:
    """The statement for this many rows of a batch; its parameters are their values in order."""
    table, _, columns = batch
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {_places(rows, len(columns))}"


def update_statement(batch: BatchKey) -> str:
    """The statement for one row of a batch; its parameters are the columns in their order."""
    table, _, columns = batch
    at = {name: f"?{place}" for place, name in enumerate(columns, start=1)}
    keys = key_columns(table)
    sets = ", ".join(
        f"{name} = {at[name]}" for name in at if name not in keys and name != "expected_version"
    )
    match = " AND ".join(f"{name} = {at[name]}" for name in keys)
    if "expected_version" in at:
        match += f" AND version = {at['expected_version']}"
    return f"UPDATE {table.name} SET {sets} WHERE {match}"


_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)")
_CHECK = re.compile(r"CHECK constraint failed: (\w+)")
_INDEX = re.compile(r"index '(\w+)'")


def constraint_name(message: str) -> str | None:
    """The name of the constraint in SQLite's error message; None if it names none."""
    check = _CHECK.search(message)
    if check:
        return check[1]
    unique = _UNIQUE.search(message)
    if unique is None:
        return "unknown_fk" if message.startswith("FOREIGN KEY") else None
    index = _INDEX.search(unique[1])
    if index:
        return index[1]
    columns = [part.strip() for part in unique[1].split(",")]
    table = next(
        each for each in metadata.tables.values() if each.name == columns[0].split(".", 1)[0]
    )
    names = [part.split(".", 1)[1] for part in columns]
    for constraint in table.constraints:
        if (
            isinstance(constraint, UniqueConstraint)
            and [each.name for each in constraint.columns] == names
        ):
            return str(constraint.name)
    for index_ in table.indexes:
        if index_.unique and [each.name for each in index_.columns] == names:
            return str(index_.name)
    return f"{table.name}_pk"
