"""Payments: which side they belong to, what they post, the credit they give."""

from datetime import UTC, date, datetime

import pytest

from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import EntryLine
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.accounting.payments import Direction, Payment, PaymentMethod
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX

AT, ON = datetime(2011, 1, 31, 12, 0, tzinfo=UTC), date(2011, 1, 31)
MONEY, CONTROL, PARTY, PAYMENT = (Id(bytes(15) + bytes([last])) for last in (1, 2, 3, 4))


def a_payment(
    direction: Direction = Direction.IN,
    amount: int = 2_500,
    method: PaymentMethod = PaymentMethod.BANK,
) -> Payment:
    return Payment(
        PAYMENT, "PAY/2011/000001", None, direction, PARTY, method, amount, AT, ON, recorded_at=AT
    )


@pytest.mark.parametrize(
    ("direction", "side", "role"),
    [
        (Direction.IN, Side.RECEIVABLE, AccountRole.RECEIVABLES),
        (Direction.OUT, Side.PAYABLE, AccountRole.PAYABLES),
    ],
)
def test_a_payment_is_a_credit_of_the_party_on_its_side(
    direction: Direction, side: Side, role: AccountRole
) -> None:
    payment = a_payment(direction)
    assert payment.control_role is role
    assert payment.open_item() == OpenItem(
        DocumentKind("payment"), PAYMENT, side, PARTY, ON, ON, amount=-2_500, settled=0, version=1
    )


def test_money_in_is_posted_against_the_customer() -> None:
    lines = a_payment().postings(money_account_id=MONEY, control_account_id=CONTROL).lines()
    assert lines == (EntryLine(1, MONEY, 2_500), EntryLine(2, CONTROL, -2_500, "", PARTY))


def test_money_out_is_posted_against_the_supplier() -> None:
    payment = a_payment(Direction.OUT)
    lines = payment.postings(money_account_id=MONEY, control_account_id=CONTROL).lines()
    assert lines == (EntryLine(1, CONTROL, 2_500, "", PARTY), EntryLine(2, MONEY, -2_500))


@pytest.mark.parametrize(
    ("method", "role"),
    [
        (PaymentMethod.CASH, AccountRole.CASH),
        (PaymentMethod.CARD, AccountRole.CARD_CLEARING),
        (PaymentMethod.BANK, AccountRole.BANK),
    ],
)
def test_the_method_tells_where_the_money_is(method: PaymentMethod, role: AccountRole) -> None:
    assert a_payment(method=method).money_role is role


@pytest.mark.parametrize("amount", [0, -1, AMOUNT_MAX + 1])
def test_an_amount_is_positive_and_bounded(amount: int) -> None:
    assert a_payment(amount=AMOUNT_MAX).amount == AMOUNT_MAX
    with pytest.raises(ValueOutOfRange):
        a_payment(amount=amount)
