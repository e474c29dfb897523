"""The checks that are composed from the types of members."""

import pytest

from app.domain.accounting.allocations import AllocationIn, PairIn
from app.domain.shared.documents import DocumentKind, DocumentRef
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.fields import member
from app.domain.shared.ids import Id
from app.domain.shared.masters import check_of


def test_each_item_is_checked_and_named() -> None:
    check = check_of(member(AllocationIn, "lines").type)
    one = DocumentRef(DocumentKind("pay"), Id(b"d" * 16))
    good, wrong = (PairIn(credit_id=one, debit_id=one, amount=each) for each in (2_500, -1))
    assert check((good,), "/lines") == (good,)
    assert check(None, "/lines") is None
    with pytest.raises(ValueOutOfRange) as refused:
        check((good, wrong), "/lines")
    assert refused.value.faults[0].pointer == "/lines/1/amount"
