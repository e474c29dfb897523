"""Documents that are asked for again: the same id, the same reference."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from app.application.shared.access import Principal
from app.application.shared.documents import check_repeat, document_needs, existing_document
from app.application.shared.kinds import Finder, Kind, Needs
from app.application.shared.work import Loaded, NeedMore, Work
from app.domain.shared.errors import ExternalRefTaken, IdTaken
from app.domain.shared.ids import Id


@dataclass(frozen=True, slots=True)
class Note:
    """A document as small as can be."""

    id: Id
    number: str | None
    external_ref: str | None
    text: str


NOTES: Kind[Note] = Kind("notes", key=lambda note: (note.id,))
NOTE_BY_REF: Finder[Note] = Finder("note_by_ref", NOTES, lambda note: (note.external_ref,))
ONE, TWO = Id(bytes(15) + b"\x01"), Id(bytes(15) + b"\x02")
STORED = Note(ONE, "N/1", "REF", "hello")


def work_with(needs: Needs, *stored: Note) -> Work:
    """A work that loaded what is needed, from a store of these notes."""
    loaded = Loaded()
    for (kind, _), keys in needs.keys.items():
        loaded.take(kind, keys, [note for note in stored if (note.id,) in keys])
    for finder, keys in needs.searches.items():
        loaded.take_search(finder, keys, [n for n in stored if (n.external_ref,) in keys])
    return Work(loaded, Principal(ONE, ONE), datetime(2026, 1, 1, tzinfo=UTC), lambda: TWO)


def look_up(id_: Id | None, external_ref: str | None, *stored: Note) -> Note | None:
    """What a document of this id and reference finds, after one read."""
    work = work_with(document_needs(Needs(), NOTES, NOTE_BY_REF, id_, external_ref), *stored)
    found: Note | None = existing_document(work, NOTES, NOTE_BY_REF, id_, external_ref)
    return found


def test_nothing_is_needed_for_a_document_without_id_and_reference() -> None:
    assert not document_needs(Needs(), NOTES, NOTE_BY_REF, None, None)
    assert look_up(None, None, STORED) is None


def test_the_document_is_found_by_its_own_id_before_its_reference() -> None:
    assert look_up(ONE, "REF", STORED) is STORED
    assert look_up(ONE, None, STORED) is STORED
    assert look_up(TWO, "OTHER", STORED) is None


@pytest.mark.parametrize("id_", [TWO, None])
def test_a_reference_is_used_once_for_ever(id_: Id | None) -> None:
    with pytest.raises(ExternalRefTaken) as refused:
        look_up(id_, "REF", STORED)
    assert refused.value.faults[0].pointer == "/external_ref"


def test_what_was_not_loaded_is_asked_for() -> None:
    with pytest.raises(NeedMore) as more:
        existing_document(work_with(Needs()), NOTES, NOTE_BY_REF, None, "REF")
    assert more.value.needs.searches == {NOTE_BY_REF: {("REF",)}}


def test_a_repeat_may_differ_only_in_what_is_computed() -> None:
    fresh = Note(ONE, None, "REF", "hello")
    check_repeat(STORED, fresh, "number")
    for other in (Note(ONE, None, None, "hello"), Note(ONE, None, "REF", "bye")):
        with pytest.raises(IdTaken) as refused:
            check_repeat(STORED, other, "number")
        assert refused.value.faults[0].pointer == "/id"
    with pytest.raises(IdTaken):
        check_repeat(STORED, fresh)
