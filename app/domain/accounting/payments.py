"""Payments: money received from or paid to a party, and what it posts."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import EXTERNAL_REF_LENGTH_MAX, Postings
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import Fault, ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import checked_amount
from app.domain.shared.texts import checked_name


class Direction(StrEnum):
    """Which way the money goes, seen from the company."""

    IN = "in"  # from a customer, against receivables
    OUT = "out"  # to a supplier, against payables


class PaymentMethod(StrEnum):
    """How the money moves."""

    CASH = "cash"
    CARD = "card"
    BANK = "bank"


# The account that holds the money; a card payment waits in clearing until the acquirer pays it out.
METHOD_ROLES: Final = {
    PaymentMethod.CASH: AccountRole.CASH,
    PaymentMethod.CARD: AccountRole.CARD_CLEARING,
    PaymentMethod.BANK: AccountRole.BANK,
}
SIDE_ROLES: Final = {
    Side.RECEIVABLE: AccountRole.RECEIVABLES,
    Side.PAYABLE: AccountRole.PAYABLES,
}


@frozen
class Payment:
    """A posted payment of ``amount`` minor units, always positive. It never changes.

    What it settles is kept by its open item and the allocations. ``number`` is given when it is
    written.

    Raises:
        ValueOutOfRange: the amount is not positive, or larger than the books hold.
    """

    id: Id
    number: str | None
    direction: Direction
    contact_id: Id
    method: PaymentMethod
    amount: int
    effective_at: datetime
    effective_on: date
    external_ref: str | None

    def __post_init__(self) -> None:
        if self.amount <= 0:
            rule: dict[str, str | int] = {"bound": "> 0"}
            raise ValueOutOfRange(faults=[Fault("/amount", "validation.decimal_range", rule)])
        checked_amount(self.amount)

    @classmethod
    def new(
        cls,
        id_: Id,
        *,
        direction: Direction,
        contact_id: Id,
        method: PaymentMethod,
        amount: int,
        effective_at: datetime,
        effective_on: date,
        external_ref: str | None = None,
    ) -> "Payment":
        """A payment before it has a number.

        Raises:
            ValueOutOfRange: the amount is not positive, or larger than the books hold.
            InvalidValue: the external reference does not have its form.
        """
        if external_ref is not None:
            external_ref = checked_name(external_ref, "/external_ref", EXTERNAL_REF_LENGTH_MAX)
        return cls(
            id=id_,
            number=None,
            direction=direction,
            contact_id=contact_id,
            method=method,
            amount=amount,
            effective_at=effective_at,
            effective_on=effective_on,
            external_ref=external_ref,
        )

    @property
    def side(self) -> Side:
        """The sub-ledger it belongs to."""
        return Side.RECEIVABLE if self.direction is Direction.IN else Side.PAYABLE

    @property
    def money_role(self) -> AccountRole:
        """The account that gains or loses the money."""
        return METHOD_ROLES[self.method]

    @property
    def control_role(self) -> AccountRole:
        """The account of what the party owes or is owed."""
        return SIDE_ROLES[self.side]

    def open_item(self) -> OpenItem:
        """The credit that it gives the party, to be allocated to debits."""
        return OpenItem(
            document_kind=DocumentKind("payment"),
            document_id=self.id,
            side=self.side,
            contact_id=self.contact_id,
            effective_on=self.effective_on,
            due_on=self.effective_on,
            amount=-self.amount,
        )

    def postings(self, *, money_account_id: Id, control_account_id: Id) -> Postings:
        """Money against the party's control account; excess stays there as the party's credit."""
        amount = self.amount if self.direction is Direction.IN else -self.amount
        postings = Postings()
        postings.debit(money_account_id, amount)
        postings.credit(control_account_id, amount, self.contact_id)
        return postings
