"""Exports: everything that a company has, in one file that is made in the background.

The process that makes an export holds it by a lease that each step renews. A lease that ran out
means that its holder died: the next one begins anew, under the next number, and the old number is
refused.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.identity.companies.errors import ExportUnderWay, TooManyExports
from app.domain.identity.ids import ExportId, UserId
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

LEASE = timedelta(seconds=60)
ATTEMPTS_MAX = 3
FILES_MAX = 5


class ExportStatus(StrEnum):
    """How far an export is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"  # its file is gone


class ExportError(StrEnum):
    """Why an export failed."""

    INTERRUPTED = "interrupted"  # the process that made it died, more than once
    STORAGE = "storage"
    DATABASE = "database"


@frozen
class Progress:
    """What of an export is written."""

    tables_done: int
    tables_total: int
    rows: int


@frozen
class Export:
    """One export. ``attempt`` counts those who held it; ``lease_until`` is that of the last."""

    id: ExportId
    requested_by_id: UserId
    requested_at: datetime
    """When it was asked for."""
    status: ExportStatus = ExportStatus.QUEUED
    """`queued`, `running`, `done`, `failed`, or `expired` without its file."""
    attempt: int = 0
    lease_until: datetime | None = None
    tables_done: int = 0
    """How many tables are written."""
    tables_total: int = 0
    """How many tables there are; 0 before the writing began."""
    row_count: int = 0
    """How many rows are written."""
    error: ExportError | None = None
    """Why it failed: `interrupted`, `storage` or `database`; null when it did not."""
    file_bytes: int | None = None
    """The size of the file; null until it is done."""
    file_sha256: str | None = None
    """The SHA-256 of the file in hexadecimal; null until it is done."""
    finished_at: datetime | None = None
    """When it was done or failed."""
    expires_at: datetime | None = None
    """Until when the file can be fetched; null without a file."""
    version: int = 1

    @classmethod
    def new(
        cls, id_: Id, requested_by_id: Id, at: datetime, others: Sequence["Export"]
    ) -> "Export":
        """An export that waits to be made; ``others`` are those that have not ended.

        Raises:
            ExportUnderWay: another one waits or is made.
            TooManyExports: so many files are kept already.
        """
        if any(each.open for each in others):
            raise ExportUnderWay
        if len(others) >= FILES_MAX:
            raise TooManyExports(maximum=FILES_MAX)
        return cls(id_, requested_by_id, at)

    @property
    def open(self) -> bool:
        """Whether it waits or is made."""
        return self.status in (ExportStatus.QUEUED, ExportStatus.RUNNING)

    @property
    def ended(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.status in (ExportStatus.FAILED, ExportStatus.EXPIRED)

    def available(self, now: datetime) -> bool:
        """Whether its file can be fetched."""
        return self.status is ExportStatus.DONE and not self.outdated(now)

    def outdated(self, now: datetime) -> bool:
        """Whether its file has to go."""
        return self.expires_at is not None and self.expires_at <= now

    def claimed(self, now: datetime) -> "Export":
        """The export held by the process that makes it; failed when too many died of it.

        Raises:
            ConcurrentChange: somebody else makes it, or it has ended.
        """
        if not self.open or (self.lease_until is not None and now < self.lease_until):
            raise ConcurrentChange
        if self.attempt >= ATTEMPTS_MAX:
            return self._failed(ExportError.INTERRUPTED, now)
        return replace(
            self,
            status=ExportStatus.RUNNING,
            attempt=self.attempt + 1,
            lease_until=now + LEASE,
            tables_done=0,
            row_count=0,
        )

    def advanced(self, attempt: int, progress: Progress, now: datetime) -> "Export":
        """The export with so much of it written.

        Raises:
            ConcurrentChange: somebody else holds it.
        """
        self._check_holder(attempt)
        return replace(
            self,
            lease_until=now + LEASE,
            tables_done=progress.tables_done,
            tables_total=progress.tables_total,
            row_count=progress.rows,
        )

    def done(self, attempt: int, file: tuple[int, str], now: datetime, kept: timedelta) -> "Export":
        """The export whose file, of so many bytes and with this SHA-256, is kept for a time.

        Raises:
            ConcurrentChange: somebody else holds it.
        """
        self._check_holder(attempt)
        return replace(
            self,
            status=ExportStatus.DONE,
            lease_until=None,
            file_bytes=file[0],
            file_sha256=file[1],
            finished_at=now,
            expires_at=now + kept,
        )

    def failed(self, attempt: int, error: ExportError, now: datetime) -> "Export":
        """The export that its holder could not make.

        Raises:
            ConcurrentChange: somebody else holds it.
        """
        self._check_holder(attempt)
        return self._failed(error, now)

    def expired(self, now: datetime) -> "Export":
        """The export without its file.

        Raises:
            ConcurrentChange: it is not time.
        """
        if self.status is not ExportStatus.DONE or not self.outdated(now):
            raise ConcurrentChange
        return replace(self, status=ExportStatus.EXPIRED)

    def _failed(self, error: ExportError, now: datetime) -> "Export":
        return replace(
            self, status=ExportStatus.FAILED, error=error, lease_until=None, finished_at=now
        )

    def _check_holder(self, attempt: int) -> None:
        if self.status is not ExportStatus.RUNNING or self.attempt != attempt:
            raise ConcurrentChange
