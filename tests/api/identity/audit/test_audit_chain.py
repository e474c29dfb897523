"""The audit chain finds whatever is done to it behind the service's back, on both databases."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from app.application.identity.audit.seals import AuditPart
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.ids import NO_ID, Id
from app.main import create_app
from tests.conftest import drop, fresh_url, settings_for
from tests.support.audit import Trail
from tests.support.company import register_company
from tests.support.corruption import Owner, owner_of

TABLES = ("audit_entries", "audit_seals")


@asynccontextmanager
async def kept(owner: Owner) -> AsyncIterator[None]:
    """Put back whatever is done to the trail meanwhile."""
    for table in TABLES:
        await owner.change(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table}")
    try:
        yield
    finally:
        for table in TABLES:
            await owner.change(f"DELETE FROM {table}")
            await owner.change(f"INSERT INTO {table} SELECT * FROM kept_{table}")
            await owner.rows(f"DROP TABLE kept_{table}")


Trails = Callable[[str], Awaitable[tuple[Trail, str]]]


@pytest.fixture(scope="module")
async def trails(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Trails]:
    """A company alone in its database, of whose eight entries all are sealed: three to a seal."""
    made: dict[str, tuple[Trail, str]] = {}
    async with AsyncExitStack() as stack:

        async def trail_of(dialect: str) -> tuple[Trail, str]:
            if dialect not in made:
                url = fresh_url(dialect, request, tmp_path_factory.mktemp(dialect))
                stack.callback(drop, url)
                app = create_app(settings_for(url))
                await stack.enter_async_context(app.router.lifespan_context(app))
                company = await stack.enter_async_context(register_company(app))
                for sku in ("ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX"):
                    await company.product(sku)
                trail = await Trail.of(app, company)
                assert await trail.seal() == 3
                made[dialect] = trail, url
            return made[dialect]

        yield trail_of


@pytest.fixture
async def own(trails: Trails, dialect: str) -> tuple[Trail, str]:
    """That company, and the address of its database; tests leave it sound."""
    return await trails(dialect)


def nth(place: int, column: str = "id") -> str:
    """A column of the entry at a place from 0, as a subquery."""
    return f"(SELECT {column} FROM audit_entries ORDER BY id LIMIT 1 OFFSET {place})"


# What an entry says, each made another: a member that is not hashed would not be missed.
FLIPS = {
    "actor_id": "actor_id = entity_id",
    "on_behalf_of": "on_behalf_of = id",
    "session_id": "session_id = id",
    "request_id": "request_id = request_id || 'x'",
    "address": "address = '192.0.2.66'",
    "action": "action = upper(action)",
    "entity_kind": "entity_kind = entity_kind || ' '",
    "entity_id": "entity_id = id",
    "recorded_at": "recorded_at = recorded_at + [hour]",
}


async def test_every_flipped_member_is_found(own: tuple[Trail, str]) -> None:
    """AU-02: mutation test: whatever member of an entry is changed, verifying names the entry."""
    trail, database_url = own
    second = (await trail.entries())[1]["id"]
    changes = "replace(changes, '{', '{\"x\":1,')"  # the last entry sealed has some
    if not database_url.startswith("sqlite"):
        changes = """changes || '{"x": 1}'"""
    async with owner_of(database_url) as owner:
        for name, change in {**FLIPS, "changes": f"changes = {changes}"}.items():
            async with kept(owner):
                made = f"UPDATE audit_entries SET {change} WHERE id = {nth(1)}"
                assert await owner.change(made.replace("[hour]", owner.hour)) == 1, name
                found = await trail.verdict()
                assert (found["ok"], found["first_break"]) == (
                    False,
                    {"kind": "entry_changed", "sequence": 1, "place": 2, "entry_id": second},
                ), name
        assert (await trail.verdict())["ok"]


async def test_rows_taken_put_in_and_exchanged_are_found(own: tuple[Trail, str]) -> None:
    """AU-02: a deleted row, an inserted one, two in another order."""
    trail, database_url = own
    ids = [each["id"] for each in await trail.entries()]
    columns = (
        "tenant_id, actor_id, session_id, request_id, address, action, entity_kind, entity_id, "
        "changes, recorded_at"
    )
    between = f"{nth(4)}"
    cases: dict[str, tuple[list[str], dict[str, Any]]] = {
        "deleted": (
            [f"DELETE FROM audit_entries WHERE id = {nth(4)}"],
            {"kind": "entry_missing", "sequence": 2, "place": 2, "entry_id": ids[5]},
        ),
        "exchanged": (
            # The contents of two rows, so that their order is another one.
            [
                f"CREATE TEMP TABLE pair AS SELECT * FROM audit_entries "
                f"WHERE id IN ({nth(3)}, {nth(4)})",
                "DELETE FROM audit_entries WHERE id IN (SELECT id FROM pair)",
                f"INSERT INTO audit_entries (id, {columns}) SELECT b.id, "
                f"{', '.join('a.' + each for each in columns.split(', '))} "
                "FROM pair a JOIN pair b ON a.id <> b.id",
                "DROP TABLE pair",
            ],
            {"kind": "entry_changed", "sequence": 2, "place": 1, "entry_id": ids[3]},
        ),
        "inserted": (
            [
                f"INSERT INTO audit_entries (id, {columns}) SELECT [between], {columns} "
                f"FROM audit_entries WHERE id = {between}"
            ],
            {"kind": "entry_added", "sequence": 2, "place": 3},
        ),
    }
    async with owner_of(database_url) as owner:
        [(fifth,)] = await owner.rows(f"SELECT {nth(4)}")
        raw = fifth if isinstance(fifth, bytes) else fifth.bytes
        higher = (int.from_bytes(raw, "big") + 1).to_bytes(16, "big").hex()
        literal = f"X'{higher}'" if isinstance(fifth, bytes) else f"'{higher}'::uuid"
        for name, (statements, expected) in cases.items():
            async with kept(owner):
                for statement in statements:
                    await owner.rows(statement.replace("[between]", literal))
                found = await trail.verdict()
                assert not found["ok"], name
                assert expected.items() <= found["first_break"].items(), (name, found)
        assert (await trail.verdict())["ok"]


async def test_changed_seals_and_a_cut_tail_are_found(own: tuple[Trail, str]) -> None:
    """AU-02: a published head shows what no chain shows by itself: that its end was cut off."""
    trail, database_url = own
    head = (await trail.verdict())["head"]
    last = head["sequence"]
    tail = f"SELECT after_id FROM audit_seals WHERE sequence = {last}"
    async with owner_of(database_url) as owner:
        async with kept(owner):
            await owner.change(
                "UPDATE audit_seals SET recorded_at = recorded_at + 1"
                if owner.hour.isdigit()
                else "UPDATE audit_seals SET recorded_at = recorded_at + interval '1 s'"
            )
            assert (await trail.verdict())["first_break"] == broken("seal_changed", 1)
        async with kept(owner):
            await owner.change("DELETE FROM audit_seals WHERE sequence = 2")
            assert (await trail.verdict())["first_break"] == broken("seal_missing", 2)
        async with kept(owner):
            await owner.change(f"DELETE FROM audit_entries WHERE id > ({tail})")
            assert (await trail.verdict())["first_break"] == {
                **broken("entry_missing", last),
                "place": 1,
            }
            await owner.change(f"DELETE FROM audit_seals WHERE sequence = {last}")
            assert (await trail.verdict())["ok"]  # nothing is left to tell of it
            cut = await trail.verdict(head=head["hash"])
            assert (cut["ok"], cut["head_included"], cut["first_break"]) == (False, False, None)
            # Sealed anew it is another chain, which the head shows too.
            await trail.company.product("AFTER")
            assert await trail.seal() == 1
            cut = await trail.verdict(head=head["hash"])
            assert (cut["head"]["sequence"], cut["ok"]) == (last, False)
        whole = await trail.verdict(head=head["hash"])
        assert (whole["ok"], whole["head_included"]) == (True, True)


def broken(kind: str, sequence: int) -> dict[str, Any]:
    return {"kind": kind, "sequence": sequence, "place": None, "entry_id": None}


async def test_verifying_goes_on_where_it_stopped(
    own: tuple[Trail, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request looks at a bounded number of entries, and says where the next one goes on."""
    trail, _ = own
    whole = await trail.verdict()
    monkeypatch.setattr("app.api.v1.identity.audit.audit_entries.ENTRIES_MAX", 1)
    looked = 0
    at: int | None = 1
    while at is not None:
        part = await trail.verdict(from_sequence=at)
        assert (part["ok"], part["first_sequence"], part["last_sequence"]) == (True, at, at)
        looked, at = looked + part["entry_count"], part["next_sequence"]
    assert looked == whole["entry_count"]
    beyond = await trail.verdict(from_sequence=whole["last_sequence"] + 5)
    assert (beyond["ok"], beyond["entry_count"], beyond["next_sequence"]) == (True, 0, None)


async def test_a_place_in_the_chain_is_taken_once(own: tuple[Trail, str]) -> None:
    """Two who seal at once: one is refused, as is one who is ahead of the database's clock."""
    trail, _ = own
    last = (await trail.verdict())["last_sequence"]
    digest = (bytes(32),)
    taken = AuditPart(last - 1, Id(b"\0" * 15 + b"\1"), digest)
    beyond = AuditPart(last + 1, Id(b"\0" * 15 + b"\1"), digest)
    early = AuditPart(last, Id(b"\xff" * 16), digest)
    for part in (taken, beyond, early):
        assert isinstance(await trail.put(part), ConcurrentChange)
    assert (await trail.verdict())["last_sequence"] == last


async def test_a_check_may_begin_where_the_last_one_ended(own: tuple[Trail, str]) -> None:
    """RL-01: `check-books --recorded-from` looks at the seals made since, and at no other."""
    trail, _ = own
    whole = await trail.verdict()
    past, future = (datetime(year, 1, 1, tzinfo=UTC) for year in (2000, 2199))
    found = await trail.chain.verify(trail.tenant_id, since=past)
    assert (found.ok, found.first, found.entries) == (True, 1, whole["entry_count"])
    found = await trail.chain.verify(trail.tenant_id, since=future)
    assert (found.ok, found.entries, found.next_sequence) == (True, 0, None)
    assert (found.first, found.last) == (whole["last_sequence"] + 1, whole["last_sequence"])
    nobody = await trail.chain.verify(NO_ID, since=past)
    assert (nobody.ok, nobody.first, nobody.head) == (True, 1, None)
