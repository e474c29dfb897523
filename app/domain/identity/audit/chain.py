"""The audit chain: seals over the entries of a company, each bound to the one before.

An entry is written without a thought of the chain; seals follow behind. A seal holds the digest of
each entry of its range, in the order of their ids, and a hash of all that it says together with
the hash of the seal before. So whatever is changed, taken away or put in between later is found
again, and the last hash, kept elsewhere, shows that nothing was cut off the end.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id

DIGEST_BYTES: Final = 32
NO_HASH: Final = bytes(DIGEST_BYTES)  # what the first seal follows
_FORM: Final = b"tradepost audit chain 1"
_TEXT_OF: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@frozen
class Seal:
    """The entries with ids above ``after_id`` up to ``through_id``; ``digests`` are theirs."""

    sequence: int
    after_id: Id
    through_id: Id
    entries: int
    previous_hash: bytes
    hash: bytes
    recorded_at: datetime
    digests: bytes


class BreakKind(StrEnum):
    """What is wrong at the first place where the chain does not hold."""

    SEAL_MISSING = "seal_missing"
    SEAL_CHANGED = "seal_changed"
    ENTRY_MISSING = "entry_missing"
    ENTRY_CHANGED = "entry_changed"
    ENTRY_ADDED = "entry_added"  # put in behind the seal


@frozen
class Break:
    """Where a chain breaks: the seal, the place of the entry in it from 1, and the entry there."""

    kind: BreakKind
    sequence: int
    place: int | None = None
    entry_id: Id | None = None


def digest_of(members: Sequence[Any]) -> bytes:
    """The digest of an entry: SHA-256 of its members as one JSON array.

    Names in order, no blanks, everything beyond ASCII escaped: the same bytes for the same entry,
    on every database and in every implementation.
    """
    return sha256(_TEXT_OF(list(members)).encode()).digest()


def seal(
    tenant_id: Id, previous: Seal | None, digests: Sequence[bytes], through_id: Id, at: datetime
) -> Seal:
    """The seal that follows ``previous``, over entries up to ``through_id``, made at ``at``."""
    fresh = Seal(
        sequence=1 if previous is None else previous.sequence + 1,
        after_id=NO_ID if previous is None else previous.through_id,
        through_id=through_id,
        entries=len(digests),
        previous_hash=NO_HASH if previous is None else previous.hash,
        hash=NO_HASH,
        recorded_at=at,
        digests=b"".join(digests),
    )
    return replace(fresh, hash=hash_of(tenant_id, fresh))


def hash_of(tenant_id: Id, sealed: Seal) -> bytes:
    """The hash over everything that a seal says, but for the hash itself."""
    numbers = (sealed.sequence, sealed.entries, (sealed.recorded_at - _EPOCH) // _MICROSECOND)
    parts = (
        _FORM,
        tenant_id,
        sealed.previous_hash,
        *(number.to_bytes(8, "big", signed=True) for number in numbers),
        sealed.after_id,
        sealed.through_id,
        sealed.digests,
    )
    return sha256(b"".join(parts)).digest()


def first_break(
    tenant_id: Id, previous: Seal | None, sealed: Seal, found: Sequence[tuple[Id, bytes]]
) -> Break | None:
    """Where a seal does not follow ``previous``, or its entries are not those that it was set on.

    ``found`` are the entries of its range now, ids and digests, in the order of the ids.
    """
    expected = 1 if previous is None else previous.sequence + 1
    if sealed.sequence != expected:
        return Break(BreakKind.SEAL_MISSING, expected)
    after_id, before = (
        (NO_ID, NO_HASH) if previous is None else (previous.through_id, previous.hash)
    )
    follows = (sealed.previous_hash, sealed.after_id) == (before, after_id)
    whole = len(sealed.digests) == sealed.entries * DIGEST_BYTES
    if not (follows and whole and hash_of(tenant_id, sealed) == sealed.hash):
        return Break(BreakKind.SEAL_CHANGED, sealed.sequence)
    return _first_entry(sealed, found)


def _first_entry(sealed: Seal, found: Sequence[tuple[Id, bytes]]) -> Break | None:
    digests = [
        sealed.digests[at : at + DIGEST_BYTES] for at in range(0, len(sealed.digests), DIGEST_BYTES)
    ]
    for place, (digest, (id_, present)) in enumerate(zip(digests, found, strict=False), start=1):
        if present != digest:
            kind = BreakKind.ENTRY_CHANGED
            if len(found) < len(digests):
                kind = BreakKind.ENTRY_MISSING
            elif len(found) > len(digests):
                kind = BreakKind.ENTRY_ADDED
            return Break(kind, sealed.sequence, place, id_)
    if len(found) < len(digests):
        return Break(BreakKind.ENTRY_MISSING, sealed.sequence, len(found) + 1)
    if len(found) > len(digests):
        at = len(digests)
        return Break(BreakKind.ENTRY_ADDED, sealed.sequence, at + 1, found[at][0])
    return None
