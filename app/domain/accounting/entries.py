"""Journal entries: balanced, final, undone only by a linked reversal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from app.domain.accounting.chart import Account
from app.domain.accounting.errors import (
    AlreadyReversed,
    EntryLineZero,
    EntryOfDocument,
    EntryTooShort,
    EntryUnbalanced,
    ReversalBeforeEntry,
    ReversalOfReversal,
)
from app.domain.accounting.ids import AccountId, EntryId
from app.domain.catalog.ids import ContactId
from app.domain.shared.documents import LINES_MAX, DocumentIn, DocumentKind
from app.domain.shared.errors import ReferenceNotFound
from app.domain.shared.fields import (
    Amount,
    Checked,
    Cost,
    Count,
    DocumentReference,
    EffectiveAt,
    EffectiveOn,
    Example,
    ExternalRef,
    LineNumber,
    Mark,
    Memo,
    Number,
    RecordedAt,
)
from app.domain.shared.frozen import frozen, request_form
from app.domain.shared.ids import Id
from app.domain.shared.numbers import checked_amount
from app.domain.shared.texts import checked_name

MEMO_LENGTH_MAX: Final = 500
_ACCOUNT: Final = "acc_01J8Z3K4M5N6P7Q8R9S0T1V2W3"


def checked_memo(memo: str, pointer: str = "/memo") -> str:
    """``memo`` in the form of a name, or empty.

    Raises:
        InvalidValue: too long, or with control characters.
    """
    return checked_name(memo, pointer, MEMO_LENGTH_MAX) if memo.strip() else ""


EntryMemo = Annotated[Memo, Checked(checked_memo)]


class Purpose(StrEnum):
    """Why a document posts. A document posts once per purpose (domain-notes L6)."""

    POSTING = "posting"
    REVERSAL = "reversal"


@request_form
class EntryLineIn:
    """One side of an entry: a debit or a credit, not both."""

    account_id: AccountId
    debit: Amount = 0
    """The amount on the debit side."""
    credit: Amount = 0
    """The amount on the credit side."""
    memo: EntryMemo = ""


@request_form
class EntryIn(DocumentIn):
    """An entry made by hand; its debits equal its credits."""

    id: EntryId | None = None
    memo: Annotated[EntryMemo, Example("Rent for March")] = ""
    lines: Annotated[
        tuple[EntryLineIn, ...],
        Count(LINES_MAX, least=0),
        Example(
            [
                {"account_id": _ACCOUNT, "debit": "1250.00"},
                {"account_id": _ACCOUNT, "credit": "1250.00"},
            ]
        ),
    ]
    """Its sides, in their order."""


@request_form
class ReversalIn:
    """When the entry is undone (now, unless stated), and why."""

    effective_at: EffectiveAt | None = None
    memo: Annotated[EntryMemo, Example("Posted twice")] = ""
    """A note; that of the entry when it is left out."""


@frozen
class EntryLine:
    """One side of an entry: either ``debit`` or ``credit`` is above zero.

    ``amount`` in minor units is positive for a debit, negative for a credit.
    """

    line: LineNumber
    account_id: AccountId
    amount: Cost
    memo: Memo = ""
    contact_id: ContactId | None = None
    """The party on an account of receivables or payables."""

    @property
    def debit(self) -> int:
        """The amount when it is a debit, else 0."""
        return max(self.amount, 0)

    @property
    def credit(self) -> int:
        """The amount, as a positive number, when it is a credit, else 0."""
        return max(-self.amount, 0)


@frozen
class JournalEntry:
    """A journal entry with its lines and, once there is one, its reversal.

    It is never edited: ``reverse`` makes the entry that undoes it.

    Raises:
        EntryTooShort: fewer than two lines.
        EntryLineZero: a line has no amount.
        EntryUnbalanced: debits and credits differ, be it by one minor unit.
        ValueOutOfRange: an amount, or the sum of one side, is larger than the books hold.
    """

    id: EntryId
    """The entry."""
    number: Number | None
    """The number of an entry made by hand; the entries of documents have none."""
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    source_kind: Annotated[DocumentKind, Mark.KIND]
    """The kind of the document behind it."""
    source_id: Annotated[Id, DocumentReference("source_kind")]
    """The document behind it; of an entry made by hand the entry itself."""
    purpose: Purpose
    """Whether it posts the document or undoes that."""
    memo: Memo
    reverses_id: EntryId | None
    """The entry that this one undoes."""
    recorded_at: RecordedAt
    lines: tuple[EntryLine, ...]
    """Its sides, in their order."""
    external_ref: ExternalRef | None = None

    def __post_init__(self) -> None:
        if len(self.lines) < 2:
            raise EntryTooShort
        balance = debits = 0
        for index, line in enumerate(self.lines):
            amount = line.amount
            if amount == 0:
                raise EntryLineZero.at(f"/lines/{index}")
            if amount > 0:
                debits += amount
            balance += amount
        if balance != 0:
            raise EntryUnbalanced
        # With the sides equal, a bound on one of them bounds every line.
        checked_amount(debits)


class Postings:
    """Collects what a document posts and nets it to one line per account (and party).

    The lines stand in a fixed order, debits before credits and each side by account, so the entry
    does not depend on the order in which the amounts were added.
    """

    __slots__ = ("_amounts",)

    def __init__(self) -> None:
        self._amounts: dict[tuple[Id, Id | None], int] = {}

    def add(self, account_id: Id, amount: int, contact_id: Id | None = None) -> None:
        """Add ``amount`` minor units to the account, a debit positive, a credit negative."""
        key = (account_id, contact_id)
        self._amounts[key] = self._amounts.get(key, 0) + amount

    def debit(self, account_id: Id, amount: int, contact_id: Id | None = None) -> None:
        """Debit the account; a negative amount credits it."""
        self.add(account_id, amount, contact_id)

    def credit(self, account_id: Id, amount: int, contact_id: Id | None = None) -> None:
        """Credit the account; a negative amount debits it."""
        self.add(account_id, -amount, contact_id)

    def lines(self) -> tuple[EntryLine, ...]:
        """The netted lines, numbered from 1; accounts that come to zero are left out."""
        netted = sorted(
            (amount < 0, account_id, contact_id or b"", amount, contact_id)
            for (account_id, contact_id), amount in self._amounts.items()
            if amount != 0
        )
        return tuple(
            EntryLine(number, account_id, amount, "", contact_id)
            for number, (_, account_id, _, amount, contact_id) in enumerate(netted, start=1)
        )

    def entry(
        self,
        *,
        id_: Id,
        effective_at: datetime,
        effective_on: date,
        recorded_at: datetime,
        source_kind: DocumentKind,
        source_id: Id,
        memo: str = "",
    ) -> JournalEntry | None:
        """The document's entry, or None when nothing is left to post (a sale at 0.00 without cost).

        Raises:
            EntryUnbalanced: what was added does not balance.
            ValueOutOfRange: an amount is larger than the books hold.
        """
        lines = self.lines()
        if not lines:
            return None
        if len(lines) == 1:
            raise EntryUnbalanced
        return JournalEntry(
            id=id_,
            number=None,
            effective_at=effective_at,
            effective_on=effective_on,
            source_kind=source_kind,
            source_id=source_id,
            purpose=Purpose.POSTING,
            memo=memo,
            reverses_id=None,
            recorded_at=recorded_at,
            lines=lines,
        )


def manual_entry(
    *,
    id_: Id,
    number: str,
    effective_at: datetime,
    effective_on: date,
    recorded_at: datetime,
    memo: str,
    lines: Sequence[EntryLine],
    accounts: Mapping[Id, Account],
    external_ref: str | None = None,
) -> JournalEntry:
    """An entry made by hand. Its lines are kept as written and are not netted.

    Raises:
        ReferenceNotFound: a line names an account that is not among ``accounts``.
        ControlAccount: a line is on a control account.
        AccountInactive: a line is on an account that is no longer in use.
        EntryTooShort, EntryLineZero, EntryUnbalanced, ValueOutOfRange: as for ``JournalEntry``.
        InvalidValue: a memo does not have its form.
    """
    written: list[EntryLine] = []
    for index, line in enumerate(lines):
        pointer = f"/lines/{index}/account_id"
        account = accounts.get(line.account_id)
        if account is None:
            raise ReferenceNotFound.at(pointer)
        account.check_named(pointer)
        written.append(replace(line, memo=checked_memo(line.memo, f"/lines/{index}/memo")))
    return JournalEntry(
        id=id_,
        number=number,
        effective_at=effective_at,
        effective_on=effective_on,
        source_kind=DocumentKind("journal"),
        source_id=id_,
        purpose=Purpose.POSTING,
        memo=checked_memo(memo),
        reverses_id=None,
        recorded_at=recorded_at,
        lines=tuple(written),
        external_ref=external_ref,
    )


def reverse(
    entry: JournalEntry,
    *,
    id_: Id,
    number: str,
    effective_at: datetime,
    effective_on: date,
    recorded_at: datetime,
    already_reversed: bool,
    memo: str = "",
) -> JournalEntry:
    """The entry that undoes ``entry``: the sides swapped, linked, of the same document.

    It carries its own date, so the month of the original is not touched. An account that was
    deactivated since is no obstacle, for nothing else can correct what was posted to it.
    ``already_reversed`` tells whether a stored entry reverses this one.

    Raises:
        ReversalOfReversal: ``entry`` is a reversal itself.
        AlreadyReversed: it was reversed before.
        ReversalBeforeEntry: the day is earlier than that of ``entry``.
        InvalidValue: the memo does not have its form.
    """
    if entry.reverses_id is not None:
        raise ReversalOfReversal
    if already_reversed:
        raise AlreadyReversed
    if effective_on < entry.effective_on:
        raise ReversalBeforeEntry.at("/effective_at")
    return JournalEntry(
        id=id_,
        number=number,
        effective_at=effective_at,
        effective_on=effective_on,
        source_kind=entry.source_kind,
        source_id=entry.source_id,
        purpose=Purpose.REVERSAL,
        memo=checked_memo(memo) or entry.memo,
        reverses_id=entry.id,
        recorded_at=recorded_at,
        lines=tuple(replace(line, amount=-line.amount) for line in entry.lines),
    )


def check_reversible_by_hand(entry: JournalEntry) -> None:
    """Let a reversal by hand pass. A document's entry goes only together with the document.

    Raises:
        EntryOfDocument: the entry was posted by a sale, a bill, a payment and so on.
    """
    if entry.source_kind != DocumentKind("journal"):
        raise EntryOfDocument
