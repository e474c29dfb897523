"""Work that lost a race: run again, then alone; each call gets its own outcome."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.application.shared.commands import Answer, Call, Outcome
from app.domain.shared.clock import SystemClock
from app.domain.shared.errors import ConcurrentChange, Duplicate
from app.domain.shared.ids import UlidFactory
from app.infrastructure.db.errors import Retry, Taken
from app.infrastructure.db.mapping import Registry
from app.infrastructure.db.postgres import PostgresDatabase
from app.infrastructure.db.sqlite import SqliteDatabase
from tests.unit.db.test_grouping import call


def committed(calls: Sequence[Call[Any]]) -> list[Outcome]:
    """What a transaction makes of these; one with the late call never comes through."""
    if any(each.input == "late" for each in calls):
        raise Retry("somebody was faster")
    return [Answer(201, each.input.encode()) for each in calls]


def on_postgres(_: Path, patch: pytest.MonkeyPatch) -> Any:
    database = PostgresDatabase("postgresql://nowhere", Registry(), UlidFactory(lambda: 1))

    async def transaction(calls: Sequence[Call[Any]], **_: Any) -> list[Outcome]:
        return committed(calls)

    patch.setattr(database, "_transaction", transaction)
    return database


def on_sqlite(folder: Path, patch: pytest.MonkeyPatch) -> Any:
    new_id = UlidFactory(lambda: 1)
    database = SqliteDatabase(folder / "none.db", Registry(), new_id, SystemClock())

    class Writer:
        def put(self, job: Any) -> None:
            try:
                job.answer.set_result(committed(job.calls))
            except Retry as retry:
                job.answer.set_exception(retry)

    patch.setattr(database, "_jobs", Writer())
    patch.setattr(database, "_writer", object())
    return database


@pytest.mark.parametrize("build", [on_postgres, on_sqlite])
async def test_a_call_that_was_done_is_not_refused_as_late(
    build: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = build(tmp_path, monkeypatch)
    outcomes = await database.run([call("a"), call("late"), call("b")])
    results = [each.body if isinstance(each, Answer) else type(each) for each in outcomes]
    assert results == [b"a", ConcurrentChange, b"b"]
    [alone] = await database.run([call("late")])
    assert isinstance(alone, ConcurrentChange)


@pytest.mark.parametrize(
    ("refusals", "results", "runs"),
    [
        ([Taken("units_pk")], 201, 2),  # the work sees what the faster one made
        ([Taken("units_pk"), Taken("journal_entries_pk")], 201, 3),
        ([Taken("units_code_uq", Duplicate())] * 2, Duplicate, 2),  # it never looks for that row
        ([Retry("a deadlock")] * 3, 201, 4),
        ([Retry("a deadlock")] * 4, ConcurrentChange, 4),
        ([*[Retry("a deadlock")] * 3, *[Taken("units_pk")]], 201, 5),
        ([Duplicate()], Duplicate, 1),
    ],
)
async def test_how_often_work_is_run_anew(
    refusals: list[Exception], results: Any, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CO-03: three times for a deadlock, and once for each row that somebody else made first."""
    monkeypatch.setattr(Retry, "pause_seconds", 0)
    database = PostgresDatabase("postgresql://nowhere", Registry(), UlidFactory(lambda: 1))
    left = iter(refusals)
    count = 0

    async def transaction(*_: Any, **__: Any) -> list[Outcome]:
        nonlocal count
        count += 1
        for refusal in left:
            raise refusal
        return [Answer(201, b"{}")]

    monkeypatch.setattr(database, "_transaction", transaction)
    [outcome] = await database.run([call("a")])
    assert (outcome.status if isinstance(outcome, Answer) else type(outcome)) == results
    assert count == runs
