"""How tables are declared: one naming convention, tenant-led keys, append-only marks.

``alembic/versions`` is written from these tables and a test compares the two.
"""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Constraint,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from app.infrastructure.db.types import Id, Integer

PLATFORM = "platform"  # the schema of tables without a tenant (rulings R-31)

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_uq",
        "ck": "%(table_name)s_%(constraint_name)s_ck",
        "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    }
)

SchemaPart = Column[Any] | Constraint | Index


def tenant_table(
    name: str,
    *parts: SchemaPart,
    key: tuple[str, ...] = ("id",),
    append_only: bool = False,
    wide: bool = False,
    left_out: str = "",
) -> Table:
    """A table of tenants' data: ``tenant_id`` leads the key, row security guards it.

    ``append_only`` rows are facts: neither database lets the service update or delete them.
    ``wide`` rows are large texts, which SQLite keeps better apart from the key.
    ``left_out`` says why the table is not part of an export of the company.
    """
    return Table(
        name,
        metadata,
        Column("tenant_id", Id, nullable=False),
        *parts,
        PrimaryKeyConstraint("tenant_id", *key),
        info={"tenant": True, "append_only": append_only, "left_out": left_out},
        sqlite_strict=True,
        sqlite_with_rowid=wide,
    )


def platform_table(name: str, *parts: SchemaPart, key: tuple[str, ...] = ("id",)) -> Table:
    """A table that is read before a tenant is known."""
    return Table(
        name,
        metadata,
        *parts,
        PrimaryKeyConstraint(*key),
        schema=PLATFORM,
        info={"tenant": False, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def column(name: str, type_: Any, *, null: bool = False) -> Column[Any]:
    """A column, NOT NULL unless said otherwise."""
    return Column(name, type_, nullable=null)


def version() -> Column[Any]:
    """The version of a mutable aggregate, counted up by every save."""
    return Column("version", Integer, nullable=False)


def refers(columns: str | tuple[str, ...], table: str, to: tuple[str, ...] = ("id",)) -> Constraint:
    """A reference within the tenant: ``tenant_id`` is part of both ends."""
    names = (columns,) if isinstance(columns, str) else columns
    return ForeignKeyConstraint(
        ("tenant_id", *names), [f"{table}.tenant_id", *(f"{table}.{each}" for each in to)]
    )


def unique(*columns: str) -> Constraint:
    """Unique within the tenant."""
    return UniqueConstraint("tenant_id", *columns)


def unique_if_set(table: str, column: str) -> Index:
    """Unique within the tenant where there is one. Rows without are not in the index at all.

    A unique constraint would keep them all: for journal entries of documents, three trees of
    nothing but NULLs, each written at one page by everybody.
    """
    where = text(f"{column} IS NOT NULL")
    return Index(
        f"{table}_tenant_id_{column}_uq",
        "tenant_id",
        column,
        unique=True,
        postgresql_where=where,
        sqlite_where=where,
    )


def one_where(table: str, condition: str) -> Index:
    """At most one row of each tenant meets the condition."""
    where = text(condition)
    return Index(
        f"{table}_tenant_id_uq",
        "tenant_id",
        unique=True,
        postgresql_where=where,
        sqlite_where=where,
    )


def check(name: str, sql: str) -> Constraint:
    """A rule that SQL can express."""
    return CheckConstraint(sql, name=name)


def index(table: str, *columns: str) -> Index:
    """An index within the tenant, made for a named query."""
    return Index(f"{table}_{'_'.join(columns)}_ix", "tenant_id", *columns)
