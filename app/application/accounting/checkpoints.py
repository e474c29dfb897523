"""Folding: what was recorded since the checkpoint becomes part of the day balances."""

from dataclasses import replace
from datetime import date, datetime
from typing import Protocol

from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Kind, Lock, LockRank, Needs
from app.application.shared.work import Work
from app.domain.accounting.checkpoints import DayBalance, LedgerCheckpoint
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id

# Postings neither read nor lock these.
LEDGER_CHECKPOINT: Kind[LedgerCheckpoint] = Kind(
    "ledger_checkpoint", key=lambda _: (), rank=LockRank.BOOKS, lock=Lock.UPDATE
)
DAY_BALANCES: Kind[DayBalance] = Kind(
    "day_balances",
    key=lambda balance: (balance.effective_on, balance.account_id),
    rank=LockRank.SERIES,
    lock=Lock.UPDATE,
)


@frozen
class LedgerPart:
    """Entries recorded after ``after`` (None: from the first) up to ``through``.

    ``sums`` has their lines as day, account and amount in minor units, each pair once. No entry may
    come to be recorded up to ``through`` any more.
    """

    after: datetime | None
    through: datetime
    sums: tuple[tuple[date, Id, int], ...]


class LedgerTail(Protocol):
    """Finds what is not folded yet."""

    async def next_part(self, tenant_id: bytes) -> LedgerPart | None:
        """The oldest part that is worth folding; None where the tail is short."""
        ...


def folder_of(tenant_id: bytes) -> Principal:
    """Who folds: the service itself, on behalf of nobody."""
    return Principal(Id(tenant_id), NO_ID)


def _needs(part: LedgerPart, _: Principal) -> Needs:
    keys = {(day, account_id) for day, account_id, _ in part.sums}
    return Needs().one(LEDGER_CHECKPOINT).many(DAY_BALANCES, keys)


def _decide(part: LedgerPart, work: Work) -> Done:
    """Add the part.

    Raises:
        ConcurrentChange: somebody else folded it meanwhile.
    """
    checkpoint = work.find(LEDGER_CHECKPOINT)
    if (checkpoint and checkpoint.recorded_to) != part.after:
        raise ConcurrentChange
    if checkpoint is None:
        work.put(LEDGER_CHECKPOINT, LedgerCheckpoint(part.through))
    else:
        work.put(LEDGER_CHECKPOINT, replace(checkpoint, recorded_to=part.through))
    for day, account_id, amount in part.sums:
        before = work.find(DAY_BALANCES, day, account_id)
        if before is None:
            work.put(DAY_BALANCES, DayBalance(day, account_id, amount))
        else:
            work.put(DAY_BALANCES, replace(before, amount=before.amount + amount))
    return Done({"recorded_to": part.through}, status=200)


FOLD_LEDGER = Command("ledger.fold", "reports:read", _needs, _decide)
