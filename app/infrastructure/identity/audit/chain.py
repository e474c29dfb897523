"""The audit chain in the database: what waits for a seal, the newest seal, and verifying."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select

from app.application.identity.audit.seals import (
    LAG,
    AuditPart,
    Verdict,
    entry_digest,
    settled_before,
)
from app.application.shared.trail import AUDIT_ENTRIES
from app.domain.identity.audit.chain import Break, Seal, first_break
from app.domain.shared.clock import Clock
from app.domain.shared.ids import NO_ID, Id
from app.infrastructure.db.kernel_tables import MAPPINGS, audit_entries
from app.infrastructure.db.port import Rows, Scope, Snapshots
from app.infrastructure.db.query import Query, of_tenant
from app.infrastructure.db.types import Bytes, Instant, Integer
from app.infrastructure.db.types import Id as IdType
from app.infrastructure.identity.audit.tables import SEAL_MAPPING, audit_seals

# Of one seal: some 30 kB of digests, and 10 ms of hashing off the event loop.
PART_MAX = 1_000
_SEALS_AT_ONCE = 20

[_ENTRY] = [each for each in MAPPINGS if each.kind is AUDIT_ENTRIES]
_after = audit_entries.c.id > bindparam("after", type_=IdType)
_ENTRIES = Query(
    select(*(audit_entries.c[name] for name in _ENTRY.columns))
    .where(*of_tenant(audit_entries), _after)
    .where(audit_entries.c.id <= bindparam("through", type_=IdType))
    .order_by(audit_entries.c.id)
    .limit(bindparam("part_max", type_=Integer))
)
_UNSEALED = Query(select(func.count()).where(*of_tenant(audit_entries), _after))
_SEAL = [audit_seals.c[name] for name in SEAL_MAPPING.columns]
_HEAD = Query(
    select(*_SEAL[:-1])  # without its digests
    .where(*of_tenant(audit_seals))
    .order_by(audit_seals.c.sequence.desc())
    .limit(1)
)
_SEALS = Query(
    select(*_SEAL)
    .where(*of_tenant(audit_seals))
    .where(audit_seals.c.sequence >= bindparam("first", type_=Integer))
    .order_by(audit_seals.c.sequence)
    .limit(_SEALS_AT_ONCE)
)
_WITH_HASH = Query(
    select(audit_seals.c.sequence)
    .where(*of_tenant(audit_seals), audit_seals.c.hash == bindparam("hash", type_=Bytes))
    .limit(1)
)
_SINCE = Query(
    select(func.min(audit_seals.c.sequence)).where(
        *of_tenant(audit_seals), audit_seals.c.recorded_at >= bindparam("since", type_=Instant)
    )
)

Digests = list[tuple[Id, bytes]]


class DatabaseAuditChain:
    """Implements ``app.application.identity.audit.seals.AuditChain``."""

    def __init__(
        self,
        snapshots: Snapshots,
        clock: Clock,
        *,
        lag: timedelta = LAG,
        part_max: int = PART_MAX,
    ) -> None:
        self._snapshots = snapshots
        self._clock = clock
        self._lag = lag
        self._part_max = part_max

    async def head(self, tenant_id: bytes) -> Seal | None:
        """See ``AuditChain.head``."""
        async with self._snapshots.read(tenant_id) as scope:
            return await _head(scope)

    async def next_part(self, tenant_id: bytes) -> AuditPart | None:
        """See ``AuditChain.next_part``."""
        settled = settled_before(self._clock.now(), self._lag)
        before = Id((int.from_bytes(settled, "big") - 1).to_bytes(16, "big"))
        async with self._snapshots.read(tenant_id) as scope:
            head = await _head(scope)
            after = NO_ID if head is None else head.through_id
            rows = await scope.rows(_ENTRIES, after=after, through=before, part_max=self._part_max)
        if not rows:
            return None
        digests = await asyncio.to_thread(_digests, tenant_id, rows)
        return AuditPart(
            sequence=0 if head is None else head.sequence,
            through_id=digests[-1][0],
            digests=tuple(digest for _, digest in digests),
            lag=self._lag,
        )

    async def verify(
        self,
        tenant_id: bytes,
        *,
        first: int = 1,
        head: bytes | None = None,
        entries_max: int | None = None,
        since: datetime | None = None,
    ) -> Verdict:
        """See ``AuditChain.verify``."""
        contains = None
        async with self._snapshots.read(tenant_id) as scope:
            newest = await _head(scope)
            if since is not None:
                row = await scope.row(_SINCE, since=since)
                unseen = 1 if newest is None else newest.sequence + 1
                first = unseen if row is None or row[0] is None else row[0]
            if head is not None:
                contains = await scope.row(_WITH_HASH, hash=head) is not None
            row = await scope.row(_UNSEALED, after=NO_ID if newest is None else newest.through_id)
        last, entries, broken = first - 1, 0, None
        async with aclosing(self._compared(tenant_id, first)) as compared:
            async for seal, broken in compared:
                last, entries = seal.sequence, entries + seal.entries
                if broken is not None or (entries_max is not None and entries >= entries_max):
                    break
        more = newest is not None and broken is None and last < newest.sequence
        return Verdict(
            first=first,
            last=last,
            entries=entries,
            unsealed=0 if row is None else row[0],
            head=newest,
            broken=broken,
            contains=contains,
            next_sequence=last + 1 if more else None,
        )

    async def _compared(
        self, tenant_id: bytes, first: int
    ) -> AsyncGenerator[tuple[Seal, Break | None]]:
        """Each seal from ``first`` on with what is wrong with it; nothing follows a broken one."""
        # What is sealed is final, so each part may be read by itself.
        start = max(1, first - 1)
        previous: Seal | None = None
        while True:
            async with self._snapshots.read(tenant_id) as scope:
                seals = [SEAL_MAPPING.load(row) for row in await scope.rows(_SEALS, first=start)]
                found = [await self._entries(scope, seal) for seal in seals]
            for seal, rows in zip(seals, found, strict=True):
                if previous is None and seal.sequence == first - 1:
                    previous = seal  # looked at before; what follows is bound to it
                    continue
                broken = await asyncio.to_thread(_compare, Id(tenant_id), previous, seal, rows)
                yield seal, broken
                if broken is not None:
                    return
                previous = seal
            if not seals:
                return
            start = seals[-1].sequence + 1

    async def _entries(self, scope: Scope, seal: Seal) -> Rows:
        """The entries in the range of a seal; one more than it has is enough to know."""
        return await scope.rows(
            _ENTRIES, after=seal.after_id, through=seal.through_id, part_max=seal.entries + 1
        )


def _compare(tenant_id: Id, previous: Seal | None, seal: Seal, rows: Rows) -> Break | None:
    return first_break(tenant_id, previous, seal, _digests(tenant_id, rows))


def _digests(tenant_id: bytes, rows: Sequence[Sequence[Any]]) -> Digests:
    entries = map(_ENTRY.load, rows)
    return [(each.id, entry_digest(tenant_id, each)) for each in entries]


async def _head(scope: Scope) -> Seal | None:
    row = await scope.row(_HEAD)
    return None if row is None else SEAL_MAPPING.load((*row, b""))
