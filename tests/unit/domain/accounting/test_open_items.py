"""Open items: oldest first, named, excess; nothing is ever settled beyond what is open."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.accounting.errors import AllocationMismatch, ExcessPayment, OverAllocation
from app.domain.accounting.open_items import (
    Allocation,
    Excess,
    NamedAllocation,
    OpenItem,
    Settlement,
    Side,
    allocate_named,
    allocate_oldest,
    settle_named,
    settle_nothing,
    settle_oldest,
)
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import DomainError, ReferenceNotFound, ValueOutOfRange
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX

NEW_YEAR = date(2011, 1, 1)
ON = date(2011, 1, 20)
PARTY = Id((500).to_bytes(16, "big"))


def an_id(number: int) -> Id:
    return Id(number.to_bytes(16, "big"))


def an_item(
    number: int,
    amount: int,
    day: int = 0,
    settled: int = 0,
    *,
    side: Side = Side.RECEIVABLE,
    contact_id: Id = PARTY,
) -> OpenItem:
    on = NEW_YEAR + timedelta(days=day)
    kind = DocumentKind("sale") if amount > 0 else DocumentKind("payment")
    return OpenItem(
        document_kind=kind,
        document_id=an_id(number),
        effective_on=on,
        due_on=on + timedelta(days=30),
        amount=amount,
        settled=settled,
        side=side,
        contact_id=contact_id,
    )


def pairs(settlement: Settlement) -> list[tuple[int, int, int]]:
    return [(fact.credit_id[-1], fact.debit_id[-1], fact.amount) for fact in settlement.allocations]


def states(settlement: Settlement) -> dict[int, tuple[int, int]]:
    return {item.document_id[-1]: (item.settled, item.open) for item in settlement.items}


def test_an_item_is_open_by_what_is_not_settled() -> None:
    sale, payment = an_item(1, 1000, settled=400), an_item(2, -1000, settled=-400)
    assert (sale.open, sale.is_debit) == (600, True)
    assert (payment.open, payment.is_debit) == (-600, False)


@pytest.mark.parametrize(
    ("amount", "settled"),
    [(0, 0), (1000, 1001), (1000, -1), (-1000, -1001), (-1000, 1), (AMOUNT_MAX + 1, 0)],
)
def test_an_item_is_never_settled_beyond_its_amount(amount: int, settled: int) -> None:
    with pytest.raises(ValueOutOfRange):
        an_item(1, amount, settled=settled)


def test_the_oldest_credit_settles_the_oldest_debit() -> None:
    """Semantics 3.4: by day, then by document; part of the last one stays open."""
    debits = [an_item(4, 500, day=3), an_item(2, 300, day=1), an_item(1, 200, day=3)]
    credits_ = [an_item(9, -450, day=9), an_item(8, -100, day=5)]
    done = allocate_oldest(credits_, debits, ON)
    assert pairs(done) == [(8, 2, 100), (9, 2, 200), (9, 1, 200), (9, 4, 50)]
    assert states(done) == {
        8: (-100, 0),
        2: (300, 0),
        9: (-450, 0),
        1: (200, 0),
        4: (50, 450),
    }
    assert done.allocated == 550
    assert done.allocations[0] == Allocation(
        credit_kind=DocumentKind("payment"),
        credit_id=an_id(8),
        debit_kind=DocumentKind("sale"),
        debit_id=an_id(2),
        amount=100,
        effective_on=ON,
    )


def test_untouched_and_settled_items_are_left_alone() -> None:
    settled = an_item(1, 300, settled=300)
    later = an_item(3, 300, day=5)
    done = allocate_oldest([an_item(9, -100, day=7)], [settled, an_item(2, 100), later], ON)
    assert pairs(done) == [(9, 2, 100)]
    assert allocate_oldest([], [later], ON) == Settlement()
    assert allocate_oldest([an_item(9, -100, settled=-100)], [later], ON) == Settlement()
    assert allocate_oldest([], [], ON) == Settlement()


def test_only_the_settled_amount_of_an_item_changes() -> None:
    sale = replace(an_item(1, 300), version=7)
    done = allocate_oldest([an_item(9, -100)], [sale], ON)
    assert done.items[1] == replace(sale, settled=100)


def test_an_allocation_is_never_before_its_documents() -> None:
    """Semantics 3.6: ageing as of a day does not see a settled amount of a later document."""
    late = an_item(1, 300, day=40)
    (fact,) = allocate_oldest([an_item(9, -100, day=2)], [late], ON).allocations
    assert fact.effective_on == late.effective_on
    (fact,) = allocate_oldest([an_item(9, -100, day=50)], [late], ON).allocations
    assert fact.effective_on == NEW_YEAR + timedelta(days=50)


@pytest.mark.parametrize(
    "stranger",
    [
        an_item(1, 300, contact_id=an_id(501)),
        an_item(1, 300, side=Side.PAYABLE),
        an_item(1, -300),
    ],
)
def test_parties_sides_and_directions_never_mix(stranger: OpenItem) -> None:
    payment = an_item(9, -100)
    with pytest.raises(AllocationMismatch):
        allocate_oldest([payment], [an_item(2, 300), stranger], ON)
    with pytest.raises(AllocationMismatch) as refused:
        allocate_named([payment, stranger], [NamedAllocation(an_id(9), an_id(1), 5)], ON)
    assert refused.value.faults[0].pointer == "/lines/0"


def test_a_debit_is_no_credit() -> None:
    with pytest.raises(AllocationMismatch):
        allocate_oldest([an_item(9, 100)], [an_item(1, 300)], ON)
    with pytest.raises(AllocationMismatch):
        allocate_named(
            [an_item(9, 100), an_item(1, 300)], [NamedAllocation(an_id(9), an_id(1), 5)], ON
        )


def test_named_allocations_are_kept_exactly_and_a_pair_becomes_one_fact() -> None:
    items = [an_item(9, -500), an_item(1, 300), an_item(2, 300), an_item(3, 300)]
    named = [(2, 100), (1, 150), (2, 50)]
    done = allocate_named(
        items, [NamedAllocation(an_id(9), an_id(debit), amount) for debit, amount in named], ON
    )
    assert pairs(done) == [(9, 2, 150), (9, 1, 150)]
    assert states(done) == {9: (-300, -200), 2: (150, 150), 1: (150, 150)}
    assert allocate_named(items, [], ON) == Settlement()


@pytest.mark.parametrize(
    ("named", "error", "pointer"),
    [
        ([(9, 1, 301)], OverAllocation, "/lines/0/amount"),
        ([(8, 1, 101)], OverAllocation, "/lines/0/amount"),
        ([(9, 1, 200), (9, 1, 101)], OverAllocation, "/lines/1/amount"),
        ([(8, 1, 60), (8, 2, 41)], OverAllocation, "/lines/1/amount"),
        ([(9, 1, 0)], ValueOutOfRange, "/lines/0/amount"),
        ([(9, 1, -5)], ValueOutOfRange, "/lines/0/amount"),
        ([(7, 1, 5)], ReferenceNotFound, "/lines/0/credit_id"),
        ([(9, 1, 5), (9, 7, 5)], ReferenceNotFound, "/lines/1/debit_id"),
    ],
)
def test_a_named_allocation_beyond_what_is_there_is_refused(
    named: list[tuple[int, int, int]], error: type[DomainError], pointer: str
) -> None:
    items = [an_item(9, -500), an_item(8, -100), an_item(1, 400, settled=100), an_item(2, 400)]
    with pytest.raises(error) as refused:
        allocate_named(
            items,
            [NamedAllocation(an_id(one), an_id(two), amount) for one, two, amount in named],
            ON,
        )
    assert refused.value.faults[0].pointer == pointer


def test_a_payment_settles_the_oldest_and_its_excess_is_refused_or_kept() -> None:
    """R-12."""
    debits = [an_item(1, 300), an_item(2, 200, day=1)]
    exact = settle_oldest(an_item(9, -500), debits, ON, Excess.REFUSE)
    assert (pairs(exact), exact.allocated) == ([(9, 1, 300), (9, 2, 200)], 500)
    with pytest.raises(ExcessPayment) as refused:
        settle_oldest(an_item(9, -501), debits, ON, Excess.REFUSE)
    assert refused.value.faults[0].pointer == "/amount"
    kept = settle_oldest(an_item(9, -501), debits, ON, Excess.CREDIT)
    assert states(kept)[9] == (-500, -1)
    with pytest.raises(ExcessPayment):
        settle_oldest(an_item(9, -1), [], ON, Excess.REFUSE)
    assert settle_oldest(an_item(9, -1), [], ON, Excess.CREDIT) == Settlement()


def test_a_payment_settles_named_documents() -> None:
    debits = [an_item(1, 300), an_item(2, 200, day=1)]
    done = settle_named(
        an_item(9, -250), debits, [(an_id(2), 200), (an_id(1), 50)], ON, Excess.REFUSE
    )
    assert pairs(done) == [(9, 2, 200), (9, 1, 50)]
    with pytest.raises(ExcessPayment):
        settle_named(an_item(9, -251), debits, [(an_id(2), 200), (an_id(1), 50)], ON, Excess.REFUSE)
    kept = settle_named(an_item(9, -251), debits, [(an_id(2), 200)], ON, Excess.CREDIT)
    assert states(kept) == {9: (-200, -51), 2: (200, 0)}
    refusals: list[tuple[tuple[Id, int], type[DomainError], str]] = [
        ((an_id(2), 201), OverAllocation, "/allocations/0/amount"),
        ((an_id(3), 1), ReferenceNotFound, "/allocations/0/document_id"),
        ((an_id(9), 1), AllocationMismatch, "/allocations/0"),
    ]
    for target, error, pointer in refusals:
        with pytest.raises(error) as refused:
            settle_named(an_item(9, -250), debits, [target], ON, Excess.CREDIT)
        assert refused.value.faults[0].pointer == pointer


def test_an_unallocated_payment_is_held_against_the_balance_of_the_party() -> None:
    """R-12: what is open is the debits less the credits that already wait."""
    items = [an_item(1, 300, settled=100), an_item(8, -50)]
    assert settle_nothing(an_item(9, -150), items, Excess.REFUSE) == Settlement()
    with pytest.raises(ExcessPayment):
        settle_nothing(an_item(9, -151), items, Excess.REFUSE)
    assert settle_nothing(an_item(9, -151), items, Excess.CREDIT) == Settlement()
    with pytest.raises(ExcessPayment):
        settle_nothing(an_item(9, -1), [an_item(8, -50)], Excess.REFUSE)


AMOUNTS = st.lists(
    st.tuples(st.integers(1, 900), st.integers(0, 5), st.integers(0, 900)), max_size=5
)


@settings(max_examples=60)
@given(AMOUNTS, AMOUNTS)
def test_any_allocation_settles_all_it_can_and_never_more(
    debits: list[tuple[int, int, int]], credits_: list[tuple[int, int, int]]
) -> None:
    debit_items = [
        an_item(number, amount, day, min(settled, amount))
        for number, (amount, day, settled) in enumerate(debits, start=1)
    ]
    credit_items = [
        an_item(number, -amount, day, -min(settled, amount))
        for number, (amount, day, settled) in enumerate(credits_, start=101)
    ]
    done = allocate_oldest(credit_items, debit_items, ON)
    before = {item.document_id: item for item in (*debit_items, *credit_items)}
    after = before | {item.document_id: item for item in done.items}
    assert len({item.document_id for item in done.items}) == len(done.items)
    owed = sum(item.open for item in debit_items)
    credit = -sum(item.open for item in credit_items)
    assert done.allocated == min(owed, credit)
    for document_id, item in after.items():
        facts = sum(
            fact.amount
            for fact in done.allocations
            if document_id in (fact.credit_id, fact.debit_id)
        )
        assert abs(item.settled) - abs(before[document_id].settled) == facts
        assert (document_id in {each.document_id for each in done.items}) == (facts > 0)
    for items in (debit_items, credit_items):
        in_order = sorted(items, key=lambda item: (item.effective_on, item.document_id))
        left = [abs(after[item.document_id].open) for item in in_order if item.open]
        touched = [after[item.document_id] != item for item in in_order if item.open]
        # Settled ones come first, at most one in part, then those not touched.
        assert touched == sorted(touched, reverse=True)
        assert all(open_ == 0 for open_ in left[: max(sum(touched) - 1, 0)])
    assert len(done.allocations) <= max(len(debits) + len(credits_) - 1, 0)
    again = allocate_oldest(
        [after[item.document_id] for item in credit_items],
        [after[item.document_id] for item in debit_items],
        ON,
    )
    assert again == Settlement()
