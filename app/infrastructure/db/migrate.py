"""Migrations, called from the command line and from the start of the service."""

import os
import re
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import BLANK_SCHEMA, Connection, MetaData, exists, literal, select, text
from sqlalchemy import table as named_table

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401 - declares every table
from alembic import command
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.releases import VERSION, Schema
from app.infrastructure.db.schema import (
    MIGRATIONS,
    MigrationRefused,
    apart,
    current,
    file_of,
    on_database,
    revisions,
)


class RevisionUnknown(MigrationRefused):
    """There is no such revision."""


class RowsAtStake(MigrationRefused):
    """A downgrade would drop tables that hold rows, or columns with data."""


def tables_for(dialect: str, tables: MetaData = metadata) -> MetaData:
    """The tables as the database names them; SQLite has no schemas."""
    if dialect != "sqlite":
        return tables
    plain = MetaData(naming_convention=tables.naming_convention)
    for table in tables.sorted_tables:
        table.to_metadata(
            plain,
            schema=None,  # type: ignore[arg-type]
            referred_schema_fn=lambda *_: BLANK_SCHEMA,  # type: ignore[arg-type]
        )
    return plain


def config(url: str, folder: Path = MIGRATIONS) -> Config:
    """What Alembic needs to run the migrations of a folder on a database."""
    made = Config()
    made.set_main_option("script_location", str(folder))
    made.attributes["url"] = url
    return made


def tables_made(step: Script) -> set[str]:
    """The tables that a revision makes, those without a tenant named with their schema."""
    return {*getattr(step.module, "TABLES", ()), *getattr(step.module, "DERIVED", ())}


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema to ``revision``."""
    _make_private(url)
    apart(lambda: command.upgrade(config(url), revision))


def downgrade(url: str, revision: str, *, drop_data: bool = False) -> None:
    """Take the schema back to ``revision``.

    Raises:
        RowsAtStake: a table that would be dropped holds rows, or a row has data that the downgrade
        loses (``FORGOTTEN`` of a migration), and ``drop_data`` is false.
    """
    if not drop_data:
        filled = on_database(url, lambda connection: _filled(connection, revision))
        if filled:
            raise RowsAtStake(
                f"going back to {revision} would delete every row of {', '.join(filled)}: nothing "
                "was changed; back up first, then use --yes-drop-data"
            )
    apart(lambda: command.downgrade(config(url), revision))


def go_to(url: str, revision: str, *, drop_data: bool = False) -> str:
    """Migrate the schema up or down to ``revision``; returns the revision reached.

    ``revision`` is one of ``revisions()``, ``head``, or relative steps (-1, +1). If a later release
    left a compatible schema, ``head`` changes nothing.

    Raises:
        RevisionUnknown: the revision does not exist, or the database is at one of a later release.
        RowsAtStake: see ``downgrade``.
    """
    known = revisions()
    there = current(url)
    if there not in known:
        schema = Schema(there, on_database(url, lambda on: on.scalar(select(VERSION.c.runs_from))))
        if revision == "head" and schema.suits(known):
            return there
        raise RevisionUnknown(
            f"the database is at revision {there}, which this release does not know: "
            "use the release that brought it there"
        )
    wanted = _wanted(revision, known, known.index(there))
    if known.index(wanted) < known.index(there):
        downgrade(url, wanted, drop_data=drop_data)
    else:  # already there: only renew what accompanies a schema, such as planner statistics
        upgrade(url, wanted)
    return wanted


def _wanted(revision: str, known: list[str], place: int) -> str:
    if revision == "head":
        return known[-1]
    if revision in known:
        return revision
    steps = re.fullmatch(r"[+-]\d{1,4}", revision)
    if steps is not None and 0 <= place + int(revision) < len(known):
        return known[place + int(revision)]
    raise RevisionUnknown(f"there is no revision {revision}; there are {', '.join(known)}")


def _filled(connection: Connection, revision: str) -> list[str]:
    """What a downgrade to ``revision`` would delete: tables with rows, and rows that lose data."""
    script = ScriptDirectory.from_config(config(""))
    postgres = connection.dialect.name == "postgresql"
    at = MigrationContext.configure(connection).get_current_revision()
    found = []
    renamed: dict[str, dict[str, str]] = {}  # what later revisions call the columns of a table
    for step in script.iterate_revisions(at, revision):
        whole = dict.fromkeys(getattr(step.module, "TABLES", ()), "")
        for table, stated in {**whole, **getattr(step.module, "FORGOTTEN", {})}.items():
            names = renamed.get(table, {})
            condition = " ".join(names.get(word, word) for word in stated.split(" "))
            space, _, name = table.rpartition(".")
            if postgres and not space:
                # Forced row security hides every row from the owner too. Rolled back below.
                connection.exec_driver_sql(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
            source = named_table(name, schema=space if postgres and space else None)
            rows = select(literal(1)).select_from(source)
            if connection.scalar(
                select(exists(rows.where(text(condition)) if condition else rows))
            ):
                found.append(f"{name} ({condition})" if condition else name)
        renamed |= getattr(step.module, "RENAMED", {})
    connection.rollback()
    return sorted(found)


def _make_private(url: str) -> None:
    """Create a new SQLite file readable by its owner only; SQLite gives its journals the same mode.

    Raises:
        OSError: the folder cannot be created or written.
    """
    if url.startswith("sqlite"):
        file_of(url).parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file_of(url), os.O_CREAT | os.O_RDWR, 0o600))
