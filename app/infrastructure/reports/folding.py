"""Folds the tails of ledgers in the background, whenever a report found one to be long."""

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import bindparam, func, select

from app.application.accounting.checkpoints import FOLD_LEDGER, LedgerPart, folder_of
from app.application.shared.commands import Answer, Call
from app.domain.shared.clock import Clock
from app.infrastructure.accounting.tables import journal_entries, journal_lines, ledger_checkpoints
from app.infrastructure.background import CompanyTasks
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query, of_tenant, total
from app.infrastructure.db.types import Instant, Integer

# A tail of so many entries costs a report some milliseconds; one fold reads so many at once.
TAIL_MAX = 2_000
PART_MAX = 10_000
LAG = timedelta(seconds=60)

EARLIEST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)
CHECKPOINT = Query(select(ledger_checkpoints.c.recorded_to).where(*of_tenant(ledger_checkpoints)))

_after = journal_entries.c.recorded_at > bindparam("after", type_=Instant)
_through = journal_entries.c.recorded_at <= bindparam("through", type_=Instant)
_oldest = (
    select(journal_entries.c.recorded_at)
    .where(*of_tenant(journal_entries), _after, _through)
    .order_by(journal_entries.c.recorded_at)
    .limit(bindparam("part_max", type_=Integer))
    .subquery()
)
_PART = Query(select(func.count(), func.max(_oldest.c.recorded_at)).select_from(_oldest))
_SUMS = Query(
    select(journal_lines.c.effective_on, journal_lines.c.account_id, total(journal_lines.c.amount))
    .where(
        *of_tenant(journal_lines),
        journal_lines.c.entry_id.in_(
            select(journal_entries.c.id).where(*of_tenant(journal_entries), _after, _through)
        ),
    )
    .group_by(journal_lines.c.effective_on, journal_lines.c.account_id)
)
_log = structlog.get_logger("app.reports")


class DatabaseLedgerTail:
    """Implements ``app.application.accounting.checkpoints.LedgerTail``.

    ``lag`` is longer than any transaction lives and clocks differ: what was recorded before it is
    there to be read, or never will be (rulings R-02). Should a clock go back further than that, the
    database refuses what would be recorded before the checkpoint, until it has caught up.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        lag: timedelta = LAG,
        tail_max: int = TAIL_MAX,
        part_max: int = PART_MAX,
    ) -> None:
        self._database = database
        self._clock = clock
        self._lag = lag
        self._tail_max = tail_max
        self._part_max = part_max

    async def next_part(self, tenant_id: bytes) -> LedgerPart | None:
        """See ``LedgerTail.next_part``."""
        async with self._database.read(tenant_id) as scope:
            row = await scope.row(CHECKPOINT)
            folded_to = None if row is None else row[0]
            after = folded_to or EARLIEST_INSTANT
            settled = self._clock.now() - self._lag
            [(entries, through)] = await scope.rows(
                _PART, after=after, through=settled, part_max=self._part_max
            )
            if entries <= self._tail_max:
                return None
            # Entries of one command were recorded at one instant: they are folded together.
            sums = await scope.rows(_SUMS, after=after, through=through)
        return LedgerPart(folded_to, through, tuple((row[0], row[1], row[2]) for row in sums))


class Folding:
    """One fold at a time for each company of this process; losing to another process is no harm."""

    def __init__(self, database: Database, tail: DatabaseLedgerTail) -> None:
        self._database = database
        self._tail = tail
        self._tasks = CompanyTasks(self.fold, "fold_given_up")

    def begin(self, tenant_id: bytes) -> None:
        """Look at the tail of a company, and fold it where it is long, in the background."""
        self._tasks.begin(tenant_id)

    async def stop(self) -> None:
        """End what is under way; each part is folded whole or not at all."""
        await self._tasks.stop()

    async def fold(self, tenant_id: bytes) -> int:
        """Fold part by part until the tail is short; how many parts.

        Raises:
            DomainError: the database is away, or another process folds the same company.
        """
        parts = 0
        while (part := await self._tail.next_part(tenant_id)) is not None:
            call = Call(FOLD_LEDGER, part, folder_of(tenant_id))
            [outcome] = await self._database.run([call])
            if not isinstance(outcome, Answer):
                raise outcome
            parts += 1
        if parts:
            _log.info("ledger_folded", parts=parts)
        return parts
