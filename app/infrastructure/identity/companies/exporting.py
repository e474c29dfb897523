"""Makes exports in the background of this process, one after the other, and removes old files.

There is no queue of jobs: the table of exports says what is to be done, and a lease in it which
process does it. What a process left behind is begun anew by the next one that looks, when the lease
has run out.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from app.application.identity.companies.exports import (
    ADVANCE_EXPORT,
    CLAIM_EXPORT,
    EXPIRE_EXPORT,
    FAIL_EXPORT,
    FINISH_EXPORT,
    PRESENT_EXPORTS,
    Advance,
    Fail,
    Finish,
    maker_of,
)
from app.application.shared.commands import Command, answer_of
from app.application.shared.kinds import Needs
from app.domain.identity.companies.export import Export, ExportError, Progress
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ConcurrentChange, DomainError
from app.domain.shared.ids import Id, show
from app.domain.shared.money import currency_exponent
from app.infrastructure.db.port import Database, Scope
from app.infrastructure.db.schema import head
from app.infrastructure.identity.companies.all_companies import companies
from app.infrastructure.identity.companies.export_contents import Part, currency, parts
from app.infrastructure.identity.companies.export_writer import ExportWriter
from app.infrastructure.storage.folder import CompanyFiles

ROWS_AT_ONCE: Final = 500
LOOK_AGAIN: Final = timedelta(hours=1)
RETRY: Final = timedelta(minutes=1)
_log = structlog.get_logger("app.exports")


class Exporting:
    """Makes and removes the files of exports.

    ``here`` says whether this process does so: one without the folder leaves it to others.
    """

    def __init__(
        self,
        database: Database,
        files: CompanyFiles,
        clock: Clock,
        *,
        kept: timedelta,
        here: bool,
        rows_at_once: int = ROWS_AT_ONCE,
        progress_seconds: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._files = files
        self._clock = clock
        self._kept = kept
        self._here = here
        self._rows_at_once = rows_at_once
        self._progress_seconds = progress_seconds
        self._monotonic = monotonic
        self._asked: dict[Id, None] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look after exports."""
        if self._here:
            self._task = asyncio.create_task(self._tend())

    async def stop(self) -> None:
        """End what is under way; it is begun anew later."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def begin(self, tenant_id: Id) -> None:
        """Look at the exports of a company soon."""
        self._asked[tenant_id] = None
        self._wake.set()

    def file(self, tenant_id: Id, export: Export) -> Path | None:
        """The file of an export that can be fetched; None when it is not here."""
        place = self._files.place(tenant_id, _name(export))
        return place if export.available(self._clock.now()) and place.is_file() else None

    async def look(self, tenant_id: Id) -> datetime | None:
        """Do what is to be done for a company; when there will be something again."""
        loaded = await self._database.load(tenant_id, Needs().search(PRESENT_EXPORTS))
        due = []
        for export in loaded.results(PRESENT_EXPORTS):
            now = self._clock.now()
            if export.open and export.lease_until is not None and now < export.lease_until:
                due.append(export.lease_until)
            elif export.open:
                await self._make(tenant_id, export)
            elif export.outdated(now):
                await asyncio.to_thread(self._files.remove, tenant_id, _name(export))
                await self._step(EXPIRE_EXPORT, export.id, tenant_id)
            elif export.expires_at is not None:
                due.append(export.expires_at)
        return min(due, default=None)

    async def _tend(self) -> None:
        everybody_at = self._clock.now()
        while True:
            self._wake.clear()
            asked, self._asked = list(self._asked), {}
            try:
                if self._clock.now() >= everybody_at:
                    asked = [tenant_id for tenant_id, _ in await companies(self._database)]
                    everybody_at = self._clock.now() + LOOK_AGAIN
                for tenant_id in asked:
                    due = await self.look(tenant_id)
                    if due is not None:
                        everybody_at = min(everybody_at, due)
            except Exception as error:
                # The database is away, or one export cannot be made: its lease runs out, and after
                # some attempts it has failed. The others go on.
                _log.exception("exports_not_looked_at", error=type(error).__name__)
                everybody_at = min(everybody_at, self._clock.now() + RETRY)
            seconds = max(1.0, (everybody_at - self._clock.now()).total_seconds())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)

    async def _make(self, tenant_id: Id, export: Export) -> None:
        claimed = await self._step(CLAIM_EXPORT, export.id, tenant_id)
        if claimed is None:  # another process was faster
            return
        attempt = claimed["attempt"]
        try:
            # What is left of those who died.
            await asyncio.to_thread(self._files.remove, tenant_id, _name(export))
            if attempt is None:  # too many died
                return
            file = await self._write(tenant_id, export, attempt)
            finish = Finish(export.id, attempt, file, self._kept)
            await answer_of(self._database, FINISH_EXPORT, finish, maker_of(tenant_id))
        except ConcurrentChange:
            _log.warning("export_lost", export=export.id.hex())
        except (OSError, DomainError) as error:
            reason = ExportError.STORAGE if isinstance(error, OSError) else ExportError.DATABASE
            _log.error("export_failed", export=export.id.hex(), error=type(error).__name__)
            await self._step(FAIL_EXPORT, Fail(export.id, attempt, reason), tenant_id)
            with contextlib.suppress(OSError):  # of an export that nobody knows any more
                await asyncio.to_thread(self._files.remove, tenant_id, _name(export))
        else:
            _log.info("export_made", export=export.id.hex(), bytes=file[0])

    async def _write(self, tenant_id: Id, export: Export, attempt: int) -> tuple[int, str]:
        async with self._database.read(tenant_id) as scope:
            [row] = await scope.rows(currency())
        new = await asyncio.to_thread(self._files.new, tenant_id, _name(export), attempt)
        writer = ExportWriter(new.stream, currency_exponent(row[0]))
        try:
            reported_at = self._monotonic()
            async with self._database.read(tenant_id) as scope:
                taken_at = None
                for part in parts():
                    await asyncio.to_thread(writer.begin, part)
                    async for rows in self._pages(scope, part):
                        taken_at = taken_at or self._clock.now()
                        await asyncio.to_thread(writer.add, part, rows)
                        if self._monotonic() - reported_at >= self._progress_seconds:
                            reported_at = self._monotonic()
                            await self._advance(tenant_id, export, attempt, writer)
                    await asyncio.to_thread(writer.end, part)
            await self._advance(tenant_id, export, attempt, writer)
            company, taken_at = show("cmp", tenant_id), taken_at or self._clock.now()
            file = await asyncio.to_thread(writer.finish, company, head(), taken_at)
            await asyncio.to_thread(new.keep)
        finally:
            writer.close()
            new.drop()
        return file

    async def _pages(self, scope: Scope, part: Part) -> Any:
        rows = await scope.rows(part.first, limit=self._rows_at_once)
        while rows:
            yield rows
            if part.next is None or len(rows) < self._rows_at_once:
                return
            rows = await scope.rows(part.next, limit=self._rows_at_once, **part.after(rows[-1]))

    async def _advance(
        self, tenant_id: Id, export: Export, attempt: int, writer: ExportWriter
    ) -> None:
        """Say how far it is, and hold it for longer."""
        progress = Progress(writer.tables, len(parts()), writer.rows)
        advance = Advance(export.id, attempt, progress)
        await answer_of(self._database, ADVANCE_EXPORT, advance, maker_of(tenant_id))

    async def _step(self, command: Command[Any], input_: Any, tenant_id: Id) -> Any:
        """What a command answers; None when it is refused."""
        try:
            return await answer_of(self._database, command, input_, maker_of(tenant_id))
        except DomainError as refused:
            _log.info("export_step_refused", command=command.name, code=refused.code)
            return None


def _name(export: Export) -> str:
    return f"{export.id.hex()}.zip"
