"""Journal entries: exact balance, one line per account, reversal."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.accounting.chart import Account, AccountKind, AccountRole, template_accounts
from app.domain.accounting.entries import (
    EntryLine,
    JournalEntry,
    Postings,
    Purpose,
    check_reversible_by_hand,
    manual_entry,
    reverse,
)
from app.domain.accounting.errors import (
    AccountInactive,
    AlreadyReversed,
    ControlAccount,
    EntryLineZero,
    EntryOfDocument,
    EntryTooShort,
    EntryUnbalanced,
    PeriodClosed,
    ReversalBeforeEntry,
    ReversalOfReversal,
)
from app.domain.accounting.periods import Books
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import DomainError, InvalidValue, ReferenceNotFound, ValueOutOfRange
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX

AT, ON = datetime(2011, 1, 5, 9, 0, tzinfo=UTC), date(2011, 1, 5)
NUMBER, KNOWN = "JNL/2011/000001", datetime(2011, 2, 6, tzinfo=UTC)
LATER, LATER_ON = datetime(2011, 2, 5, 9, 0, tzinfo=UTC), date(2011, 2, 5)


def an_id(number: int) -> Id:
    return Id(number.to_bytes(16, "big"))


def seeded() -> dict[Id, Account]:
    numbers = count(1)
    return {account.id: account for account in template_accounts([], lambda: an_id(next(numbers)))}


ACCOUNTS = seeded()
BY_ROLE = {account.role: account.id for account in ACCOUNTS.values() if account.role}
CASH, BANK, SALES = (
    BY_ROLE[AccountRole.CASH],
    BY_ROLE[AccountRole.BANK],
    BY_ROLE[AccountRole.SALES],
)


def lines(*amounts: tuple[Id, int]) -> list[EntryLine]:
    return [
        EntryLine(number, account, amount)
        for number, (account, amount) in enumerate(amounts, start=1)
    ]


def by_hand(
    *amounts: tuple[Id, int],
    accounts: dict[Id, Account] | None = None,
    memo: str = "",
    entry_lines: list[EntryLine] | None = None,
) -> JournalEntry:
    return manual_entry(
        id_=an_id(900),
        number=NUMBER,
        effective_at=AT,
        effective_on=ON,
        recorded_at=KNOWN,
        memo=memo,
        lines=lines(*amounts) if entry_lines is None else entry_lines,
        accounts=ACCOUNTS if accounts is None else accounts,
        external_ref="A-1",
    )


def undone(
    entry: JournalEntry,
    *,
    already_reversed: bool = False,
    memo: str = "",
    effective_on: date = LATER_ON,
) -> JournalEntry:
    return reverse(
        entry,
        id_=an_id(901),
        number="JNL/2011/000002",
        effective_at=LATER,
        effective_on=effective_on,
        recorded_at=KNOWN,
        already_reversed=already_reversed,
        memo=memo,
    )


def entry_of(postings: Postings, *, memo: str = "") -> JournalEntry | None:
    return postings.entry(
        id_=an_id(900),
        effective_at=AT,
        effective_on=ON,
        recorded_at=KNOWN,
        source_kind=DocumentKind("sale"),
        source_id=an_id(800),
        memo=memo,
    )


def of_document(postings: Postings, *, memo: str = "") -> JournalEntry:
    entry = entry_of(postings, memo=memo)
    assert entry is not None
    return entry


def test_an_entry_by_hand_is_its_own_document() -> None:
    entry = by_hand((CASH, 500), (SALES, -500), memo=" float ")
    assert entry == JournalEntry(
        id=an_id(900),
        number=NUMBER,
        effective_at=AT,
        effective_on=ON,
        source_kind=DocumentKind("journal"),
        source_id=an_id(900),
        purpose=Purpose.POSTING,
        memo="float",
        reverses_id=None,
        recorded_at=KNOWN,
        lines=tuple(lines((CASH, 500), (SALES, -500))),
        external_ref="A-1",
    )
    assert [(line.debit, line.credit) for line in entry.lines] == [(500, 0), (0, 500)]


def test_lines_by_hand_stay_as_written() -> None:
    entry = by_hand((CASH, 300), (CASH, 200), (SALES, -500))
    assert [line.amount for line in entry.lines] == [300, 200, -500]


@pytest.mark.parametrize(
    ("amounts", "error"),
    [
        ([], EntryTooShort),
        ([500], EntryTooShort),
        ([500, -499], EntryUnbalanced),
        ([500, 0, -500], EntryLineZero),
        ([AMOUNT_MAX + 1, -AMOUNT_MAX - 1], ValueOutOfRange),
        ([AMOUNT_MAX, AMOUNT_MAX, -AMOUNT_MAX, -AMOUNT_MAX], ValueOutOfRange),
    ],
)
def test_an_entry_that_does_not_hold_is_refused(
    amounts: list[int], error: type[DomainError]
) -> None:
    """Complaint 15: the balance is exact, not within a tolerance."""
    with pytest.raises(error):
        by_hand(*[(CASH, amount) for amount in amounts])


def test_the_largest_entry_is_kept() -> None:
    assert by_hand((CASH, AMOUNT_MAX), (SALES, -AMOUNT_MAX)).lines[0].amount == AMOUNT_MAX


def test_the_zero_line_is_named() -> None:
    with pytest.raises(EntryLineZero) as refused:
        by_hand((CASH, 500), (BANK, 0), (SALES, -500))
    assert refused.value.faults[0].pointer == "/lines/1"


@pytest.mark.parametrize(
    "role",
    [AccountRole.RECEIVABLES, AccountRole.PAYABLES, AccountRole.STOCK, AccountRole.GRNI],
)
def test_no_entry_by_hand_on_a_control_account(role: AccountRole) -> None:
    with pytest.raises(ControlAccount) as refused:
        by_hand((CASH, 500), (BY_ROLE[role], -500))
    assert refused.value.faults[0].pointer == "/lines/1/account_id"


def test_the_return_of_the_tax_is_an_entry_by_hand() -> None:
    """R-16 leaves the tax accounts open to entries by hand."""
    entry = by_hand((BY_ROLE[AccountRole.OUTPUT_TAX], 500), (BANK, -500))
    assert entry.lines[0].debit == 500


def test_no_entry_by_hand_on_an_idle_or_unknown_account() -> None:
    rent = Account(an_id(700), "6105", "Rent", AccountKind.EXPENSE, None, False, 2)
    with pytest.raises(AccountInactive) as refused:
        by_hand((rent.id, 500), (CASH, -500), accounts={**ACCOUNTS, rent.id: rent})
    assert refused.value.faults[0].pointer == "/lines/0/account_id"
    with pytest.raises(ReferenceNotFound) as unknown:
        by_hand((CASH, 500), (rent.id, -500))
    assert unknown.value.faults[0].pointer == "/lines/1/account_id"


def test_memos_have_a_form() -> None:
    noted = [EntryLine(1, CASH, 5, " in "), EntryLine(2, SALES, -5, "  ")]
    assert [line.memo for line in by_hand(entry_lines=noted).lines] == ["in", ""]
    with pytest.raises(InvalidValue) as refused:
        by_hand(entry_lines=[EntryLine(1, CASH, 5), EntryLine(2, SALES, -5, "x" * 501)])
    assert refused.value.faults[0].pointer == "/lines/1/memo"
    with pytest.raises(InvalidValue) as refused:
        by_hand((CASH, 5), (SALES, -5), memo="a\0b")
    assert refused.value.faults[0].pointer == "/memo"


def test_a_reversal_swaps_the_sides_on_its_own_day_and_is_linked() -> None:
    """Complaint 12: it never lands in the month of the original by itself."""
    entry = by_hand((CASH, 500), (SALES, -500), memo="float")
    reversal = undone(entry)
    assert reversal == JournalEntry(
        id=an_id(901),
        number="JNL/2011/000002",
        effective_at=LATER,
        effective_on=LATER_ON,
        source_kind=DocumentKind("journal"),
        source_id=entry.id,
        purpose=Purpose.REVERSAL,
        memo="float",
        reverses_id=entry.id,
        recorded_at=KNOWN,
        lines=tuple(lines((CASH, -500), (SALES, 500))),
    )
    assert undone(entry, memo=" typing error ").memo == "typing error"
    shut = Books("GBP", "Europe/London", closed_through=date(2011, 1, 31))
    shut.period_for_posting(reversal.effective_on)
    with pytest.raises(PeriodClosed):
        shut.period_for_posting(entry.effective_on)


def test_an_entry_is_reversed_once_and_a_reversal_never() -> None:
    entry = by_hand((CASH, 500), (SALES, -500))
    with pytest.raises(AlreadyReversed):
        undone(entry, already_reversed=True)
    with pytest.raises(ReversalOfReversal):
        undone(undone(entry))


def test_a_reversal_is_not_earlier_than_its_entry() -> None:
    entry = by_hand((CASH, 500), (SALES, -500))
    assert undone(entry, effective_on=entry.effective_on).effective_on == entry.effective_on
    with pytest.raises(ReversalBeforeEntry):
        undone(entry, effective_on=entry.effective_on - timedelta(days=1))


def test_the_entry_of_a_document_is_not_reversed_by_hand() -> None:
    postings = Postings()
    postings.debit(CASH, 500)
    postings.credit(SALES, 500)
    entry = of_document(postings)
    with pytest.raises(EntryOfDocument):
        check_reversible_by_hand(entry)
    check_reversible_by_hand(by_hand((CASH, 500), (SALES, -500)))
    assert undone(entry).source_id == an_id(800)
    assert undone(entry).source_kind == DocumentKind("sale")


def test_a_document_posts_one_netted_line_per_account() -> None:
    postings, customer = Postings(), an_id(77)
    receivables = BY_ROLE[AccountRole.RECEIVABLES]
    postings.credit(SALES, 700)
    postings.debit(receivables, 500, customer)
    postings.debit(receivables, 500, customer)
    postings.credit(SALES, 300)
    postings.debit(BANK, 40)
    postings.credit(BANK, 40)
    entry = of_document(postings, memo="S-1")
    assert entry.lines == (
        EntryLine(1, receivables, 1000, "", customer),
        EntryLine(2, SALES, -1000),
    )
    assert (entry.memo, entry.number, entry.source_kind) == ("S-1", None, DocumentKind("sale"))
    assert (entry.source_id, entry.reverses_id) == (an_id(800), None)


def test_a_sale_at_nothing_without_cost_has_no_entry() -> None:
    postings = Postings()
    assert entry_of(postings) is None
    postings.debit(CASH, 0)
    postings.credit(SALES, 0)
    postings.debit(BANK, 7)
    postings.credit(BANK, 7)
    assert entry_of(postings) is None


def test_postings_that_do_not_balance_are_refused() -> None:
    postings = Postings()
    postings.debit(CASH, 500)
    with pytest.raises(EntryUnbalanced):
        of_document(postings)
    postings.credit(SALES, 499)
    with pytest.raises(EntryUnbalanced):
        of_document(postings)


AMOUNTS = st.integers(-10_000, 10_000)
MOVES = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6), AMOUNTS), max_size=8)


@settings(max_examples=60)
@given(MOVES, st.randoms(use_true_random=True))
def test_any_postings_make_one_balanced_entry_that_its_reversal_takes_back(
    moves: list[tuple[int, int, int]], random: Random
) -> None:
    """Complaint 15. The entry depends on what was added, not on the order."""
    adds = [part for one, two, amount in moves for part in ((one, amount), (two, -amount))]
    expected: dict[Id, int] = {}
    postings, shuffled = Postings(), Postings()
    for account, amount in adds:
        postings.debit(an_id(account), amount)
        expected[an_id(account)] = expected.get(an_id(account), 0) + amount
    random.shuffle(adds)
    for account, amount in adds:
        shuffled.credit(an_id(account), -amount)
    entry = entry_of(postings)
    assert entry == entry_of(shuffled)
    expected = {account: amount for account, amount in expected.items() if amount}
    if not expected:
        assert entry is None
        return
    assert entry is not None
    assert {line.account_id: line.amount for line in entry.lines} == expected
    assert len(entry.lines) == len(expected)
    assert [line.line for line in entry.lines] == list(range(1, len(expected) + 1))
    signs = [line.amount < 0 for line in entry.lines]
    assert signs == sorted(signs)
    assert sum(line.debit for line in entry.lines) == sum(line.credit for line in entry.lines)
    back = {line.account_id: line.amount for line in undone(entry).lines}
    assert {
        account: back[account] + amount for account, amount in expected.items()
    } == dict.fromkeys(expected, 0)
