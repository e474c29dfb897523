"""Revisions are written from the tables: made-up ones here, made and then changed."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.script import ScriptDirectory
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
from app.infrastructure.db.migrate import config, tables_made
from app.infrastructure.db.types import Bytes, Day, Flag, Id, Instant, Integer, Json, Text
from scripts.new_migration import new_migration
from scripts.table_shapes import NotWritten
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
        "berths",
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
        check("secret", "secret IS NULL OR length(secret) = 32"),
        refers("unit_id", "units"),
        unique_if_set("berths", "external_ref"),
        index("berths", "opened_on", "id"),
    )
    tenant(
        tables,
        "inspections",
        column("id", Id),
        column("berth_id", Id),
        column("result", Text),
        column("details", Json),
        column("recorded_at", Instant),
        refers("berth_id", "berths"),
        index("inspections", "berth_id"),
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
        "berths",
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
        Index("berths_tenant_id_code_uq", "tenant_id", "code", unique=True),
        one_where("berths", "fast"),
        index("berths", "location_id"),
    )
    tenant(
        tables,
        "inspections",
        column("id", Id),
        column("berth_id", Id),
        column("result", Text),
        column("details", Json),
        column("recorded_at", Instant),
        column("ends_at", Instant, null=True),
        refers("berth_id", "berths"),
        unique("result"),
        check("end", "ends_at IS NULL OR ends_at > recorded_at"),
        append_only=True,
    )
    return tables


BERTHS = '''"""Berths.

Creates berths, platform.beacons, inspections.
"""
'''
CHANGES = '''"""Change berths.

Changes platform.tenants, berths, inspections.
Drops platform.beacons.
"""
'''
# A table, and one that was written by hand and is guarded in the same way.
ALIKE = {"berths": "units", "inspections": "outbox_events", "beacons": "operator_acts"}
ID = "00112233445566778899aabbccddeeff"  # pragma: allowlist secret


@pytest.fixture
def later(tmp_path: Path) -> LaterRelease:
    return LaterRelease(tmp_path)


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement as the owner; what it answers, in order."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(schema.file_of(url))) as file, file:
            return sorted(file.execute(statement).fetchall(), key=str)
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement)
        return sorted(cursor.fetchall() if cursor.description else [], key=str)


def guards_in(url: str) -> list[tuple[Any, ...]]:
    """All that is not compared as drift: triggers, row security, grants, flags. By table."""
    statements: tuple[str, ...]
    if url.startswith("sqlite"):
        statements = (
            "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'",
            "SELECT name, wr, strict FROM pragma_table_list WHERE name <> 'sqlite_stat1'",
        )
    else:
        statements = (
            "SELECT relname, tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal",
            "SELECT tablename, policyname, qual, with_check FROM pg_policies",
            "SELECT relname, relrowsecurity, relforcerowsecurity, relacl::text FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('public', 'platform')",
        )
    return [row for statement in statements for row in ask(url, statement)]


def indexes_in(url: str) -> list[tuple[Any, ...]]:
    """Indexes in full, with the rows that they are of."""
    if url.startswith("sqlite"):
        return ask(url, "SELECT sql FROM sqlite_master WHERE type = 'index'")
    spaces = "('public', 'platform')"
    return ask(url, f"SELECT indexdef FROM pg_indexes WHERE schemaname IN {spaces}")


def guards_of(guards: list[tuple[Any, ...]], table: str) -> list[str]:
    """The guards of one table, without its name."""
    return [str(row).replace(table, "T") for row in guards if row[0] == table]


def fill(url: str) -> None:
    """A row in each table of tenants."""
    id_, active = (f"X'{ID}'", "1") if url.startswith("sqlite") else (f"'{ID}'", "true")
    at = "0" if url.startswith("sqlite") else "'1970-01-01 00:00:00+00'"
    ask(
        url,
        "INSERT INTO berths (tenant_id, id, code, opened_on, active, version) "
        f"VALUES ({id_}, {id_}, 'T1', '2026-01-02', {active}, 1)",
    )
    ask(url, f"INSERT INTO inspections VALUES ({id_}, {id_}, {id_}, 'good', '{{}}', {at})")


async def test_a_revision_goes_up_and_down_on_both_databases(
    own_database_url: str, later: LaterRelease
) -> None:
    """What is written makes and changes the tables; the way back leaves what was there."""
    url, head = own_database_url, schema.head()
    before = guards_in(url), indexes_in(url)
    made = new_migration("berths", first(), later.folder)
    assert made.name == f"{int(head) + 1:04d}_berths.py"
    assert made.read_text(encoding="utf-8").startswith(BERTHS)
    await later.migrate(url)
    assert drift(url, first()) == []
    between = guards_in(url), indexes_in(url)
    for table, like in ALIKE.items():
        assert guards_of(between[0], table) == guards_of(between[0], like) != []
    alike = [str(row).replace("products", "berths") for row in between[1]]
    [of_some_rows] = [row for row in between[1] if "berths_tenant_id_external_ref_uq" in str(row)]
    assert str(of_some_rows).replace("external_ref", "barcode") in alike
    fill(url)
    changed = new_migration("change berths", second(), later.folder)
    assert changed.read_text(encoding="utf-8").startswith(CHANGES)
    await later.migrate(url)
    assert drift(url, second()) == []
    for table in ("berths", "inspections"):
        assert guards_of(guards_in(url), table) == guards_of(between[0], table)
    assert ask(url, "SELECT code, note, fast FROM berths") == [("T1", "", False)]
    assert ask(url, "SELECT result FROM inspections") == [("good",)]
    await later.go_back(url, made.name[:4])
    assert (drift(url, first()), (guards_in(url), indexes_in(url))) == ([], between)
    assert ask(url, "SELECT code, version FROM berths") == [("T1", 1)]
    await later.go_back(url, head)
    assert (drift(url), (guards_in(url), indexes_in(url))) == ([], before)


async def test_a_revision_says_what_it_means_for_older_code_and_for_the_way_back(
    own_database_url: str, later: LaterRelease
) -> None:
    """RL-13: what only adds suits older code; what goes is asked for before the way back."""
    before = later.oldest_code(schema.head())
    made = new_migration("berths", first(), later.folder)
    assert later.oldest_code(made.name[:4]) == before
    changed = new_migration("change berths", second(), later.folder)
    assert later.oldest_code(changed.name[:4]) == changed.name[:4]
    await later.migrate(own_database_url)
    script = ScriptDirectory.from_config(config("", later.folder))
    steps = {each.revision: each for each in script.walk_revisions()}
    assert tables_made(steps[made.name[:4]]) == {"berths", "inspections", "platform.beacons"}
    forgotten = steps[changed.name[:4]].module.FORGOTTEN
    assert forgotten == {
        "berths": "location_id IS NOT NULL OR note <> '' OR fast",
        "inspections": "ends_at IS NOT NULL",
    }
    for table, condition in forgotten.items():
        assert ask(own_database_url, f"SELECT 1 FROM {table} WHERE {condition}") == []


def with_column(table: str, added: Column[Any]) -> MetaData:
    tables = tables_of_the_code()
    tables.tables[table].append_column(added, replace_existing=True)
    return tables


def test_what_has_to_be_written_by_hand_is_said(later: LaterRelease) -> None:
    """No half of a revision: no value for rows that are there, another type, other guards."""
    final = tables_of_the_code()
    final.tables["units"].info = {"tenant": True, "append_only": True}
    cases = {
        "nothing changed: the tables are those of revision": tables_of_the_code(),
        "units.made_by_id: rows that are there have no Id for it": with_column(
            "units", column("made_by_id", Id)
        ),
        "units.decimals: write a change of the type by hand": with_column(
            "units", column("decimals", Flag)
        ),
        "units: write a change of its key or guards by hand": final,
    }
    for line, tables in cases.items():
        with pytest.raises(NotWritten, match=line):
            new_migration("more", tables, later.folder)
    assert later.oldest_code("head") == later.oldest_code(schema.head())


def test_only_an_addition_suits_older_code(later: LaterRelease) -> None:
    """A column that may be left out does; one that may be NULL all of a sudden does not."""
    added = new_migration("note", with_column("units", column("note", Text)), later.folder)
    assert f'RUNS_FROM = "{later.oldest_code(schema.head())}"' in added.read_text(encoding="utf-8")
    tables = with_column("units", column("note", Text, null=True))
    loosened = new_migration("no note", tables, later.folder).read_text(encoding="utf-8")
    assert 'set_null("units", "note", null=True)' in loosened
    assert "RUNS_FROM" not in loosened
