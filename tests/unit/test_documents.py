"""Posted documents that are asked for again: the same id, the same reference, what is compared."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Any

import pytest

from app.application.shared.access import Principal
from app.application.shared.documents import Asked, Document, document_view, summary_view
from app.application.shared.kinds import Kind, Needs
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.work import Loaded, NeedMore, Work
from app.domain.shared.documents import DocumentIn, Series
from app.domain.shared.errors import ExternalRefTaken, IdTaken
from app.domain.shared.fields import (
    UNSET,
    Amount,
    Checked,
    Currency,
    Guarded,
    Mark,
    Name,
    Quantity,
    Reference,
    Unset,
)
from app.domain.shared.frozen import frozen, request_form
from app.domain.shared.ids import Id
from app.domain.shared.texts import checked_name

AT, DAY = datetime(2026, 1, 1, 9, tzinfo=UTC), date(2026, 1, 1)
ONE, TWO = Id(bytes(15) + b"\x01"), Id(bytes(15) + b"\x02")
SEES_ALL = frozenset({"secrets:read"})
Text = Annotated[str, Checked(checked_name)]


@request_form
class LineIn:
    """A line as asked for."""

    quantity: Quantity


@request_form
class NoteIn(DocumentIn):
    """A document as small as can be."""

    id: Id | None = None
    text: Text
    filled: Annotated[Name, Mark.FILLED] | None = None
    chosen: Name | Unset | None = UNSET
    secret: str = ""
    amount: Amount = 0
    lines: tuple[LineIn, ...] = ()


@frozen
class Line:
    """A line as it was posted."""

    line: int
    quantity: Quantity


@frozen
class Note:
    """The same document, posted."""

    id: Annotated[Id, Reference("not", "notes")]
    number: str
    external_ref: str | None
    text: Text
    filled: Name
    chosen: Name | None
    secret: Annotated[str, Guarded("secrets:read")]
    amount: Amount
    currency: Currency
    effective_at: datetime
    effective_on: date
    lines: tuple[Line, ...]


def post(asked: Asked[NoteIn], work: Work) -> Note:
    """Post a note."""
    body = asked.body
    lines = tuple(Line(place, each.quantity) for place, each in enumerate(body.lines, start=1))
    return Note(
        id=body.id or work.new_id(),
        number="NOT/1",
        external_ref=body.external_ref,
        text=body.text,
        filled=body.filled or "ours",
        chosen=None if isinstance(body.chosen, Unset) else body.chosen,
        secret=body.secret,
        amount=body.amount // 10_000,
        currency="GBP",
        effective_at=asked.at,
        effective_on=DAY,
        lines=lines,
    )


NOTES: Kind[Note] = Kind("notes", key=by_id)
NOTE = Document(
    Noun("note", NOTES, document_view(Note), "/notes", "Notes.", Access()),
    NoteIn,
    title="Post a note",
    series=Series("NOT"),
    needs=lambda needs, _: needs,
    post=post,
    summary=summary_view(Note),
)
BODY = NoteIn(id=ONE, external_ref="REF", text="hello", amount=3_990_000)
STORED = Note(
    ONE, "NOT/1", "REF", "hello", "ours", None, "", 399, "GBP", AT, DAY, (Line(1, 2_000_000),)
)
SAME = replace(BODY, lines=(LineIn(quantity=2_000_000),))


def asked(body: NoteIn) -> Asked[NoteIn]:
    """The request, dated or arriving now."""
    return Asked(body, body.effective_at or AT)


def work_on(needs: Needs, *stored: Note, permissions: frozenset[str] = SEES_ALL) -> Work:
    """A work that loaded what is needed, from a store of these notes."""
    loaded = Loaded()
    for (kind, _), keys in needs.keys.items():
        loaded.take(kind, keys, [note for note in stored if (note.id,) in keys])
    for finder, keys in needs.searches.items():
        loaded.take_search(finder, keys, [n for n in stored if (n.external_ref,) in keys])
    return Work(loaded, Principal(ONE, ONE, permissions=permissions), AT, lambda: TWO)


def decide(body: NoteIn, *stored: Note, permissions: frozenset[str] = SEES_ALL) -> tuple[int, Any]:
    """The status and the view that a request gets, after one read."""
    work = work_on(NOTE.needs(asked(body), Principal(ONE, ONE)), *stored, permissions=permissions)
    done = NOTE.decide(asked(body), work)
    return done.status, done.view


def test_nothing_is_needed_for_a_document_without_id_and_reference() -> None:
    plain = NoteIn(text="hello")
    assert not NOTE.needs(asked(plain), Principal(ONE, ONE))
    status, view = decide(plain, STORED)
    assert (status, view["id"], view["status"]) == (201, f"not_{'0' * 25}2", "posted")


def test_a_posted_document_is_told_to_the_trail_and_the_outbox() -> None:
    loaded = Loaded()
    work = Work(loaded, Principal(ONE, ONE), AT, lambda: TWO)
    NOTE.decide(asked(NoteIn(text="hello")), work)
    work.merge()
    [event], [(_, note)] = loaded.events, loaded.notes
    assert (event.type, event.subject_id, event.payload) == (
        "note.posted",
        TWO,
        {"number": "NOT/1"},
    )
    assert (note.action, note.entity_kind, note.entity_id) == ("posted", "note", TWO)


def test_the_document_is_found_by_its_own_id_before_its_reference() -> None:
    assert decide(SAME, STORED) == (200, NOTE.show(STORED, work_on(Needs())))
    status, view = decide(replace(SAME, id=TWO, external_ref="OTHER"), STORED)
    assert (status, view["external_ref"], view["amount"]) == (201, "OTHER", "3.99")


@pytest.mark.parametrize("id_", [TWO, None])
def test_a_reference_is_used_once_for_ever(id_: Id | None) -> None:
    with pytest.raises(ExternalRefTaken) as refused:
        decide(replace(SAME, id=id_), STORED)
    assert refused.value.faults[0].pointer == "/external_ref"


def test_what_was_not_loaded_is_asked_for() -> None:
    with pytest.raises(NeedMore) as more:
        NOTE.decide(asked(replace(BODY, id=None)), work_on(Needs()))
    assert more.value.needs.searches == {NOTE.by_ref: {("REF",)}}


@pytest.mark.parametrize(
    "change",
    [
        {"external_ref": None},
        {"text": "bye"},
        {"filled": "theirs"},
        {"chosen": "mine"},
        {"secret": "guess"},
        {"lines": ()},
        {"lines": (LineIn(quantity=1_000_000),)},
        {"effective_at": datetime(2026, 1, 2, tzinfo=UTC)},
    ],
)
def test_another_request_under_the_same_id_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(IdTaken) as refused:
        decide(replace(SAME, **change), STORED)
    assert refused.value.faults[0].pointer == "/id"


def test_a_repeat_may_leave_out_what_the_service_filled_in() -> None:
    """The time, what is filled in, what is left as it is, amounts before they are rounded."""
    chosen = replace(STORED, chosen="mine", effective_at=datetime(2025, 1, 1, tzinfo=UTC))
    for same in (SAME, replace(SAME, amount=1), replace(SAME, text=" hello ")):
        assert decide(same, chosen)[0] == 200
    assert decide(replace(SAME, effective_at=AT), STORED)[0] == 200
    with pytest.raises(IdTaken):
        decide(replace(SAME, chosen=None), chosen)


def test_what_the_caller_is_not_shown_is_not_compared() -> None:
    """Whether it is right would tell it."""
    guess = replace(SAME, secret="guess")
    assert decide(guess, STORED, permissions=frozenset())[0] == 200
