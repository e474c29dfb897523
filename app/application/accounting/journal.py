"""Journal entries made by hand, and their reversal."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from app.application.accounting.contract import (
    DAY_REFUSALS,
    minor,
    next_number,
    open_day,
    posting_needs,
)
from app.application.accounting.ports import (
    ACCOUNTS,
    BOOKS,
    JOURNAL_ENTRIES,
    REVERSAL_OF,
    currency,
)
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.documents import Asked, Beside, Document
from app.application.shared.kinds import Needs
from app.application.shared.nouns import Access, Noun
from app.application.shared.reading import Filter
from app.application.shared.views import View
from app.application.shared.work import Work
from app.domain.accounting.entries import (
    EntryIn,
    EntryLine,
    JournalEntry,
    Purpose,
    ReversalIn,
    check_reversible_by_hand,
    manual_entry,
    reverse,
)
from app.domain.accounting.errors import (
    ControlAccount,
    EntryUnbalanced,
)
from app.domain.accounting.ids import EntryId
from app.domain.accounting.periods import Books
from app.domain.shared.documents import DocumentKind, DocumentRef, Series
from app.domain.shared.errors import Fault, InvalidValue, NotFound
from app.domain.shared.fields import COSTS, Cost, DocumentReference
from app.domain.shared.ids import Id, show

KIND: Final = DocumentKind("journal")
SERIES: Final = Series("JNL")


def _needs(needs: Needs, asked: Asked[EntryIn]) -> Needs:
    needs.many(ACCOUNTS, {(line.account_id,) for line in asked.body.lines})
    return posting_needs(needs, asked.at, SERIES)


def _post(asked: Asked[EntryIn], work: Work) -> JournalEntry:
    """Post an entry made by hand; control accounts are posted by their documents only."""
    body = asked.body
    lines = _lines(body, work.get(BOOKS))
    day = open_day(work, asked.at)
    found = (work.find(ACCOUNTS, line.account_id) for line in lines)
    return manual_entry(
        id_=body.id or work.new_id(),
        number=next_number(work, SERIES, day),
        effective_at=asked.at,
        effective_on=day,
        recorded_at=work.recorded_at,
        memo=body.memo,
        lines=lines,
        accounts={account.id: account for account in found if account is not None},
        external_ref=body.external_ref,
    )


def _lines(body: EntryIn, books: Books) -> tuple[EntryLine, ...]:
    lines = []
    for place, line in enumerate(body.lines):
        pointer = f"/lines/{place}"
        if line.debit and line.credit:
            fault = Fault(f"{pointer}/credit", "validation.debit_or_credit")
            raise InvalidValue(faults=[fault])
        debit = minor(books, line.debit, f"{pointer}/debit")
        credit = minor(books, line.credit, f"{pointer}/credit")
        lines.append(EntryLine(place + 1, line.account_id, debit - credit, line.memo))
    return tuple(lines)


def _same(body: EntryIn, posted: JournalEntry, work: Work) -> bool:
    """Whether it is an entry made by hand with these amounts.

    A caller who is not shown amounts does not have them compared: whether one is right would tell
    it.
    """
    if (posted.source_kind, posted.purpose) != (KIND, Purpose.POSTING):
        return False
    amounts = [line.amount for line in _lines(body, work.get(BOOKS))]
    if COSTS not in work.principal.permissions:
        return True
    return amounts == [line.amount for line in posted.lines]


def total(total: int) -> Cost:
    """The sum of its debits."""
    return total


def reversed_by_id(reversed_by_id: Id | None) -> EntryId | None:
    """The entry that undid this one."""
    return reversed_by_id


def debit(amount: int) -> Cost:
    """The amount on the debit side."""
    return max(amount, 0)


def credit(amount: int) -> Cost:
    """The amount on the credit side."""
    return max(-amount, 0)


def _beside_needs(needs: Needs, id_: Id) -> Needs:
    return needs.one(BOOKS).search(REVERSAL_OF, id_)


def _beside(entry: JournalEntry, work: Work) -> Mapping[str, Any]:
    return {
        "currency": work.get(BOOKS).currency,
        "total": sum(line.debit for line in entry.lines),
        "reversed_by_id": next((each.id for each in work.search(REVERSAL_OF, entry.id)), None),
    }


_LINE: Final = View(EntryLine, without=["amount"], computed=[debit, credit])
ENTRY = Document(
    Noun(
        "journal_entry",
        JOURNAL_ENTRIES,
        View(
            JournalEntry,
            "EntryView",
            computed=[currency, total, reversed_by_id],
            inside={"lines": _LINE},
        ),
        "/journal-entries",
        "Every posting of the books.",
        Access(write="accountant", read="manager viewer"),
        refusals=[ControlAccount, EntryUnbalanced, *DAY_REFUSALS],
    ),
    EntryIn,
    title="Post a journal entry",
    series=SERIES,
    needs=_needs,
    post=_post,
    same=_same,
    # Stock moves in most entries, so the amounts of all are shown with costs:read only.
    summary=View(JournalEntry, "EntrySummary", without=["lines"], computed=[currency, total]),
    beside=Beside(_beside_needs, _beside),
    filters=(
        "source_kind",
        Filter(
            "source_id",
            ("source_id",),
            type=Annotated[DocumentRef, DocumentReference("source_kind")],
            meaning="Keeps what this document of any kind posted.",
        ),
    ),
    facts={"number": "number", "entry_id": "id"},
    kinds=(KIND,),
)


def _reversal_needs(asked: Asked[ReversalIn], _: Principal) -> Needs:
    needs = Needs().one(JOURNAL_ENTRIES, asked.of).search(REVERSAL_OF, asked.of)
    return posting_needs(needs, asked.at, SERIES)


def _reverse(asked: Asked[ReversalIn], work: Work) -> Done:
    """Undo an entry made by hand by another with the sides swapped; it answers the new entry."""
    entry = work.find(JOURNAL_ENTRIES, asked.of)
    if entry is None:
        raise NotFound
    check_reversible_by_hand(entry)
    day = open_day(work, asked.at)
    reversal = reverse(
        entry,
        id_=work.new_id(),
        number=next_number(work, SERIES, day),
        effective_at=asked.at,
        effective_on=day,
        recorded_at=work.recorded_at,
        already_reversed=bool(work.search(REVERSAL_OF, entry.id)),
        memo=asked.body.memo,
    )
    work.put(JOURNAL_ENTRIES, reversal)
    facts = {"number": reversal.number, "entry_id": show("jnl", reversal.id)}
    work.note("reversed", "journal_entry", entry.id, **facts)
    work.event("journal_entry.reversed", entry.id, **facts)
    return Done(ENTRY.show(reversal, work), location=ENTRY.noun.location(reversal.id))


REVERSE_ENTRY = Command(
    "journal_entries.reverse", ENTRY.noun.writes, _reversal_needs, _reverse, key_required=True
)
