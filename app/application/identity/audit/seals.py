"""Sealing: entries of the audit trail that can no longer change their order are put under a seal.

Nobody who writes an entry waits for it. The seals are facts of their own, each under its place in
the chain, so of two who seal at once one finds the place taken.
"""

from datetime import datetime, timedelta
from typing import Final, Protocol

from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Kind, LockRank, Needs
from app.application.shared.trail import AuditEntry
from app.application.shared.work import Work
from app.domain.identity.audit.chain import Break, Seal, digest_of, seal
from app.domain.shared.clock import epoch_milliseconds
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id, first_of

# Longer than any transaction lives and clocks differ: what was recorded before it is there to be
# read, or never will be (rulings R-02).
LAG: Final = timedelta(seconds=60)

AUDIT_SEALS: Kind[Seal] = Kind(
    "audit_seals", key=lambda each: (each.sequence,), rank=LockRank.BOOKS
)


@frozen
class AuditPart:
    """Entries after the seal ``sequence`` (0: from the first) up to ``through_id``.

    ``digests`` are theirs, in the order of the ids; all were recorded more than ``lag`` ago.
    """

    sequence: int
    through_id: Id
    digests: tuple[bytes, ...]
    lag: timedelta = LAG


@frozen
class Verdict:
    """What verifying found in seals ``first`` to ``last``, the part that was looked at.

    ``head`` is the newest seal, whether or not it was looked at. ``contains`` says whether a head
    that was asked for is in the chain. ``unsealed`` entries wait for a seal.
    """

    first: int
    last: int
    entries: int
    unsealed: int
    head: Seal | None
    broken: Break | None
    contains: bool | None
    next_sequence: int | None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong in what was looked at."""
        return self.broken is None and self.contains is not False


class AuditChain(Protocol):
    """The chain of a company, as the database has it."""

    async def next_part(self, tenant_id: bytes) -> AuditPart | None:
        """The oldest entries without a seal that may have one; None where there are none."""
        ...

    async def head(self, tenant_id: bytes) -> Seal | None:
        """The newest seal, without its digests."""
        ...

    async def verify(
        self,
        tenant_id: bytes,
        *,
        first: int = 1,
        head: bytes | None = None,
        entries_max: int | None = None,
        since: datetime | None = None,
    ) -> Verdict:
        """Compare entries with seals, from the seal ``first`` on, or from the first since then.

        Ends at the first break, or where ``entries_max`` is passed. ``head`` is a hash that was
        published before.
        """
        ...


def entry_digest(tenant_id: bytes, entry: AuditEntry) -> bytes:
    """The digest of an entry: of all that it says, and of the company that it belongs to."""
    on_behalf_of = entry.on_behalf_of
    return digest_of(
        (
            tenant_id.hex(),
            entry.id.hex(),
            entry.actor_id.hex(),
            None if on_behalf_of is None else on_behalf_of.hex(),
            entry.session_id.hex(),
            entry.request_id,
            entry.address,
            entry.action,
            entry.entity_kind,
            entry.entity_id.hex(),
            entry.changes,
            entry.recorded_at.isoformat(timespec="microseconds"),
        )
    )


def settled_before(now: datetime, lag: timedelta) -> Id:
    """Entries below this id are all there, or never will be."""
    return first_of(epoch_milliseconds(now - lag))


def sealer_of(tenant_id: bytes) -> Principal:
    """Who seals: the service itself, on behalf of nobody."""
    return Principal(Id(tenant_id), NO_ID)


def _needs(part: AuditPart, _: Principal) -> Needs:
    return Needs().many(AUDIT_SEALS, [(part.sequence,), (part.sequence + 1,)])


def _decide(part: AuditPart, work: Work) -> Done:
    """Put the part under a seal.

    Raises:
        ConcurrentChange: somebody else sealed it meanwhile, or by the database's clock it is too
            early.
    """
    previous = work.find(AUDIT_SEALS, part.sequence)
    if (previous is None) != (part.sequence == 0):
        raise ConcurrentChange
    if work.find(AUDIT_SEALS, part.sequence + 1) is not None:
        raise ConcurrentChange
    if part.through_id >= settled_before(work.recorded_at, part.lag):
        raise ConcurrentChange
    fresh = seal(
        work.principal.tenant_id, previous, part.digests, part.through_id, work.recorded_at
    )
    work.put(AUDIT_SEALS, fresh)
    return Done({"sequence": fresh.sequence, "hash": fresh.hash.hex()}, status=200)


SEAL_AUDIT = Command("audit.seal", "audit_entries:read", _needs, _decide)
