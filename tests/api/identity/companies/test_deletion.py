"""A company ends: closed by its owner, kept in time, or deleted with all that it had (S3-39)."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.application.identity.directory.kinds import TENANTS
from app.domain.shared.ids import Id, read
from app.infrastructure.db import purge as purging
from app.infrastructure.db.guards import APP_ROLE
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.owner import owner_of
from app.infrastructure.db.purge import name_hash
from app.infrastructure.db.schema import driver_url
from app.infrastructure.identity.sign_in.tables import messages
from app.infrastructure.security import passwords
from app.main import create_app
from tests.api.identity.support import change, events, refusal, trail
from tests.conftest import settings_for
from tests.support.company import PASSWORD, Company, register_company
from tests.support.fingerprint import Fingerprint, rows_of
from tests.support.in_process import command
from tests.support.ledger import Ledger
from tests.support.operators import fresh_id, make_operator
from tests.support.route import request, tag
from tests.support.routes import ROUTES

API = "/api/v1"
DELETION = f"{API}/companies/current/schedule-deletion"
CANCEL = f"{API}/companies/current/cancel-deletion"
NAME = {"name": "Test Trading"}
KEPT = {"purges", "operator_acts"}  # what the platform keeps of a company that is gone


async def tenant_of(company: Company) -> Id:
    return read("cmp", (await company.get("/auth/me"))["company_id"])


async def closed(company: Company) -> httpx.Response:
    return await company.client.post(DELETION, json=NAME)


async def test_an_owner_closes_the_company_and_keeps_it_after_all(company: Company) -> None:
    """The name is typed; until the day people read and export; called off, work goes on."""
    tenant_id = await tenant_of(company)
    wrong = await company.client.post(DELETION, json={"name": "Test"})
    assert refusal(wrong) == (422, "companies.name_wrong", ["/name"])
    assert refusal(await company.client.post(CANCEL)) == (409, "companies.status_conflict", [])
    before = datetime.now(UTC)
    answer = await closed(company)
    assert (answer.status_code, answer.json()["status"]) == (200, "deletion_scheduled")
    days = datetime.fromisoformat(answer.json()["delete_at"]) - before
    assert timedelta(days=30) <= days < timedelta(days=30, minutes=1)
    assert refusal(await closed(company)) == (409, "companies.status_conflict", [])
    unit = {"code": "crate", "name": "Crate", "decimals": 0}
    refused = await company.client.post(f"{API}/units", json=unit)
    assert refusal(refused) == (403, "companies.deletion_scheduled", [])
    assert (await company.client.get(f"{API}/units")).status_code == 200
    await company.post("/exports", None, status=202)
    kept = await company.client.post(CANCEL)
    assert (kept.status_code, kept.json()["status"]) == (200, "active")
    assert (await company.client.post(f"{API}/units", json=unit)).status_code == 201
    assert [each for each in await trail(company.client, tenant_id) if "company" in each] == [
        "company registered",
        "company deletion_scheduled",
        "company deletion_cancelled",
    ]
    types = await events(company.client, tenant_id)
    assert [each for each in types if each.startswith("company.")] == [
        "company.registered",
        "company.deletion_scheduled",
        "company.deletion_cancelled",
    ]


async def test_only_an_owner_ends_a_company_and_not_one_that_an_operator_has_in_hand(
    company: Company, application: Any
) -> None:
    invitation = {"email": "emil@north.example", "role": "manager"}
    token = (await company.post("/invitations", invitation))["token"]
    joined = await company.client.post(
        f"{API}/auth/join", json={"token": token, "password": PASSWORD}
    )
    assert joined.status_code == 204
    account = {"email": "emil@north.example", "password": PASSWORD}
    tokens = (await company.client.post(f"{API}/auth/login", json=account)).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    for path, body in ((DELETION, NAME), (CANCEL, None)):
        refused = await company.client.post(path, json=body, headers=headers)
        assert refusal(refused)[:2] == (403, "auth.permission_missing")
    operator = await make_operator(application)
    await closed(company)
    path = f"{API}/platform/companies/{(await company.get('/auth/me'))['company_id']}/suspend"
    suspended = await company.client.post(path, json={"reason": "Asked by court"}, headers=operator)
    assert suspended.json()["delete_at"] is not None
    assert refusal(await company.client.post(CANCEL)) == (403, "companies.suspended", [])


@asynccontextmanager
async def two(url: str, folder: Path) -> AsyncIterator[tuple[Any, Company, Company]]:
    """A company that used every operation and will go, and another one that stays."""
    with pytest.MonkeyPatch.context() as patch:  # at full price passwords take all the time
        patch.setattr(passwords, "ARGON2_MEMORY_KIB", 64)
        patch.setattr(passwords, "ARGON2_PASSES", 1)
        app = create_app(settings_for(url, storage_dir=str(folder)))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        going = await stack.enter_async_context(register_company(app))
        staying = await stack.enter_async_context(register_company(app))
        yield app, going, staying


async def overdue(company: Company) -> Id:
    """Closed long enough ago."""
    tenant_id = await tenant_of(company)
    past = datetime.now(UTC) - timedelta(seconds=1)
    await change(company.client, TENANTS, (tenant_id,), lambda each: replace(each, delete_at=past))
    return tenant_id


async def fill(app: Any, company: Company) -> None:
    """Rows in every table: each operation that makes something, but for those on sign-ins."""
    for route in ROUTES.values():
        if route.method == "POST" and not route.template.startswith(
            ("/auth", "/platform", "/companies")
        ):
            valid = await route.prepare(company)
            answer = await request(company, route, valid, key=tag())
            assert answer.status == route.status, (route.operation, answer.body)
    assert await (await Ledger.of(app, company)).fold()


async def prints(url: str, tenant_id: Id) -> Fingerprint:
    async with rows_of(url) as rows:
        found = await rows.fingerprint(tenant_id)
    of_tenants = {name for name in found if name.removeprefix("platform.") not in KEPT}
    return {name: found[name] for name in of_tenants}


def run_purge(url: str, folder: Path, *more: str) -> str:
    arguments = ["companies", "purge", "--database-url", url, *more]
    done = command(*arguments, STORAGE_DIR=str(folder))
    assert done.exit_code == 0, done.output
    return done.output


async def check_tombstone(url: str, stays_id: Id, gone_email: str) -> None:
    """The number of deleted rows stays known, but no personal data."""
    async with owner_of(url) as owner:
        [(kept_hash, finished, counts)] = await owner.rows(
            f"SELECT name_hash, finished_at, row_counts FROM {purging._purges(owner)}"
        )
        counts = owner.read_json(counts)
        assert bytes(kept_hash) != name_hash(stays_id, "Test Trading")
        assert finished is not None
        assert counts["audit_entries"] > 50
        assert counts["journal_lines"] > 10
        assert counts["tenants"] == 1
        assert counts["memberships"] == counts["users"] > 1
        assert counts["password_resets"] > 0
        recipients = await owner.rows(f"SELECT recipient FROM {owner.named(messages)}")
        assert gone_email not in {each for (each,) in recipients}


def test_a_purge_leaves_nothing_of_the_company_and_touches_no_other(
    own_database_url: str, tmp_path: Path
) -> None:
    """S3-39: every table; its files, sessions and people; a tombstone stays."""
    url, folder = own_database_url, tmp_path / "files"

    async def prepare() -> tuple[Id, Id, str, str, Fingerprint, int]:
        async with two(url, folder) as (app, going, staying):
            await fill(app, going)
            product = await staying.product("STAYS")
            await staying.open_stock("3", "1.00", product)
            await staying.post("/exports", None, status=202)
            gone_id, stays_id = await tenant_of(going), await tenant_of(staying)
            for each in (gone_id, stays_id):
                await app.state.container.exporting.look(each)
            before = await prints(url, gone_id)
            filled = sum(1 for name in before if before[name][0])
            await overdue(going)
            return (
                gone_id,
                stays_id,
                going.email,
                staying.email,
                await prints(url, stays_id),
                filled,
            )

    gone_id, stays_id, gone_email, stays_email, before, filled = asyncio.run(prepare())
    assert filled > 40
    output = run_purge(url, folder, "--rows-at-once", "7")
    assert output.startswith("cmp_")
    assert output.endswith("rows and 1 files deleted\n")
    assert run_purge(url, folder) == "No company is due for deletion.\n"
    assert [path.name for path in folder.iterdir()] == [stays_id.hex()]

    async def look() -> None:
        after = await prints(url, stays_id)
        shared = {  # of the one that went, too
            table.name
            for table in metadata.sorted_tables
            if not table.info["tenant"] and "tenant_id" not in table.c
        }
        changed = {name.removeprefix("platform.") for name in after if after[name] != before[name]}
        assert changed <= shared
        async with rows_of(url) as rows:
            gone = await rows.fingerprint(gone_id)
            nobody = await rows.fingerprint(Id(bytes(16)))
        assert gone == nobody
        await check_tombstone(url, stays_id, gone_email)
        app = create_app(settings_for(url))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                for email, status in ((gone_email, 401), (stays_email, 200)):
                    account = {"email": email, "password": PASSWORD}
                    answer = await client.post(f"{API}/auth/login", json=account)
                    assert answer.status_code == status
                    headers = {"Authorization": f"Bearer {answer.json().get('access_token')}"}
                checked = await client.get(f"{API}/reports/integrity", headers=headers)
                assert checked.json()["ok"]

    asyncio.run(look())


async def test_a_purge_that_was_killed_is_run_again_and_people_of_two_companies_stay(
    own_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed purge continues its count; members of other companies and operators stay."""
    url, folder = own_database_url, tmp_path / "files"
    async with two(url, folder) as (app, going, staying):
        product = await going.product("GOES")
        await going.open_stock("3", "1.00", product)
        invitation = {"email": staying.email, "role": "viewer"}
        token = (await going.post("/invitations", invitation))["token"]
        join = {"token": token, "password": PASSWORD}
        assert (await going.client.post(f"{API}/auth/join", json=join)).status_code == 204
        await make_operator(app, going.email)
        tenant_id = await overdue(going)
        before = await prints(url, tenant_id)
        empty, tables = purging._empty, []

        async def killed(owner: Any, table: Any, *arguments: Any) -> bool:
            tables.append(table.name)
            if len(tables) == 30:
                raise KeyboardInterrupt
            return await empty(owner, table, *arguments)

        monkeypatch.setattr(purging, "_empty", killed)
        now = datetime.now(UTC)
        with pytest.raises(KeyboardInterrupt):
            async with owner_of(url) as owner:
                await purging.purge(owner, tenant_id, now, fresh_id)
        monkeypatch.setattr(purging, "_empty", empty)
        app.state.container.identity.tokens.forget_company(tenant_id)
        answer = await going.client.get(f"{API}/auth/me")
        assert refusal(answer) == (401, "auth.session_expired", [])
        async with owner_of(url) as owner:
            assert [each[0] for each in await purging.due(owner, now)] == [tenant_id]
            counts = await purging.purge(owner, tenant_id, now, fresh_id, rows_at_once=2)
            assert counts is not None
            assert await purging.due(owner, now) == []
        tenant_rows = {
            name: count
            for name, (count, _) in before.items()
            if name.removeprefix("platform.") in counts and not name.startswith("platform.")
        }
        for name in ("audit_entries", "accounts", "stock_moves", "journal_lines", "taxes"):
            assert counts[name] == tenant_rows[name], name
        assert counts["memberships"] == 2
        assert counts.get("users", 0) == 0
        account = {"email": staying.email, "password": PASSWORD}
        answer = await staying.client.post(f"{API}/auth/login", json=account)
        assert answer.status_code == 200
        headers = await make_operator(app, going.email)
        acts = await staying.client.get(f"{API}/platform/audit-entries?sort=-id", headers=headers)
        assert acts.json()["data"][1]["action"] == "company.purged"


async def test_what_is_not_due_is_not_purged_and_the_service_itself_deletes_nothing(
    company: Company, database_url: str
) -> None:
    tenant_id, now = await tenant_of(company), datetime.now(UTC)
    await closed(company)
    before = await prints(database_url, tenant_id)
    async with owner_of(database_url) as owner:
        assert await purging.due(owner, now) == []
        assert await purging.purge(owner, tenant_id, now, fresh_id) is None
    assert await prints(database_url, tenant_id) == before
    insert = "INSERT INTO {}purges (company_id, name_hash, started_at, row_counts) "
    if database_url.startswith("sqlite"):
        with sqlite3.connect(database_url.split("///", 1)[1]) as file:
            with pytest.raises(sqlite3.IntegrityError, match="purges_due"):
                file.execute(insert.format("") + "VALUES (?, x'00', 0, '{}')", (bytes(tenant_id),))
            with pytest.raises(sqlite3.IntegrityError, match="audit_entries_append_only"):
                file.execute("DELETE FROM audit_entries")
        return
    row = f"VALUES ('{tenant_id.hex()}', '', now(), '{{}}')"
    admin = await asyncpg.connect(driver_url(database_url))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="not to be purged"):
        await admin.execute(insert.format("platform.") + row)
    # Even where a purge is under way, the role of the service deletes nothing and begins none.
    await admin.execute("UPDATE platform.tenants SET purging = true")
    await admin.execute(insert.format("platform.") + row)
    service = await asyncpg.connect(driver_url(database_url), server_settings={"role": APP_ROLE})
    await service.execute(f"SET app.tenant_id = '{tenant_id.hex()}'")
    assert await service.fetchval("SELECT count(*) FROM audit_entries") > 0
    for sql in (
        "DELETE FROM audit_entries",
        "DELETE FROM units",
        "DELETE FROM platform.tenants",
        "UPDATE platform.purges SET finished_at = NULL",
        insert.format("platform.") + row,
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(sql)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="final"):
        await admin.execute("UPDATE audit_entries SET action = ''")
    await service.close()
    await admin.close()
