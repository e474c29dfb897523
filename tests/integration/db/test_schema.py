"""What both databases enforce by themselves, behind the service's back."""

import contextlib
import sqlite3
from typing import Any

import asyncpg
import pytest
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401
from app.domain.shared.errors import ConcurrentChange, DomainError
from app.infrastructure.db.errors import Taken, constraint_error
from app.infrastructure.db.guards import APP_ROLE
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.schema import driver_url
from tests.support.company import Company

TENANT_TABLES = [table for table in metadata.sorted_tables if table.info["tenant"]]
FACTS = [table.name for table in TENANT_TABLES if table.info["append_only"]]


def test_every_key_starts_with_the_tenant() -> None:
    """TE-01, architecture 5: primary, unique and foreign keys and indexes are led by tenant_id."""
    for table in TENANT_TABLES:
        assert next(iter(table.primary_key.columns)).name == "tenant_id", table.name
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint | ForeignKeyConstraint):
                assert next(iter(constraint.columns)).name == "tenant_id", constraint.name
        for index in table.indexes:
            assert next(iter(index.columns)).name == "tenant_id", index.name


def test_every_constraint_has_its_error() -> None:
    """S4-03: no violation of any constraint of the schema can become a 500."""
    for table in metadata.sorted_tables:
        for constraint in table.constraints:
            name = str(constraint.name)
            error = constraint_error(name)
            if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
                assert isinstance(error, Taken), name  # made by somebody else first
            elif isinstance(constraint, ForeignKeyConstraint | CheckConstraint):
                assert isinstance(error, DomainError), name
        for index in table.indexes:
            if index.unique:
                assert isinstance(constraint_error(str(index.name)), Taken)


def test_a_unique_constraint_tells_more_than_a_conflict() -> None:
    """Document numbers apart, which the series makes unique, each unique key names its member."""
    for table in metadata.sorted_tables:
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint):
                columns = [each.name for each in constraint.columns]
                if columns in (["tenant_id", "number"], ["tenant_id", "role"]):
                    continue
                if columns == ["tenant_id", "source_kind", "source_id", "purpose"]:
                    continue
                taken = constraint_error(str(constraint.name))
                assert isinstance(taken, Taken)
                assert not isinstance(taken.refusal, ConcurrentChange), constraint.name


@pytest.fixture
async def raw(own_database_url: str, own_company: Company) -> Any:
    """A way to run SQL with the service's own rights, on a company that has traded."""
    database_url, company = own_database_url, own_company
    product_id = await company.product("RAW")
    await company.open_stock("5", "1.00", product_id)
    await company.sell((product_id, "1"))
    if database_url.startswith("sqlite"):
        file = sqlite3.connect(database_url.split("///", 1)[1])
        file.execute("PRAGMA foreign_keys=ON")

        async def on_sqlite(sql: str) -> list[Any]:
            return file.execute(sql).fetchall()

        yield on_sqlite
        file.close()
        return
    connection = await asyncpg.connect(driver_url(database_url), server_settings={"role": APP_ROLE})
    owner = await asyncpg.connect(driver_url(database_url))
    tenant_id = await owner.fetchval("SELECT tenant_id FROM books")
    await connection.execute(f"SET app.tenant_id = '{tenant_id}'")

    async def on_postgres(sql: str) -> list[Any]:
        return list(await connection.fetch(sql))

    yield on_postgres
    await connection.close()
    await owner.close()


async def test_facts_are_final(raw: Any) -> None:
    """Architecture 3: neither an update nor a delete of a fact gets through."""
    refusals = (asyncpg.InsufficientPrivilegeError, sqlite3.IntegrityError)
    for table in FACTS:
        for sql in (f"UPDATE {table} SET tenant_id = tenant_id", f"DELETE FROM {table}"):
            if await raw(f"SELECT 1 FROM {table} LIMIT 1"):
                with pytest.raises(refusals):
                    await raw(sql)
            else:  # a trigger of SQLite fires per row; PostgreSQL refuses by its rights anyway
                with contextlib.suppress(*refusals):
                    await raw(sql)


async def test_postgres_keeps_tenants_apart_by_itself(
    database_url: str, company: Company, application: Any
) -> None:
    """TE-01, TE-02, S3-01: without a tenant nothing is seen; every policy is on and forced."""
    del application
    await company.product("SEEN")
    if database_url.startswith("sqlite"):
        return
    owner = await asyncpg.connect(driver_url(database_url))
    rows = await owner.fetch(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    guarded = {row[0] for row in rows if row[1] and row[2]}
    assert guarded == {table.name for table in TENANT_TABLES}
    roles = await owner.fetch(
        "SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = $1", APP_ROLE
    )
    assert [tuple(role) for role in roles] == [(False, False, False)]
    owned = (
        "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE rolname = $1"
    )
    assert await owner.fetchval(owned, APP_ROLE) == 0
    service = await asyncpg.connect(driver_url(database_url), server_settings={"role": APP_ROLE})
    assert await service.fetchval("SELECT count(*) FROM products") == 0
    await service.execute("SET app.tenant_id = '00000000-0000-0000-0000-000000000000'")
    assert await service.fetchval("SELECT count(*) FROM products") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.execute("INSERT INTO posting_accounts SELECT gen_random_uuid(), '{}'::jsonb")
    await service.close()
    await owner.close()


async def test_postgres_checks_every_entry_at_commit(database_url: str, company: Company) -> None:
    """L1: an entry without lines, and lines that do not balance, are refused."""
    product_id = await company.product("L1")
    await company.open_stock("5", "1.00", product_id)
    if database_url.startswith("sqlite"):
        return
    owner = await asyncpg.connect(driver_url(database_url))
    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute(
            "INSERT INTO journal_entries (tenant_id, id, effective_at, effective_on, source_kind, "
            "source_id, purpose, memo, recorded_at) SELECT tenant_id, gen_random_uuid(), now(), "
            "'2020-01-01', 'journal', gen_random_uuid(), 'posting', '', now() FROM books"
        )
    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute(
            "INSERT INTO journal_lines (tenant_id, entry_id, line, account_id, amount, memo, "
            "effective_on, recorded_at) SELECT tenant_id, entry_id, 99, account_id, 1, '', "
            "effective_on, now() FROM journal_lines LIMIT 1"
        )
    await owner.close()
