"""Revisions are written from the tables: made-up ones here, made and then changed."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Column, ForeignKeyConstraint, Index, MetaData, PrimaryKeyConstraint, Table

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401 - the tables of the code
from app.infrastructure.db import schema
from app.infrastructure.db.drift import drift
from app.infrastructure.db.metadata import (
    PLATFORM,
    check,
    column,
    index,
    metadata,
    one_where,
    refers,
    unique,
    unique_if_set,
    version,
)
from app.infrastructure.db.types import Bytes, Day, Flag, Id, Instant, Integer, Json, Text
from scripts.new_migration import NotWritten, new_migration
from tests.support.later_release import LaterRelease

OPTIONS: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def tables_of_the_code() -> MetaData:
    """A copy, to which tables are added."""
    copy = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(copy).info = table.info
    return copy


def tenant(tables: MetaData, name: str, *parts: Any, append_only: bool = False) -> Table:
    """A made-up table of tenants."""
    return Table(
        name,
        tables,
        Column("tenant_id", Id, nullable=False),
        *parts,
        PrimaryKeyConstraint("tenant_id", "id"),
        info={"tenant": True, "append_only": append_only},
        **OPTIONS,
    )


def first() -> MetaData:
    """A table of tenants, facts of it, and a table without a tenant."""
    tables = tables_of_the_code()
    tenant(
        tables,
        "terminals",
        column("id", Id),
        column("code", Text),
        column("unit_id", Id, null=True),
        column("opened_on", Day, null=True),
        column("external_ref", Text, null=True),
        column("active", Flag),
        column("secret", Bytes, null=True),
        version(),
        unique("code"),
        check("code_length", "length(code) BETWEEN 1 AND 32"),
        refers("unit_id", "units"),
        unique_if_set("terminals", "external_ref"),
        index("terminals", "opened_on", "id"),
    )
    tenant(
        tables,
        "inspections",
        column("id", Id),
        column("terminal_id", Id),
        column("result", Text),
        column("details", Json),
        column("recorded_at", Instant),
        refers("terminal_id", "terminals"),
        index("inspections", "terminal_id"),
        append_only=True,
    )
    Table(
        "beacons",
        tables,
        column("user_id", Id),
        column("number", Integer),
        ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.users.id"]),
        PrimaryKeyConstraint("user_id", "number"),
        schema=PLATFORM,
        info={"tenant": False, "append_only": True},
        **OPTIONS,
    )
    return tables


def second() -> MetaData:
    """The same, changed in every way that a revision can be written for."""
    tables = tables_of_the_code()
    tables.tables["platform.tenants"].append_constraint(check("name", "length(name) > 0"))
    tenant(
        tables,
        "terminals",
        column("id", Id),
        column("code", Text),
        column("unit_id", Id, null=True),
        column("opened_on", Day),
        column("external_ref", Text, null=True),
        column("location_id", Id, null=True),
        column("note", Text),
        column("fast", Flag),
        version(),
        check("code_length", "length(code) BETWEEN 1 AND 64 AND length(code) <> 63"),
        refers("location_id", "locations"),
        Index("terminals_tenant_id_code_uq", "tenant_id", "code", unique=True),
        one_where("terminals", "fast"),
        index("terminals", "location_id"),
    )
    tenant(
        tables,
        "inspections",
        column("id", Id),
        column("terminal_id", Id),
        column("result", Text),
        column("details", Json),
        column("recorded_at", Instant),
        column("ends_at", Instant, null=True),
        refers("terminal_id", "terminals"),
        unique("result"),
        check("end", "ends_at IS NULL OR ends_at > recorded_at"),
        append_only=True,
    )
    return tables


TERMINALS = '''"""Terminals.

Creates platform.beacons.
Creates terminals.
Creates inspections.
"""
'''


@pytest.fixture
def later(tmp_path: Path) -> LaterRelease:
    return LaterRelease(tmp_path)


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    """What the owner is answered, in order."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(schema.file_of(url))) as file:
            return sorted(file.execute(statement).fetchall(), key=str)
    with psycopg.connect(url) as connection:
        return sorted(connection.execute(statement).fetchall(), key=str)


def guards_in(url: str) -> list[Any]:
    """All that Alembic does not compare: triggers, row security, grants, flags, whole indexes."""
    if url.startswith("sqlite"):
        return [
            rows(url, "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'index')"),
            rows(url, "SELECT name, wr, strict FROM pragma_table_list WHERE name <> 'sqlite_stat1'"),
        ]
    return [
        rows(url, statement)
        for statement in (
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
            "SELECT tablename, policyname, qual, with_check FROM pg_policies",
            "SELECT relname, relrowsecurity, relforcerowsecurity, relacl::text FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('public', 'platform')",
            "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'platform')",
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint",
        )
    ]


async def test_a_revision_goes_up_and_down_on_both_databases(
    own_database_url: str, later: LaterRelease
) -> None:
    """What is written makes the tables, and the way back leaves what was there."""
    url, head = own_database_url, schema.head()
    before = guards_in(url)
    made = new_migration("terminals", first(), later.folder)
    assert made.name == f"{int(head) + 1:04d}_terminals.py"
    assert made.read_text(encoding="utf-8").startswith(TERMINALS)
    await later.migrate(url)
    assert drift(url, first()) == []
    between = guards_in(url)
    changed = new_migration("Change terminals", second(), later.folder)
    await later.migrate(url)
    assert drift(url, second()) == []
    await later.go_back(url, made.name[:4])
    assert (drift(url, first()), guards_in(url)) == ([], between)
    await later.go_back(url, head)
    assert (drift(url), guards_in(url)) == ([], before)
    assert "RUNS_FROM" not in changed.read_text(encoding="utf-8")
