"""The data for migration tests: a company that used every operation."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.shared.ids import Id, read
from app.infrastructure.db import purge, schema
from app.infrastructure.db.owner import owner_of
from app.infrastructure.identity.companies.all_companies import companies
from app.main import create_app
from tests.conftest import settings_for
from tests.support.audit import Trail
from tests.support.company import Company, register_company
from tests.support.fingerprint import Fingerprint, rows_of
from tests.support.ledger import Ledger
from tests.support.operators import fresh_id
from tests.support.route import API, request, tag
from tests.support.routes import ROUTES

# A migration sets the one and renews the other.
_OF_MIGRATIONS = {"alembic_version", "sqlite_stat1"}


async def use_every_operation(application: Any, company: Company) -> None:
    """Send a request to every operation that changes something; each does what it should.

    Background tasks (writing exports, folding the ledger, sealing the audit trail) and the
    operator's timed command run, too.
    """
    for route in ROUTES.values():
        valid = await route.prepare(company)
        answer = await request(company, route, valid, key=tag())
        assert answer.status == route.status, (route.operation, answer.status, answer.body)
    key = {"name": f"Till {tag()}", "permissions": ["units:read"]}
    made = (await company.client.post(f"{API}/api-keys", json=key)).json()
    bearer = {"Authorization": f"Bearer {made['key']}"}
    assert (await company.client.get(f"{API}/units", headers=bearer)).status_code == 200
    tenant_id = read("cmp", (await company.get("/auth/me"))["company_id"])
    await application.state.container.exporting.look(tenant_id)
    assert await (await Ledger.of(application, company)).fold()
    assert await (await Trail.of(application, company)).seal()
    await purge_the_closed(application)


async def purge_the_closed(application: Any) -> None:
    """Delete the companies that the operations closed, as the command of the operator does."""
    later = datetime.now(UTC) + timedelta(days=400)
    async with owner_of(application.state.container.settings.database.owner_url) as owner:
        due = await purge.due(owner, later)
        assert due
        for tenant_id, _ in due:
            assert await purge.purge(owner, tenant_id, later, fresh_id)


def populate(url: str) -> list[Id]:
    """Use every operation of a new company, whose books are sound then; all companies."""

    async def run() -> list[Id]:
        app = create_app(settings_for(url))
        async with app.router.lifespan_context(app), register_company(app) as company:
            await use_every_operation(app, company)
            await company.assert_sound()
            return [id_ for id_, _ in await companies(app.state.container.database)]

    return asyncio.run(run())


def contents(url: str, tenants: Sequence[Id]) -> Fingerprint:
    """Number and hash of the rows of every table that is there, of these companies."""
    if schema.current(url) == schema.BASE:
        return {}

    async def run() -> Fingerprint:
        async with rows_of(url) as rows:
            return await rows.fingerprint(*tenants)

    found = asyncio.run(run())
    return {name.removeprefix("platform."): found[name] for name in found.keys() - _OF_MIGRATIONS}
