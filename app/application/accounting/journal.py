"""Journal entries made by hand, and their reversal."""

from dataclasses import replace
from datetime import datetime

from app.application.accounting.contract import minor, next_number, open_day, posting_needs
from app.application.accounting.ports import (
    ACCOUNTS,
    BOOKS,
    ENTRY_BY_REF,
    JOURNAL_ENTRIES,
    RECORDED_ENTRIES,
    REVERSAL_OF,
)
from app.application.accounting.views import entry_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.documents import check_repeat, document_needs, existing_document
from app.application.shared.guarded import COSTS
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.accounting.entries import (
    EntryLine,
    JournalEntry,
    Purpose,
    check_reversible_by_hand,
    checked_memo,
    manual_entry,
    reverse,
)
from app.domain.accounting.periods import Books
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import Fault, InvalidValue, NotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show


@frozen
class LineInput:
    """A line as asked for; the amounts are scaled by 10^6, and one of them is zero."""

    account_id: Id
    debit: int
    credit: int
    memo: str


@frozen
class EntryInput:
    """An entry as asked for; ``dated`` tells that the request itself stated ``effective_at``."""

    id: Id | None
    external_ref: str | None
    effective_at: datetime
    dated: bool
    memo: str
    lines: tuple[LineInput, ...]


@frozen
class ReversalInput:
    """Undo the entry; an empty memo repeats the entry's."""

    entry_id: Id
    effective_at: datetime
    memo: str


def _post_needs(wish: EntryInput, _: Principal) -> Needs:
    needs = document_needs(Needs(), JOURNAL_ENTRIES, ENTRY_BY_REF, wish.id, wish.external_ref)
    needs.many(ACCOUNTS, {(line.account_id,) for line in wish.lines})
    return posting_needs(needs, wish.effective_at, Series("JNL"))


def _post(wish: EntryInput, work: Work) -> Done:
    lines = _lines(wish, work.get(BOOKS))
    existing = existing_document(work, JOURNAL_ENTRIES, ENTRY_BY_REF, wish.id, wish.external_ref)
    if existing is not None:
        _check_repeat(wish, lines, existing, work)
        return _done(existing, work, 200)
    day = open_day(work, wish.effective_at)
    accounts = {
        line.account_id: account
        for line in lines
        if (account := work.find(ACCOUNTS, line.account_id)) is not None
    }
    entry = manual_entry(
        id_=wish.id or work.new_id(),
        effective_at=wish.effective_at,
        effective_on=day,
        memo=wish.memo,
        lines=lines,
        accounts=accounts,
        external_ref=wish.external_ref,
    )
    return _keep(entry, work, "posted")


def _lines(wish: EntryInput, books: Books) -> tuple[EntryLine, ...]:
    lines = []
    for place, line in enumerate(wish.lines):
        pointer = f"/lines/{place}"
        if line.debit and line.credit:
            fault = Fault(f"{pointer}/credit", "validation.debit_or_credit")
            raise InvalidValue(faults=[fault])
        debit = minor(books, line.debit, f"{pointer}/debit")
        credit = minor(books, line.credit, f"{pointer}/credit")
        memo = checked_memo(line.memo, f"{pointer}/memo")
        lines.append(EntryLine(place + 1, line.account_id, debit - credit, memo))
    return tuple(lines)


def _check_repeat(
    wish: EntryInput, lines: tuple[EntryLine, ...], existing: JournalEntry, work: Work
) -> None:
    """Compare what the request says, without asking again whether it could be posted today.

    Amounts that the caller is not shown are not compared: whether one is right would tell it.
    """
    fresh = replace(
        existing,
        effective_at=wish.effective_at if wish.dated else existing.effective_at,
        source_kind=DocumentKind("journal"),
        purpose=Purpose.POSTING,
        memo=checked_memo(wish.memo),
        lines=lines if COSTS in work.principal.permissions else existing.lines,
        external_ref=wish.external_ref,
    )
    check_repeat(existing, fresh)


def _reverse_needs(wish: ReversalInput, _: Principal) -> Needs:
    needs = Needs().one(JOURNAL_ENTRIES, wish.entry_id).search(REVERSAL_OF, wish.entry_id)
    return posting_needs(needs, wish.effective_at, Series("JNL"))


def _reverse(wish: ReversalInput, work: Work) -> Done:
    entry = work.find(JOURNAL_ENTRIES, wish.entry_id)
    if entry is None:
        raise NotFound
    check_reversible_by_hand(entry)
    day = open_day(work, wish.effective_at)
    reversal = reverse(
        entry,
        id_=work.new_id(),
        effective_at=wish.effective_at,
        effective_on=day,
        already_reversed=bool(work.search(REVERSAL_OF, entry.id)),
        memo=wish.memo,
    )
    return _keep(reversal, work, "reversed")


def _keep(entry: JournalEntry, work: Work, action: str) -> Done:
    """Give the entry its number, which comes last so that a refusal costs none."""
    entry = replace(entry, number=next_number(work, Series("JNL"), entry.effective_on))
    work.put(JOURNAL_ENTRIES, entry)
    subject = entry.reverses_id or entry.id
    facts = {"number": entry.number, "entry_id": show("jnl", entry.id)}
    work.note(action, "journal_entry", subject, **facts)
    work.event(f"journal_entry.{action}", subject, **facts)
    return _done(entry, work, 201)


def _done(entry: JournalEntry, work: Work, status: int) -> Done:
    recorded_at, reversed_by = work.recorded_at, None
    if status == 200:
        recorded = work.find(RECORDED_ENTRIES, entry.id)
        recorded_at = work.recorded_at if recorded is None else recorded.recorded_at
        reversed_by = next((each.id for each in work.search(REVERSAL_OF, entry.id)), None)
    view = entry_view(entry, work.get(BOOKS).currency, recorded_at, reversed_by)
    location = f"/api/v1/journal-entries/{view['id']}" if status == 201 else None
    return Done(view, status, location)


POST_ENTRY = Command(
    "journal_entries.post", "journal_entries:write", _post_needs, _post, key_required=True
)
REVERSE_ENTRY = Command(
    "journal_entries.reverse", "journal_entries:write", _reverse_needs, _reverse, key_required=True
)
