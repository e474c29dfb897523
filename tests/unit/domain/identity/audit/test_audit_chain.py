"""The chain of seals: what it is made of, and every way in which it breaks."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from app.domain.identity.audit.chain import (
    NO_HASH,
    Break,
    BreakKind,
    Seal,
    digest_of,
    first_break,
    hash_of,
    seal,
)
from app.domain.shared.ids import NO_ID, Id

NOW = datetime(2026, 3, 31, 12, 0, 0, 250_000, tzinfo=UTC)
TENANT = Id(b"t" * 16)
IDS = [Id(bytes([number]) * 16) for number in range(1, 8)]
Entries = list[tuple[Id, bytes]]


def entries(*places: int) -> Entries:
    return [(IDS[place], digest_of([place])) for place in places]


def sealed(previous: Seal | None, found: Entries) -> Seal:
    return seal(TENANT, previous, [digest for _, digest in found], found[-1][0], NOW)


FIRST = sealed(None, entries(0, 1))
SECOND = sealed(FIRST, entries(2, 3, 4))
FOUND = entries(2, 3, 4)


def test_a_digest_is_of_the_meaning_and_not_of_its_spelling() -> None:
    """AU-02: one form on both databases: in order, ASCII, no blanks; anybody can redo it."""
    members = ["né\r\n", None, {"b": [1, {"z": True, "y": "☃"}], "a": "1"}]
    text = '["n\\u00e9\\r\\n",null,{"a":"1","b":[1,{"y":"\\u2603","z":true}]}]'
    assert digest_of(members) == sha256(text.encode()).digest()
    assert digest_of(json.loads(text)) == digest_of(members)
    assert digest_of([1, 2]) != digest_of([12])
    assert digest_of(["1"]) != digest_of([1])


def test_seals_follow_each_other() -> None:
    assert (FIRST.sequence, FIRST.after_id, FIRST.previous_hash) == (1, NO_ID, NO_HASH)
    assert (SECOND.sequence, SECOND.after_id, SECOND.through_id) == (2, IDS[1], IDS[4])
    assert (SECOND.previous_hash, SECOND.entries, SECOND.recorded_at) == (FIRST.hash, 3, NOW)
    assert SECOND.digests == b"".join(digest for _, digest in FOUND)
    assert first_break(TENANT, None, FIRST, entries(0, 1)) is None
    assert first_break(TENANT, FIRST, SECOND, FOUND) is None


def test_a_hash_has_a_written_form() -> None:
    """Heads kept elsewhere can be recomputed from the rows without this program."""
    assert hash_of(TENANT, SECOND) == SECOND.hash
    whole = (
        b"tradepost audit chain 1"
        + TENANT
        + FIRST.hash
        + (2).to_bytes(8, "big")
        + (3).to_bytes(8, "big")
        + (1_774_958_400_250_000).to_bytes(8, "big")
        + IDS[1]
        + IDS[4]
        + SECOND.digests
    )
    assert SECOND.hash == sha256(whole).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"after_id": IDS[0]},
        {"through_id": IDS[5]},
        {"entries": 2},
        {"previous_hash": NO_HASH},
        {"hash": NO_HASH},
        {"recorded_at": NOW + timedelta(microseconds=1)},
        {"digests": SECOND.digests[:-1] + b"x"},
        {"digests": SECOND.digests[:64]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_no_member_of_a_seal_changes_unseen(change: dict[str, Any]) -> None:
    found = first_break(TENANT, FIRST, replace(SECOND, **change), FOUND)
    assert found == Break(BreakKind.SEAL_CHANGED, 2)


def test_a_seal_of_another_company_is_none_of_ours() -> None:
    assert first_break(Id(b"o" * 16), FIRST, SECOND, FOUND) == Break(BreakKind.SEAL_CHANGED, 2)


def test_a_seal_made_anew_does_not_carry_the_next_one() -> None:
    """Who changes an entry and its seal has to change all that follow, up to the published head."""
    forged = sealed(None, entries(0, 5))
    assert first_break(TENANT, None, forged, entries(0, 5)) is None
    assert first_break(TENANT, forged, SECOND, FOUND) == Break(BreakKind.SEAL_CHANGED, 2)


@pytest.mark.parametrize(("previous", "missing"), [(None, 1), (replace(FIRST, sequence=5), 6)])
def test_a_missing_seal_is_named(previous: Seal | None, missing: int) -> None:
    assert first_break(TENANT, previous, SECOND, FOUND) == Break(BreakKind.SEAL_MISSING, missing)


def other(found: Entries, place: int) -> Entries:
    return [*found[:place], (found[place][0], digest_of("other")), *found[place + 1 :]]


@pytest.mark.parametrize(
    ("change", "kind", "place", "entry"),
    [
        (lambda found: other(found, 1), BreakKind.ENTRY_CHANGED, 2, IDS[3]),
        (lambda found: [found[0], found[2]], BreakKind.ENTRY_MISSING, 2, IDS[4]),
        (lambda found: found[:-1], BreakKind.ENTRY_MISSING, 3, None),
        (lambda found: [], BreakKind.ENTRY_MISSING, 1, None),
        (lambda found: [*entries(6), *found], BreakKind.ENTRY_ADDED, 1, IDS[6]),
        (lambda found: [*found, *entries(6)], BreakKind.ENTRY_ADDED, 4, IDS[6]),
        (lambda found: [found[1], found[0], found[2]], BreakKind.ENTRY_CHANGED, 1, IDS[3]),
    ],
    ids=["changed", "removed", "last removed", "all removed", "put in", "put last", "exchanged"],
)
def test_what_happened_to_an_entry_is_named(
    change: Callable[[Sequence[Any]], Entries], kind: BreakKind, place: int, entry: Id | None
) -> None:
    """AU-02: the first place that is not what was sealed."""
    assert first_break(TENANT, FIRST, SECOND, change(FOUND)) == Break(kind, 2, place, entry)
