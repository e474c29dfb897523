"""Exports: everything of one company and nothing of another, in one file (S3-39)."""

import asyncio
import hashlib
import io
import json
import stat
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.application.identity.companies.exports import EXPORTS
from app.domain.identity.companies.export import LEASE, Export
from app.domain.shared.clock import SystemClock
from app.domain.shared.ids import Id, read, ulid_text
from app.infrastructure.db.schema import head
from app.infrastructure.identity.companies.export_contents import left_out
from app.infrastructure.identity.companies.exporting import Exporting
from app.infrastructure.storage.folder import CompanyFiles
from app.main import create_app
from tests.api.identity.support import change, events, refusal, trail
from tests.conftest import settings_for
from tests.support.company import Company, register_company
from tests.support.fingerprint import rows_of

EVERYTHING = ["exports:read", "costs:read", "audit_entries:read", "members:read"]
API = "/api/v1"
PATH = f"{API}/exports"


def maker(company: Company, folder: Path, **options: Any) -> Exporting:
    """What makes exports, with pages of two rows."""
    container = company.client._transport.app.state.container  # type: ignore[attr-defined]
    given = {"rows_at_once": 2, "progress_seconds": 0, "kept": timedelta(days=7), **options}
    return Exporting(container.database, CompanyFiles(folder), SystemClock(), here=False, **given)


def here(company: Company) -> Exporting:
    """What makes the exports of the application."""
    made: Exporting = company.client._transport.app.state.container.exporting  # type: ignore[attr-defined]
    return made


async def tenant_of(company: Company) -> Id:
    return read("cmp", (await company.get("/auth/me"))["company_id"])


async def asked(company: Company) -> Id:
    return read("exp", (await company.post("/exports", None, status=202))["id"])


async def fetched(company: Company, id_: str, **headers: str) -> httpx.Response:
    return await company.client.get(f"{PATH}/{id_}/file", headers=headers)


async def traded(company: Company) -> str:
    """Some rows in most tables; the id of a product."""
    product = await company.product("OWN")
    await company.open_stock("9", "1.00", product)
    await company.sell((product, "1"))
    await company.sell((product, "2"))
    return product


async def test_an_export_from_the_request_to_the_file(company: Company) -> None:
    """202 and where to look; refused while it is not ready; done; fetched as an attachment."""
    tenant_id = await tenant_of(company)
    answer = await company.client.post(PATH)
    assert answer.status_code == 202
    made = answer.json()
    assert answer.headers["location"] == f"{PATH}/{made['id']}"
    assert (made["status"], made["tables_total"], made["file_bytes"]) == ("queued", 0, None)
    second = await company.client.post(PATH)
    assert refusal(second) == (409, "exports.under_way", [])
    assert refusal(await fetched(company, made["id"])) == (409, "exports.not_ready", [])
    assert (await trail(company.client, tenant_id))[1:] == ["session opened", "export requested"]
    due = await here(company).look(tenant_id)
    assert due is None
    assert await here(company).look(tenant_id) is not None  # until the file goes
    shown = await company.get(f"/exports/{made['id']}")
    assert (shown["status"], shown["error"]) == ("done", None)
    assert shown["tables_done"] == shown["tables_total"] > 40
    file = await fetched(company, made["id"])
    assert file.status_code == 200
    assert file.headers["content-type"] == "application/zip"
    assert file.headers["content-disposition"] == f'attachment; filename="{made["id"]}.zip"'
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["cache-control"] == "no-store"
    assert "content-encoding" not in file.headers
    assert len(file.content) == shown["file_bytes"]
    assert hashlib.sha256(file.content).hexdigest() == shown["file_sha256"]
    assert (await trail(company.client, tenant_id))[-1] == "export fetched"
    types = await events(company.client, tenant_id)
    assert types[-2:] == ["export.requested", "export.finished"]
    # RFC 9110, 14: a part, what is beyond the end, and headers that are no range of bytes.
    size, whole = len(file.content), file.content
    for text, part in {
        "bytes=0-9": whole[:10],
        f"bytes={size - 1}-": whole[-1:],
        "bytes=-5": whole[-5:],
        f"bytes=0-{10 * size}": whole,
    }.items():
        answer = await fetched(company, made["id"], Range=text)
        assert (answer.status_code, answer.content) == (206, part), text
    for text in (f"bytes={size}-", f"bytes={'9' * 18}-", "bytes=-0", f"bytes=0-1,{size}-"):
        answer = await fetched(company, made["id"], Range=text)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (416, "common.range_not_satisfiable"), text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-range"] == f"bytes */{size}"
    for text in ("bytes=5-2", "bytes=a-b", "bytes=", "rows=0-9", "junk", f"bytes={'9' * 5000}-"):
        answer = await fetched(company, made["id"], Range=text)
        assert (answer.status_code, answer.content) == (200, whole), text
    # A key that only tries leaves its trace as well; and what the file holds has to be its own.
    for permissions, status in ((EVERYTHING, 200), (["exports:read"], 403)):
        key = {"name": "Copies", "permissions": permissions, "mode": "test"}
        bearer = (await company.client.post(f"{API}/api-keys", json=key)).json()["key"]
        headers = {"Authorization": f"Bearer {bearer}"}
        before = (await trail(company.client, tenant_id)).count("export fetched")
        path = f"{PATH}/{made['id']}/file"
        assert (await company.client.get(path, headers=headers)).status_code == status
        after = (await trail(company.client, tenant_id)).count("export fetched")
        assert after - before == (status == 200)
    listed = (await company.get("/exports"))["data"]
    assert listed == [shown]


async def test_everything_of_the_company_and_nothing_of_another(
    company: Company, application: Any, database_url: str, tmp_path: Path
) -> None:
    """S3-39: row counts are those of the database; no byte of the other company is in the file."""
    product = await traded(company)
    invitation = {"email": "emil@north.example", "role": "viewer"}
    token = (await company.post("/invitations", invitation))["token"]
    async with register_company(application, name="The other one") as other:
        foreign = await traded(other)
        tenant_id, other_id = await tenant_of(company), await tenant_of(other)
        them = await other.get("/auth/me")
        await asked(company)
        await asked(other)
        async with rows_of(database_url) as rows:
            counts = await rows.fingerprint(tenant_id)
        await maker(company, tmp_path).look(tenant_id)
    [path] = (tmp_path / tenant_id.hex()).iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        content = {name: file.read(name) for name in file.namelist()}
    manifest = json.loads(content.pop("manifest.json"))
    assert manifest["company_id"] == (await company.get("/auth/me"))["company_id"]
    assert (manifest["format"], manifest["schema_revision"]) == (1, head())
    assert manifest["tables_left_out"] == left_out()
    assert {f"{each['name']}.ndjson" for each in manifest["tables"]} == content.keys()
    for table in manifest["tables"]:
        lines = content[table["file"]].splitlines()
        assert table["rows"] == len(lines)
        assert table["sha256"] == hashlib.sha256(content[table["file"]]).hexdigest()
        names = [each["name"] for each in table["columns"]]
        parsed = [json.loads(line) for line in lines]
        assert all(list(line) == names for line in parsed)
        assert len({json.dumps(line) for line in parsed}) == len(parsed), table["name"]
        if table["name"] not in {"company", "roles", "members"}:
            assert table["rows"] == counts[table["name"]][0], table["name"]
    assert content["company.ndjson"].count(b"\n") == content["members.ndjson"].count(b"\n") == 1
    assert sum(1 for each in manifest["tables"] if each["rows"]) > 20
    whole = b"".join(content.values())
    assert ulid_text(read("prd", product)).encode() in whole
    others = [them["user_id"], them["session_id"], foreign]
    for text in (*(each.partition("_")[2] for each in others), them["email"], "The other one"):
        assert text.encode() not in whole
    assert ulid_text(other_id).encode() not in whole
    assert token[22:].encode() not in whole
    assert b"$argon2" not in whole


async def test_what_is_recorded_later_is_not_in_the_snapshot(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One snapshot: a unit made while the file is written is not in it."""
    tenant_id = await tenant_of(company)
    await asked(company)
    exporting = maker(company, tmp_path)
    advance = exporting._advance
    made: list[Any] = []

    async def sell_meanwhile(*arguments: Any) -> None:
        if not made:
            made.append(await company.post("/units", {"code": "late", "name": "L", "decimals": 0}))
        await advance(*arguments)

    monkeypatch.setattr(exporting, "_advance", sell_meanwhile)
    await exporting.look(tenant_id)
    [path] = (tmp_path / tenant_id.hex()).iterdir()
    with zipfile.ZipFile(path) as file:
        units = [json.loads(line)["code"] for line in io.BytesIO(file.read("units.ndjson"))]
    assert made
    assert "pcs" in units
    assert "late" not in units


async def test_the_lease_of_one_who_died_lets_another_one_begin(
    company: Company, tmp_path: Path
) -> None:
    """Restart-safe: left alone while it may live, begun anew after, failed when it keeps dying."""
    tenant_id, id_ = await tenant_of(company), await asked(company)
    exporting = maker(company, tmp_path)
    now = datetime.now(UTC)

    async def claimed(at: datetime, attempt: int) -> None:
        def how(export: Export) -> Export:
            return replace(export.claimed(at), attempt=attempt)

        await change(company.client, EXPORTS, (id_,), how, tenant_id)

    await claimed(now, 1)
    with CompanyFiles(tmp_path).new(tenant_id, f"{id_.hex()}.zip", 1).stream as half:
        half.write(b"half")
    assert await exporting.look(tenant_id) == now + LEASE
    assert (await company.get("/exports"))["data"][0]["status"] == "running"
    await change(
        company.client, EXPORTS, (id_,), lambda each: replace(each, lease_until=now), tenant_id
    )
    await exporting.look(tenant_id)
    assert (await company.get("/exports"))["data"][0]["status"] == "done"
    assert [path.suffix for path in (tmp_path / tenant_id.hex()).iterdir()] == [".zip"]
    again = id_ = await asked(company)
    await claimed(now - LEASE, 3)
    await exporting.look(tenant_id)
    shown = await company.get("/exports", sort="-id")
    assert (shown["data"][0]["status"], shown["data"][0]["error"]) == ("failed", "interrupted")
    show = shown["data"][0]["id"]
    assert read("exp", show) == again
    assert refusal(await fetched(company, show)) == (404, "exports.gone", [])


async def test_a_file_goes_when_its_time_is_over(company: Company) -> None:
    tenant_id, id_ = await tenant_of(company), await asked(company)
    await here(company).look(tenant_id)
    [shown] = (await company.get("/exports"))["data"]
    path = here(company)._files.place(tenant_id, f"{id_.hex()}.zip")
    assert path.is_file()
    past = datetime.now(UTC) - timedelta(seconds=1)
    await change(
        company.client, EXPORTS, (id_,), lambda each: replace(each, expires_at=past), tenant_id
    )
    assert refusal(await fetched(company, shown["id"])) == (404, "exports.gone", [])
    await here(company).look(tenant_id)
    assert not path.exists()
    assert (await company.get(f"/exports/{shown['id']}"))["status"] == "expired"
    assert refusal(await fetched(company, shown["id"])) == (404, "exports.gone", [])
    assert "export fetched" not in await trail(company.client, tenant_id)


async def test_a_folder_that_cannot_be_written_fails_the_export(
    company: Company, tmp_path: Path
) -> None:
    tenant_id = await tenant_of(company)
    await asked(company)
    (tmp_path / "file").write_text("in the way")
    await maker(company, tmp_path / "file").look(tenant_id)
    [shown] = (await company.get("/exports"))["data"]
    assert (shown["status"], shown["error"]) == ("failed", "storage")
    await asked(company)  # the next one may be asked for


async def test_who_lost_its_lease_leaves_the_export_alone(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fencing: another one holds it under the next number; the slow one writes nothing more."""
    tenant_id, id_ = await tenant_of(company), await asked(company)
    exporting = maker(company, tmp_path)
    advance = exporting._advance

    async def taken_over(*arguments: Any) -> None:
        await change(
            company.client, EXPORTS, (id_,), lambda each: replace(each, attempt=9), tenant_id
        )
        await advance(*arguments)

    monkeypatch.setattr(exporting, "_advance", taken_over)
    await exporting.look(tenant_id)
    assert (await company.get("/exports"))["data"][0]["status"] == "running"
    assert list((tmp_path / tenant_id.hex()).iterdir()) == []


async def test_it_is_made_in_the_background(own_database_url: str, tmp_path: Path) -> None:
    """Also what a process before this one left in the queue, at the start."""
    settings = settings_for(own_database_url, exports_here=True, storage_dir=str(tmp_path))
    idle = create_app(settings_for(own_database_url))
    async with idle.router.lifespan_context(idle), register_company(idle) as company:
        await asked(company)
        token = company.client.headers["authorization"]
    busy = create_app(settings)
    async with busy.router.lifespan_context(busy):
        transport = httpx.ASGITransport(app=busy)
        headers = {"Authorization": token}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=headers
        ) as client:

            async def states(expected: list[str]) -> None:
                async with asyncio.timeout(10):
                    while True:
                        rows = (await client.get(PATH)).json()["data"]
                        if [row["status"] for row in rows] == expected:
                            return
                        await asyncio.sleep(0.02)

            await states(["done"])
            assert (await client.post(PATH)).status_code == 202
            await states(["done", "done"])
