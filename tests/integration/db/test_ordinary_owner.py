"""PostgreSQL with the logins that people really have: owners of a database, not of the cluster.

Roles belong to the whole cluster, which the tests share, so each test makes logins of its own.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from app.application.identity.directory.kinds import TENANTS
from app.bootstrap import build_container
from app.domain.shared.ids import read
from app.infrastructure.db import guards, migrate, purge, schema
from app.infrastructure.db.errors import StartRefused
from app.infrastructure.db.owner import owner_of
from app.main import create_app
from tests.api.identity.support import change
from tests.conftest import settings_for
from tests.support import pg
from tests.support.company import register_company
from tests.support.fingerprint import rows_of
from tests.support.operators import fresh_id
from tests.support.ports import free_port
from tests.support.revisions import before

NewOwner = Callable[..., str]


@pytest.fixture
def new_owner(postgres_template: str) -> Iterator[NewOwner]:
    """Makes a login that owns an empty database and returns the address; the role is there."""
    del postgres_template  # its migration made the restricted role
    made: list[str] = []

    def make(*grants: str, rights: str = "") -> str:
        name = f"owner_{uuid.uuid4().hex[:12]}"
        made.append(name)
        with psycopg.connect(pg.url(), autocommit=True) as admin:
            admin.execute(f"CREATE ROLE {name} LOGIN {rights}")
            admin.execute(f"CREATE DATABASE {name} OWNER {name}")
            for role in grants:
                admin.execute(f"GRANT {role} TO {name}")
        return pg.url(name, user=name)

    yield make
    with psycopg.connect(pg.url(), autocommit=True) as admin:
        for name in made:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            admin.execute(f"DROP OWNED BY {name} CASCADE")
            admin.execute(f"DROP ROLE {name}")


async def serve_once(url: str, **settings: Any) -> None:
    """Open the service on a database and close it."""
    container = build_container(settings_for(url, **settings))
    await container.database.start()
    try:
        await container.health.check_schema()
        await container.identity.start()
    finally:
        await container.identity.stop()
        await container.database.stop()


async def test_an_owner_who_may_act_as_the_role_needs_one_url(new_owner: NewOwner) -> None:
    """Issue 2, 1: the migration finds the role, and the service assumes it."""
    url = new_owner(guards.APP_ROLE)
    migrate.upgrade(url)
    await serve_once(url)


@pytest.mark.parametrize("rights", ["", "CREATEROLE"])
async def test_an_owner_who_may_not_is_told_what_to_ask_for(
    new_owner: NewOwner, rights: str
) -> None:
    """The role was made by somebody else: one line, no table, and after the grant it works."""
    url = new_owner(rights=rights)
    name = pg.database_of(url)
    with pytest.raises(DBAPIError) as refused:
        migrate.upgrade(url)
    grant = f"GRANT tradepost_app TO {name};"
    assert f"an administrator has to run: {grant}" in str(refused.value.orig)
    assert schema.current(url) == "base"
    with psycopg.connect(pg.url(), autocommit=True) as admin:
        admin.execute(grant)
    migrate.upgrade(url)
    await serve_once(url)


def test_without_the_role_an_administrator_runs_two_statements(new_owner: NewOwner) -> None:
    """Neither there nor makeable: both statements are named; they are all that is missing."""
    url = new_owner()
    name = pg.database_of(url)
    role = f"app_{name}"
    first, *_ = guards.postgres_role(role)
    with psycopg.connect(url, autocommit=True) as owner:
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
            owner.execute(first)
        statements = f"CREATE ROLE {role} NOLOGIN; GRANT {role} TO {name};"
        assert f"an administrator has to run: {statements}" in str(refused.value)
        with psycopg.connect(pg.url(), autocommit=True) as admin:
            admin.execute(statements)
        for statement in guards.postgres_role(role):
            owner.execute(statement)
        owner.execute(f"SET ROLE {role}")
        owner.execute("RESET ROLE")
        owner.execute(f"DROP OWNED BY {role}")
    with psycopg.connect(pg.url(), autocommit=True) as admin:
        admin.execute(f"DROP ROLE {role}")


def test_an_owner_who_may_make_roles_makes_it(new_owner: NewOwner) -> None:
    """Since PostgreSQL 16 the maker of a role is no member of it: the grant is needed too."""
    url = new_owner(rights="CREATEROLE")
    role = f"app_{pg.database_of(url)}"
    with psycopg.connect(url, autocommit=True) as owner:
        for _ in range(2):
            for statement in guards.postgres_role(role):
                owner.execute(statement)
        owner.execute(f"SET ROLE {role}")
        owner.execute("RESET ROLE")
        owner.execute(f"DROP OWNED BY {role}")
        owner.execute(f"DROP ROLE {role}")


def test_a_role_above_row_security_is_refused(new_owner: NewOwner) -> None:
    """A role that existed before must not have more rights than the rules allow."""
    role = f"app_{pg.database_of(new_owner())}"
    with psycopg.connect(pg.url(), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} NOLOGIN BYPASSRLS")
        with pytest.raises(psycopg.errors.InvalidRoleSpecification, match="above row security"):
            admin.execute(next(guards.postgres_role(role)))
        admin.execute(f"DROP ROLE {role}")


async def test_each_reason_not_to_connect_has_its_line(new_owner: NewOwner) -> None:
    """Wrong login, no database, no server, no membership, no schema: never the password."""
    url = new_owner()
    name = pg.database_of(url)
    folder = url.split("host=")[1]
    away = free_port()
    cases = {
        url.replace(f"//{name}@", "//nobody:s3cret@"): (
            'the server refuses the login "nobody": its name or its password is wrong'
        ),
        f"postgresql://{name}:s3cret@/missing?host={folder}": (
            'the server has no database "missing": make it by `createdb missing`'
        ),
        f"postgresql://{name}:s3cret@127.0.0.1:{away}/{name}": (
            f"no database server answers at 127.0.0.1, port {away}"
        ),
        f"postgresql://{name}:s3cret@no-such-host.invalid/{name}": (
            "no database server answers at no-such-host.invalid, port 5432"
        ),
        url: (
            f'the login "{name}" may not act as tradepost_app: '
            f'an administrator has to run: GRANT tradepost_app TO "{name}";'
        ),
    }
    for address, line in cases.items():
        with pytest.raises(StartRefused) as refused:
            await serve_once(address)
        assert str(refused.value) == line
    with psycopg.connect(pg.url(), autocommit=True) as admin:
        admin.execute(f"GRANT tradepost_app TO {name}")
    with pytest.raises(StartRefused) as refused:
        await serve_once(url)
    assert str(refused.value) == "the database is empty: run `tradepost migrate`"


async def test_a_schema_of_another_release_is_named(new_owner: NewOwner) -> None:
    """Which revision is there and which is needed; not just that something is wrong."""
    url = new_owner(guards.APP_ROLE)
    earlier = before("sales")
    migrate.upgrade(url, earlier)
    with pytest.raises(StartRefused) as refused:
        await serve_once(url)
    assert str(refused.value).startswith(
        f"the database is at revision {earlier}, this release needs {schema.head()}: "
        "run `tradepost migrate`"
    )


async def test_an_owner_under_row_security_purges_a_company(new_owner: NewOwner) -> None:
    """Forced row security binds the owner too: it names a company and sees no other rows."""
    url = new_owner(guards.APP_ROLE)
    migrate.upgrade(url)
    app = create_app(settings_for(url))
    now = datetime.now(UTC)
    async with (
        app.router.lifespan_context(app),
        register_company(app) as going,
        register_company(app) as staying,
    ):
        product = await going.product("GOES")
        await going.open_stock("2", "1.00", product)
        goes, stays = [
            read("cmp", (await each.get("/auth/me"))["company_id"]) for each in (going, staying)
        ]
        await change(going.client, TENANTS, (goes,), lambda each: replace(each, delete_at=now))
        async with owner_of(url) as owner:
            counts = await purge.purge(owner, goes, now, fresh_id, rows_at_once=50)
        assert counts is not None
        assert counts["journal_lines"] == 2
        async with rows_of(pg.url(pg.database_of(url))) as rows:
            assert (await rows.fingerprint(goes))["audit_entries"][0] == 0
            assert (await rows.fingerprint(stays))["audit_entries"][0] == 2
        await staying.assert_sound()
