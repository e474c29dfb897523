"""What happens when a database refuses what the decisions let through, or cannot answer at all.

The commands here decide without looking, as a race or a defect would make them; the last word is
the database's.
"""

import asyncio
import sqlite3
from dataclasses import replace
from typing import Any, cast

import asyncpg
import pytest
from sqlalchemy import UniqueConstraint

from app.application.catalog.categories import CATEGORIES
from app.application.catalog.units import UNITS
from app.application.shared.access import Principal
from app.application.shared.commands import Answer, Call, Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.work import Work
from app.domain.catalog.category import Category
from app.domain.catalog.unit import Unit
from app.domain.shared.errors import (
    ConcurrentChange,
    Duplicate,
    ReferenceNotFound,
    ServiceUnavailable,
    ValueOutOfRange,
)
from app.domain.shared.ids import Id, read
from app.domain.shared.masters import made
from app.infrastructure.db import sqlite
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.schema import driver_url
from app.infrastructure.db.sqlite_statements import constraint_name
from tests.support.company import Company


def blind(make: Any) -> Command[str]:
    """A command that writes what ``make`` makes of its input and an id, without reading first."""

    def decide(code: str, work: Work) -> Done:
        kind, aggregate = make(code, work.new_id())
        work.put(kind, aggregate)
        return Done({"code": code})

    return Command("tests.blind", "units:write", lambda *_: Needs(), decide)


def a_unit(id_: Id, code: str) -> Unit:
    return made(Unit, id_, {"code": code, "name": code})


def a_category(id_: Id, code: str, parent_id: Id) -> Category:
    return made(Category, id_, {"code": code, "name": code, "parent_id": parent_id})


def unit(code: str, id_: Id) -> tuple[Any, Unit]:
    return UNITS, a_unit(id_, code)


class Stand:
    """A company's database, run below the web."""

    def __init__(self, application: Any, tenant_id: bytes, user_id: bytes) -> None:
        self.database = application.state.container.database
        self.principal = Principal(Id(tenant_id), Id(user_id), permissions=frozenset())

    async def run(self, command: Command[str], *inputs: str, atomic: bool = False) -> list[Any]:
        calls = [Call(command, each, self.principal) for each in inputs]
        return list(await self.database.run(calls, atomic=atomic))


@pytest.fixture
async def stand(application: Any, company: Company) -> Stand:
    me = await company.get("/auth/me")
    return Stand(application, read("cmp", me["company_id"]), read("usr", me["user_id"]))


async def codes(company: Company) -> set[str]:
    return {each["code"] for each in (await company.get("/units"))["data"]}


def results(outcomes: list[Any]) -> list[Any]:
    """201 for an answer, the class and pointers of a refusal."""
    return [
        each.status if isinstance(each, Answer) else (type(each), [f.pointer for f in each.faults])
        for each in outcomes
    ]


async def test_a_violated_constraint_is_its_domain_error(stand: Stand, company: Company) -> None:
    before = await codes(company)
    assert results(await stand.run(blind(unit), "pcs")) == [(Duplicate, ["/code"])]
    assert await codes(company) == before


async def test_one_bad_row_of_a_group_is_refused_alone(stand: Stand, company: Company) -> None:
    before = await codes(company)
    outcomes = await stand.run(blind(unit), "crate", "pcs", "drum")
    assert results(outcomes) == [201, (Duplicate, ["/code"]), 201]
    assert await codes(company) == before | {"crate", "drum"}


async def test_one_bad_row_refuses_an_atomic_group(stand: Stand, company: Company) -> None:
    before = await codes(company)
    outcomes = await stand.run(blind(unit), "crate", "pcs", "drum", atomic=True)
    assert results(outcomes) == [(Duplicate, ["/code"])]
    assert await codes(company) == before


async def test_each_kind_of_constraint_has_its_error(stand: Stand, company: Company) -> None:
    known = read("unt", await company.first("/units", code="pcs"))

    def same_id(code: str, _: Id) -> tuple[Any, Unit]:
        return UNITS, a_unit(known, code)

    def orphan(code: str, id_: Id) -> tuple[Any, Category]:
        return CATEGORIES, a_category(id_, code, known)

    def own_parent(code: str, id_: Id) -> tuple[Any, Category]:
        return CATEGORIES, a_category(id_, code, id_)

    # Another transaction made the row first, as far as the database can tell.
    assert results(await stand.run(blind(same_id), "other")) == [(ConcurrentChange, [])]
    assert results(await stand.run(blind(orphan), "orphan")) == [(ReferenceNotFound, [])]
    assert results(await stand.run(blind(own_parent), "own")) == [(ValueOutOfRange, [])]
    assert (await company.get("/categories"))["data"] == []


async def test_a_row_that_changed_meanwhile_is_not_overwritten(
    stand: Stand, company: Company
) -> None:
    """A decision on a row that is not there any more as it was seen."""
    known = read("unt", await company.first("/units", code="pcs"))
    late = 0

    def needs(*_: Any) -> Needs:
        return Needs().one(UNITS, known, lock=Lock.UPDATE)

    def decide(code: str, work: Work) -> Done:
        seen = replace(work.get(UNITS, known), version=1 + late)
        work._loaded.originals[UNITS][known,] = seen
        work.put(UNITS, replace(seen, name=code))
        return Done({}, 200)

    command = Command("tests.rename", "units:write", needs, decide)
    assert results(await stand.run(command, "A piece")) == [200]
    late = 7
    assert results(await stand.run(command, "Seven pieces")) == [(ConcurrentChange, [])]
    [unit] = (await company.get("/units", code="pcs"))["data"]
    assert (unit["name"], unit["version"]) == ("A piece", 2)


@pytest.mark.parametrize(
    "failure",
    [
        sqlite3.OperationalError("database or disk is full"),
        MemoryError(),
    ],  # the latter: SQLITE_NOMEM
    ids=["disk", "memory"],
)
async def test_a_commit_that_fails_leaves_nothing_and_the_next_succeeds(
    stand: Stand, company: Company, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """A full disk, no memory: 503, nothing half done, and no restart is needed."""
    database = stand.database
    if not isinstance(database, sqlite.SqliteDatabase):
        return
    together = database._commit_together

    class Failing:
        def __init__(self, connection: sqlite3.Connection) -> None:
            self._connection = connection

        def execute(self, sql: str, *values: Any) -> Any:
            if sql == "COMMIT":
                raise failure
            return self._connection.execute(sql, *values)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

    before = await codes(company)
    monkeypatch.setattr(
        database,
        "_commit_together",
        lambda connection, jobs: together(cast(sqlite3.Connection, Failing(connection)), jobs),
    )
    runs = [stand.run(blind(unit), code) for code in ("crate", "drum")]
    failed = await asyncio.gather(*runs, return_exceptions=True)
    assert [type(each) for each in failed] == [ServiceUnavailable, ServiceUnavailable]
    monkeypatch.undo()
    assert await codes(company) == before
    assert results(await stand.run(blind(unit), "crate")) == [201]
    assert await codes(company) == before | {"crate"}


async def test_connections_that_are_cut_are_told_apart_from_refusals(
    stand: Stand, company: Company, database_url: str
) -> None:
    """The server ends every connection of the service, again and again: 503 or done, never 500."""
    if database_url.startswith("sqlite"):
        return
    owner = await asyncpg.connect(driver_url(database_url))
    before = await codes(company)
    cut = 0

    async def cutting() -> None:
        nonlocal cut
        for _ in range(5):
            cut += await owner.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await asyncio.sleep(0.02)

    wanted = [f"U{number}" for number in range(40)]
    runs = [stand.run(blind(unit), code) for code in wanted]
    *outcomes, _ = await asyncio.gather(*runs, cutting(), return_exceptions=True)
    await owner.close()
    assert cut > 0
    done = {code for code, each in zip(wanted, outcomes, strict=True) if isinstance(each, list)}
    failed = [type(each) for each in outcomes if not isinstance(each, list)]
    assert set(failed) <= {ServiceUnavailable}
    for each in outcomes:
        assert not isinstance(each, list) or results(each) == [201]
    # What was acknowledged is there; of a commit whose answer was cut off, nobody can tell.
    assert before | done <= await codes(company) <= before | set(wanted)
    assert results(await stand.run(blind(unit), "after")) == [201]


def test_constraints_are_known_by_what_sqlite_says_of_them() -> None:
    """SQLite names a constraint in some messages, an index in others, else only the columns."""
    assert constraint_name("CHECK constraint failed: units_decimals_ck") == "units_decimals_ck"
    assert constraint_name("FOREIGN KEY constraint failed") == "unknown_fk"
    assert constraint_name("NOT NULL constraint failed: units.name") is None
    taken = "UNIQUE constraint failed: "
    assert constraint_name(f"{taken}units.tenant_id, units.code") == "units_tenant_id_code_uq"
    assert constraint_name(f"{taken}units.tenant_id, units.id") == "units_pk"
    assert constraint_name(f"{taken}index 'contacts_external_ref_uq'") == "contacts_external_ref_uq"


def test_every_unique_rule_of_the_tables_is_known_by_its_columns() -> None:
    for table in metadata.sorted_tables:
        rules = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
        keyed = [(each.name, each.columns) for each in rules]
        keyed += [(each.name, each.columns) for each in table.indexes if each.unique]
        for name, keys in keyed:
            columns = ", ".join(f"{table.name}.{column.name}" for column in keys)
            assert constraint_name(f"UNIQUE constraint failed: {columns}") == name
