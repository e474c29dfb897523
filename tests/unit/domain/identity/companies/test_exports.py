"""Exports as they are asked for, made, lost and removed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.identity.companies.errors import ExportUnderWay, TooManyExports
from app.domain.identity.companies.export import (
    ATTEMPTS_MAX,
    FILES_MAX,
    LEASE,
    Export,
    ExportError,
    ExportStatus,
    Progress,
)
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.ids import Id

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
KEPT = timedelta(days=7)
QUEUED = Export.new(Id(bytes(16)), Id(b"u" * 16), NOW, [])
RUNNING = QUEUED.claimed(NOW)
DONE = RUNNING.done(1, (10, "ab"), NOW, KEPT)


def test_there_is_one_at_a_time_and_few_files_are_kept() -> None:
    for each in (QUEUED, RUNNING):
        with pytest.raises(ExportUnderWay):
            Export.new(QUEUED.id, QUEUED.requested_by_id, NOW, [DONE, each])
    with pytest.raises(TooManyExports) as refused:
        Export.new(QUEUED.id, QUEUED.requested_by_id, NOW, [DONE] * FILES_MAX)
    assert refused.value.params == {"maximum": 5}
    assert Export.new(QUEUED.id, QUEUED.requested_by_id, NOW, [DONE] * 4) == QUEUED


def test_it_is_made_by_whoever_holds_it() -> None:
    assert (RUNNING.status, RUNNING.attempt, RUNNING.lease_until) == ("running", 1, NOW + LEASE)
    later = NOW + timedelta(seconds=50)
    advanced = RUNNING.advanced(1, Progress(3, 40, 700), later)
    assert (advanced.tables_done, advanced.tables_total, advanced.row_count) == (3, 40, 700)
    assert advanced.lease_until == later + LEASE
    done = advanced.done(1, (10, "ab"), later, KEPT)
    assert (done.status, done.lease_until, done.file_bytes, done.file_sha256) == (
        "done",
        None,
        10,
        "ab",
    )
    assert (done.finished_at, done.expires_at, done.row_count) == (later, later + KEPT, 700)
    failed = advanced.failed(1, ExportError.STORAGE, later)
    assert (failed.status, failed.error, failed.lease_until) == ("failed", "storage", None)
    assert (failed.finished_at, failed.ended, failed.open) == (later, True, False)


def test_a_lease_that_ran_out_lets_another_one_begin_anew() -> None:
    progress = Progress(3, 40, 700)
    held = RUNNING.advanced(1, progress, NOW)
    for early in (NOW, NOW + LEASE - timedelta(microseconds=1)):
        with pytest.raises(ConcurrentChange):
            held.claimed(early)
    second = held.claimed(NOW + LEASE)
    assert (second.attempt, second.tables_done, second.row_count) == (2, 0, 0)
    refused: tuple[Callable[[], Export], ...] = (
        lambda: second.advanced(1, progress, NOW),
        lambda: second.done(1, (1, "a"), NOW, KEPT),
        lambda: second.failed(1, ExportError.DATABASE, NOW),
        lambda: DONE.advanced(1, progress, NOW),
        lambda: DONE.claimed(NOW),
    )
    for late in refused:
        with pytest.raises(ConcurrentChange):
            late()


def test_it_fails_when_too_many_died_of_it() -> None:
    last = replace(RUNNING, attempt=ATTEMPTS_MAX)
    failed = last.claimed(NOW + LEASE)
    assert (failed.status, failed.error, failed.finished_at) == (
        ExportStatus.FAILED,
        ExportError.INTERRUPTED,
        NOW + LEASE,
    )


def test_its_file_goes_when_its_time_is_over() -> None:
    end = NOW + KEPT
    just_before = end - timedelta(microseconds=1)
    assert (DONE.available(just_before), DONE.available(end)) == (True, False)
    assert (RUNNING.available(NOW), RUNNING.outdated(end)) == (False, False)
    gone = DONE.expired(end)
    assert (gone.status, gone.ended, gone.available(NOW)) == ("expired", True, False)
    with pytest.raises(ConcurrentChange):
        DONE.expired(just_before)
    with pytest.raises(ConcurrentChange):
        gone.expired(end)
