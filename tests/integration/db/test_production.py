"""Production refuses to serve above row security."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from app.bootstrap import build_container
from app.demo.login import DEMO_EMAIL, DEMO_PASSWORD
from app.infrastructure.db.guards import APP_ROLE
from app.infrastructure.db.postgres import PrivilegedLogin
from app.infrastructure.db.schema import driver_url
from tests.conftest import SECRET, settings_for
from tests.support import pg
from tests.support.command import refusal
from tests.support.ports import free_port

PRODUCTION = {
    "environment": "production",
    "secret_key": "q8Zr2!vTn5Lk0pXw7Yb3Hs6Jd9Fg4Mc1",  # pragma: allowlist secret
    "allowed_hosts": ["api.example"],
}


async def test_production_refuses_an_owner_and_takes_the_restricted_login(
    own_database_url: str,
) -> None:
    """R-30: the owner migrates, a role that owns nothing serves; one URL is for newcomers only."""
    if own_database_url.startswith("sqlite"):
        return
    owner = await asyncpg.connect(driver_url(own_database_url))
    login = f"service_{pg.database_of(own_database_url)[-12:]}"
    await owner.execute(f"CREATE ROLE {login} LOGIN IN ROLE {APP_ROLE}")
    refused = build_container(settings_for(own_database_url, **PRODUCTION))
    with pytest.raises(PrivilegedLogin) as above:
        await refused.database.start()
    assert 'the login "postgres" of DATABASE_URL bypasses row security' in str(above.value)
    restricted = own_database_url.replace("//postgres@", f"//{login}@")
    served = build_container(settings_for(restricted, **PRODUCTION))
    await served.database.start()
    await served.health.check_schema()
    assert await served.health.ping()
    await served.database.stop()
    await owner.execute(f"ALTER TABLE taxes OWNER TO {login}")
    with pytest.raises(PrivilegedLogin) as owns:
        await build_container(settings_for(restricted, **PRODUCTION)).database.start()
    assert str(owns.value) == (
        f'the login "{login}" of DATABASE_URL owns the tables; production takes one that has only '
        "been granted tradepost_app, and DATABASE_OWNER_URL for migrations"
    )
    await owner.close()


async def test_production_refuses_the_login_that_everybody_knows(
    own_database_url: str, own_application: Any
) -> None:
    """CF-01: a demo company of the days of trying out does not go along."""
    if own_database_url.startswith("sqlite"):
        return
    account = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
    company = {"name": "Demo", "currency": "GBP", "time_zone": "UTC"}
    transport = httpx.ASGITransport(app=own_application)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        made = await client.post("/api/v1/auth/register", json={**account, "company": company})
        assert made.status_code == 201
    owner = await asyncpg.connect(driver_url(own_database_url))
    login = f"demo_{pg.database_of(own_database_url)[-12:]}"
    await owner.execute(f"CREATE ROLE {login} LOGIN IN ROLE {APP_ROLE}")
    await owner.close()
    line = await asyncio.to_thread(
        refusal,
        "serve",
        "--port",
        str(free_port()),
        ENVIRONMENT="production",
        SECRET_KEY=SECRET,
        ALLOWED_HOSTS="api.example",
        DOCS_ENABLED="false",
        ACCEPTED_RISKS="public-metrics",
        SINGLE_NODE="true",
        DATABASE_URL=own_database_url.replace("//postgres@", f"//{login}@"),
    )
    assert line == (
        f"{DEMO_EMAIL} signs in with the public demo password: change it, or use "
        "another database for production"
    )
