"""Row security as PostgreSQL has it in its catalogue, and as a connection of the pool meets it."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg
import pytest
from sqlalchemy import func, select

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401
from app.application.shared.commands import Call, Command
from app.application.shared.kinds import Needs
from app.domain.shared.ids import read
from app.infrastructure.catalog.tables import products
from app.infrastructure.db.guards import APP_ROLE
from app.infrastructure.db.metadata import PLATFORM, metadata
from app.infrastructure.db.postgres import PostgresDatabase
from app.infrastructure.db.query import Query, of_tenant
from app.infrastructure.db.releases import VERSION
from app.infrastructure.db.schema import driver_url
from tests.support.company import Company

pytestmark = pytest.mark.parametrize("dialect", ["postgres"])

TENANT_TABLES: Final = [each for each in metadata.sorted_tables if each.info["tenant"]]
# no company is known before the sign-in. Each table without a tenant has its reason here.
PLATFORM_TABLES: Final = {
    "users": "one person may work for several companies, and signs in before one is chosen",
    "credentials": "they are the user's, and checked at sign-in",
    "tenants": "the companies themselves; a sign-in asks whether one is active",
    "memberships": "who works where: read at sign-in to choose the company",
    "sessions": "a token names its session, and the session its company",
    "signing_keys": "they sign for every company",
    "roles": "what a role may do is read with the session, before a company is chosen",
    "password_resets": "they are the user's, who cannot sign in",
    "throttle_lifts": "they are the user's, who is not signed in yet",
    "messages": "they are to people, in whatever company",
    "second_factors": "they are the user's, and checked at sign-in",
    "security_keys": "they are the user's, and checked at sign-in",
    "challenges": "a sign-in waits on one",
    "operators": "they work for no company",
    "operator_sessions": "they are of no company",
    "operator_acts": "what was done to companies stays when they are gone",
    "purges": "what is left of a company that is gone",
}
POLICY: Final = (
    "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"
)
COUNT: Final = Query(select(func.count()).select_from(products).where(*of_tenant(products)))


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The owner of the tables."""
    connection = await asyncpg.connect(driver_url(database_url))
    yield connection
    await connection.close()


async def test_every_table_of_tenants_is_guarded(owner: asyncpg.Connection, shared: Any) -> None:
    """TE-01, S0-54: one policy a table, for all commands and everybody, enabled and forced."""
    del shared
    rows = await owner.fetch(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, p.polcmd::text, "
        "p.polpermissive, p.polroles = '{0}', pg_get_expr(p.polqual, p.polrelid), "
        "pg_get_expr(p.polwithcheck, p.polrelid) FROM pg_class c "
        "LEFT JOIN pg_policy p ON p.polrelid = c.oid "
        "WHERE c.relkind IN ('r', 'p', 'm', 'f') AND c.relnamespace = 'public'::regnamespace "
        "AND c.relname <> $1 ORDER BY 1",
        VERSION.name,
    )
    guarded = [(each.name, True, True, "*", True, True, POLICY, POLICY) for each in TENANT_TABLES]
    assert [tuple(row) for row in rows] == sorted(guarded)
    # A view reads with the rights of its owner, who stands above the policies of others.
    assert (
        await owner.fetchval(
            "SELECT count(*) FROM pg_class WHERE relkind = 'v' AND relnamespace IN "
            "('public'::regnamespace, 'platform'::regnamespace)"
        )
        == 0
    )


async def test_every_key_and_index_is_led_by_the_tenant(
    owner: asyncpg.Connection, shared: Any
) -> None:
    """Architecture 5: as the database has them, not only as they were declared."""
    del shared
    tenant_first = (
        "SELECT {0} FROM {1} JOIN pg_class c ON c.oid = {2} "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = {3} "
        "WHERE c.relnamespace = 'public'::regnamespace AND a.attname <> 'tenant_id' "
        f"AND c.relname <> '{VERSION.name}'"
    )
    for what in (
        ("i.indexrelid::regclass::text", "pg_index i", "i.indrelid", "i.indkey[0]"),
        (
            "k.conname",
            "pg_constraint k",
            "k.conrelid",
            "k.conkey[1] AND k.contype IN ('p','u','f')",
        ),
        ("k.conname", "pg_constraint k", "k.confrelid", "k.confkey[1] AND k.contype = 'f'"),
    ):
        assert await owner.fetch(tenant_first.format(*what)) == [], what
    # An index on an expression has no column of that number.
    assert await owner.fetchval("SELECT count(*) FROM pg_index WHERE indkey[0] = 0") == 0
    crossing = (
        "SELECT conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
        "JOIN pg_class f ON f.oid = k.confrelid WHERE contype = 'f' "
        "AND c.relnamespace = 'public'::regnamespace AND f.relnamespace <> c.relnamespace"
    )
    assert await owner.fetch(crossing) == []


async def test_platform_tables_are_listed_with_their_reason(
    owner: asyncpg.Connection, shared: Any
) -> None:
    """R-31: a new table without a tenant is a decision."""
    del shared
    rows = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = $1::regnamespace",
        PLATFORM,
    )
    assert {row[0] for row in rows} == PLATFORM_TABLES.keys()
    declared = {each.name for each in metadata.sorted_tables if not each.info["tenant"]}
    assert declared == PLATFORM_TABLES.keys()


async def test_the_role_may_do_what_it_needs_and_no_more(
    owner: asyncpg.Connection, shared: Any
) -> None:
    """TE-01: neither owner, superuser nor above row security; facts are final."""
    del shared
    [role] = await owner.fetch(
        "SELECT rolsuper, rolbypassrls, rolcanlogin, rolcreatedb, rolcreaterole, rolreplication "
        "FROM pg_roles WHERE rolname = $1",
        APP_ROLE,
    )
    assert tuple(role) == (False,) * 6
    assert (
        await owner.fetchval(
            "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member "
            "WHERE r.rolname = $1",
            APP_ROLE,
        )
        == 0
    )
    rows = await owner.fetch(
        "SELECT table_schema, table_name, privilege_type FROM information_schema.role_table_grants "
        "WHERE grantee IN ($1, 'PUBLIC') AND table_schema IN ('public', $2)",
        APP_ROLE,
        PLATFORM,
    )
    granted: dict[str, set[str]] = {}
    for _, table, right in rows:
        granted.setdefault(table, set()).add(right)
    for table in metadata.sorted_tables:
        allowed = {"SELECT", "INSERT"} | (set() if table.info["append_only"] else {"UPDATE"})
        assert granted.pop(table.name) <= allowed, table.name
    assert granted.pop(VERSION.name, set()) <= {"SELECT"}
    assert granted == {}
    for schema in ("public", PLATFORM):
        assert not await owner.fetchval(
            "SELECT has_schema_privilege($1, $2, 'CREATE')", APP_ROLE, schema
        )


@contextlib.asynccontextmanager
async def every_connection(database: PostgresDatabase) -> AsyncIterator[list[Any]]:
    """All connections of both pools at once."""
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(pool.acquire())
            for pool in (database._commands, database._reads)
            if pool is not None
            for _ in range(pool.get_size())
        ]


def broken(_: Any, __: Any) -> Any:
    """A decision that meets a defect of ours."""
    raise ZeroDivisionError


async def test_a_connection_of_the_pool_has_no_tenant_after_an_error(
    own_application: Any, own_company: Company
) -> None:
    """TE-02: neither after a good one, nor after one that broke in the middle."""
    await own_company.product("SEEN")
    me = await own_company.get("/auth/me")
    tenant_id = read("cmp", me["company_id"])
    container = own_application.state.container
    principal = await container.identity.tokens.verify(
        own_company.client.headers["authorization"].removeprefix("Bearer ")
    )
    command = Command("broken", "products:write", lambda *_: Needs(), broken)
    with pytest.raises(ZeroDivisionError):
        await container.database.run([Call(command, None, principal, None, b"")])
    with pytest.raises(ZeroDivisionError):
        async with container.database.read(tenant_id) as scope:
            assert (await scope.row(COUNT))[0] == 1
            raise ZeroDivisionError
    async with container.database.read(tenant_id) as scope:
        await scope.row(COUNT)
    async with every_connection(container.database) as connections:
        assert len(connections) >= 2
        for connection in connections:
            assert not await connection.fetchval("SELECT current_setting('app.tenant_id', true)")
            assert await connection.fetchval("SELECT current_user") == APP_ROLE
            assert not connection.is_in_transaction()
            for table in TENANT_TABLES:
                assert await connection.fetchval(f"SELECT count(*) FROM {table.name}") == 0


async def test_no_row_is_written_for_another_tenant(
    own_application: Any, own_company: Company, own_database_url: str
) -> None:
    """TE-01: WITH CHECK; a row that is one's own cannot be given away either."""
    del own_application
    await own_company.product("MINE")
    connection = await asyncpg.connect(
        driver_url(own_database_url), server_settings={"role": APP_ROLE}
    )
    try:
        tenant = read("cmp", (await own_company.get("/auth/me"))["company_id"]).hex()
        other = "00000000-0000-0000-0000-000000000001"
        await connection.execute(f"SET app.tenant_id = '{tenant}'")
        assert await connection.fetchval("SELECT count(*) FROM products") == 1
        refused = pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security")
        with refused:
            await connection.execute(f"UPDATE products SET tenant_id = '{other}'")
        await connection.execute(f"SET app.tenant_id = '{other}'")
        assert await connection.execute("UPDATE products SET name = 'taken'") == "UPDATE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SET session_replication_role = replica")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("ALTER TABLE products DISABLE ROW LEVEL SECURITY")
    finally:
        await connection.close()
