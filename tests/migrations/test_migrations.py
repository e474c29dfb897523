"""Migrations on both databases: from empty, down to nothing and up again, and no drift."""

import asyncio
import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from app.infrastructure.db import migrate, schema
from app.infrastructure.db.drift import drift
from app.infrastructure.identity.companies.all_companies import companies
from app.main import create_app
from tests.conftest import settings_for
from tests.support import pg
from tests.support.company import register_company
from tests.support.every_operation import populate
from tests.support.revisions import STEPS, made_after
from tests.support.revisions import before as before_revision

REVISIONS = schema.revisions()[1:]


def test_the_list_of_revisions_is_whole() -> None:
    """The files are named after their revisions, and so in their order, without a gap."""
    assert list(STEPS) == REVISIONS[::-1]
    assert [f"{at:04d}" for at in range(1, len(REVISIONS) + 1)] == REVISIONS
    assert schema.revisions()[0] == schema.BASE
    assert schema.head() == REVISIONS[-1]


def test_tables_and_migrations_agree(own_database_url: str) -> None:
    """S0-53: what the migrations make is what the code says."""
    assert drift(own_database_url) == []


def trade(url: str, *, sell: bool) -> None:
    """A company with a product, and on demand with goods, some of them sold."""

    async def run() -> None:
        app = create_app(settings_for(url))
        async with app.router.lifespan_context(app), register_company(app) as company:
            product_id = await company.product("KEPT")
            if sell:
                await company.open_stock("2", "1.00", product_id)
                await company.sell((product_id, "1"))
                await company.assert_sound()

    asyncio.run(run())


def tables(url: str) -> set[str]:
    """The tables that are there."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.split("///", 1)[1])) as file:
            rows = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    else:
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'platform')"
            ).fetchall()
    return {row[0] for row in rows}


def companies_in(url: str) -> int:
    """How many companies a service on the database sees."""

    async def look() -> int:
        app = create_app(settings_for(url))
        async with app.router.lifespan_context(app):
            return len(await companies(app.state.container.database))

    return asyncio.run(look())


def test_one_step_back_keeps_the_rest(own_database_url: str) -> None:
    """Backing out the last revision, which nobody used yet, leaves the data of the others alone."""
    trade(own_database_url, sell=False)
    assert migrate.go_to(own_database_url, "-1") == REVISIONS[-2]
    assert schema.current(own_database_url) == REVISIONS[-2]
    assert migrate.go_to(own_database_url, "head") == REVISIONS[-1]
    assert companies_in(own_database_url) == 1


def test_going_back_refuses_to_delete_rows(own_database_url: str) -> None:
    """A way back over tables that are in use changes nothing, unless that is said outright."""
    trade(own_database_url, sell=True)
    before = tables(own_database_url)
    before_sales = before_revision("sales")
    with pytest.raises(migrate.RowsAtStake) as refused:
        migrate.go_to(own_database_url, before_sales)
    assert "every row of sale_lines, sales:" in str(refused.value)
    with pytest.raises(migrate.RowsAtStake) as refused:
        migrate.downgrade(own_database_url, before_revision("catalog"))
    assert "products" in str(refused.value)
    assert tables(own_database_url) == before
    assert schema.current(own_database_url) == REVISIONS[-1]
    assert migrate.go_to(own_database_url, before_sales, drop_data=True) == before_sales
    gone = before - tables(own_database_url)
    assert gone == made_after(before_sales)
    assert gone > {"sales", "sale_lines", "returns", "return_lines", "returned_so_far"}


def test_going_back_refuses_to_let_a_member_in_again(own_database_url: str) -> None:
    """The release before knows no member who is switched off; to it, each may work."""
    trade(own_database_url, sell=False)
    before = before_revision("members")
    migrate.go_to(own_database_url, before)
    migrate.go_to(own_database_url, "head")
    switch_off_everybody(own_database_url)
    with pytest.raises(migrate.RowsAtStake) as refused:
        migrate.go_to(own_database_url, before)
    assert "every row of memberships (NOT active):" in str(refused.value)
    assert schema.current(own_database_url) == REVISIONS[-1]
    assert migrate.go_to(own_database_url, before, drop_data=True) == before


def switch_off_everybody(url: str) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.split("///", 1)[1])) as connection, connection:
            connection.execute("UPDATE memberships SET active = 0")
        return
    with psycopg.connect(url) as owner:
        owner.execute("UPDATE platform.memberships SET active = false")


def test_stored_permissions_follow_their_names(own_database_url: str) -> None:
    """Revision 0021 renames resources in what roles and keys may do, and back."""
    populate(own_database_url)
    now = ["audit_entries:read", "companies:read", "company_deletion:write", "sales:read"]
    set_permissions(own_database_url, json.dumps(now))
    migrate.go_to(own_database_url, "0020", drop_data=True)
    before = ["audit:read", "tenants:read", "closing:write", "sales:read"]
    assert stored_permissions(own_database_url, "permissions", "scopes") == (before, before)
    migrate.go_to(own_database_url, "head")
    assert stored_permissions(own_database_url, "permissions", "permissions") == (now, now)


def set_permissions(url: str, text: str) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.split("///", 1)[1])) as connection, connection:
            for table in ("roles", "api_keys"):
                connection.execute(f"UPDATE {table} SET permissions = ?", (text,))
        return
    with psycopg.connect(url) as owner:
        for table in ("platform.roles", "api_keys"):
            owner.execute(f"UPDATE {table} SET permissions = %s", (text,))


def stored_permissions(url: str, of_roles: str, of_keys: str) -> tuple[Any, Any]:
    """What a role and a key may do, from columns of these names."""
    queries = (
        f"SELECT {of_roles} FROM {{}}roles LIMIT 1",
        f"SELECT {of_keys} FROM api_keys LIMIT 1",
    )
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.split("///", 1)[1])) as connection:
            role, key = (connection.execute(sql.format("")).fetchone()[0] for sql in queries)
        return json.loads(role), json.loads(key)
    with psycopg.connect(url) as owner:
        role, key = (owner.execute(sql.format("platform.")).fetchone()[0] for sql in queries)  # type: ignore[index]
    return role, key


def test_an_owner_under_row_security_is_asked_too(own_database_url: str) -> None:
    """Forced row security hides every row from an ordinary owner; the refusal sees them anyway."""
    trade(own_database_url, sell=True)
    if own_database_url.startswith("sqlite"):
        return
    owner = f"owner_{pg.database_of(own_database_url)[-12:]}"
    with psycopg.connect(own_database_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {owner} LOGIN")
        for space, table in admin.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'platform')"
        ).fetchall():
            admin.execute(f"ALTER TABLE {space}.{table} OWNER TO {owner}")
        admin.execute(f"GRANT ALL ON SCHEMA public, platform TO {owner}")
        try:
            with pytest.raises(migrate.RowsAtStake):
                url = own_database_url.replace("//postgres@", f"//{owner}@")
                migrate.downgrade(url, before_revision("sales"))
            forced = admin.execute(
                "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'sales'"
            ).fetchone()
            assert forced == (True,)
        finally:
            admin.execute(f"REASSIGN OWNED BY {owner} TO postgres")
            admin.execute(f"DROP OWNED BY {owner}")
            admin.execute(f"DROP ROLE {owner}")


def test_revisions_that_are_not_known(own_database_url: str) -> None:
    """A mistyped revision, one step too many, and a database of a later release: a line each."""
    for wrong in ("9999", "+1", f"-{len(REVISIONS) + 1}"):
        with pytest.raises(migrate.RevisionUnknown, match="there is no revision"):
            migrate.go_to(own_database_url, wrong)
    change(own_database_url, "UPDATE alembic_version SET version_num = '0042', runs_from = '0042'")
    with pytest.raises(migrate.RevisionUnknown, match="0042, which this release does not know"):
        migrate.go_to(own_database_url, "head")


def test_a_migration_that_fails_leaves_nothing_behind(own_database_url: str) -> None:
    """Also on SQLite a revision comes whole or not at all, so it can be run again."""
    migrate.downgrade(own_database_url, before_revision("catalog"), drop_data=True)
    before = tables(own_database_url)
    change(own_database_url, "CREATE TABLE products (id INTEGER)")  # made last there
    with pytest.raises(DBAPIError):
        migrate.upgrade(own_database_url)
    assert tables(own_database_url) == before | {"products"}
    change(own_database_url, "DROP TABLE products")
    migrate.upgrade(own_database_url)
    assert schema.current(own_database_url) == REVISIONS[-1]


def change(url: str, statement: str) -> None:
    """Run a statement as the owner."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.split("///", 1)[1])) as file:
            file.execute(statement)
            file.commit()
        return
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def test_a_new_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    """It holds customers and password hashes; SQLite gives its journals the same mode."""
    path = tmp_path / "new" / "books.db"
    migrate.upgrade(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE more (id INTEGER)")
        journals = list(path.parent.glob("books.db-*"))
        assert journals
        assert {stat.S_IMODE(each.stat().st_mode) for each in journals} == {0o600}
