"""Payments: money received from or paid to a party, and what it posts."""

from enum import StrEnum
from typing import Annotated, Final, Literal

from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.accounting.errors import AllocationStatedTwice
from app.domain.accounting.ids import PaymentId
from app.domain.accounting.open_items import Excess, OpenItem, Side
from app.domain.catalog.ids import ContactId
from app.domain.shared.documents import DocumentIn, DocumentKind, DocumentRef
from app.domain.shared.errors import Fault, ValueOutOfRange
from app.domain.shared.fields import (
    COSTS,
    Amount,
    AmountAboveZero,
    Count,
    EffectiveAt,
    EffectiveOn,
    Example,
    ExternalRef,
    Guarded,
    Number,
    RecordedAt,
)
from app.domain.shared.frozen import frozen, request_form
from app.domain.shared.ids import Id
from app.domain.shared.numbers import checked_amount

TARGETS_MAX: Final = 2_000


class Direction(StrEnum):
    """Which way the money goes, seen from the company."""

    IN = "in"  # from a customer, against receivables
    OUT = "out"  # to a supplier, against payables

    @property
    def side(self) -> Side:
        """The sub-ledger of the party."""
        return Side.RECEIVABLE if self is Direction.IN else Side.PAYABLE


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

# What a supplier is paid tells what goods cost; what a customer pays does not.
PAID_OUT: Final = Guarded(COSTS, ("direction", frozenset({"out"})))
PaidAmount = Annotated[Amount, PAID_OUT]


@request_form
class TargetIn:
    """A document that the payment settles, and how much of it."""

    document_id: DocumentRef
    """The document: a sale on account, a bill."""
    amount: Amount
    """What of it is settled."""


@request_form
class PaymentIn(DocumentIn):
    """A payment; ``in`` comes from a customer, ``out`` goes to a supplier.

    It settles the oldest open documents, none, or those that are named. What is left is refused
    unless ``excess`` lets it stay as a credit.
    """

    id: PaymentId | None = None
    direction: Direction
    """`in` from a customer, `out` to a supplier."""
    contact_id: ContactId
    method: PaymentMethod
    """How the money moves."""
    amount: Annotated[AmountAboveZero, Example("150.00")]
    """What is paid."""
    allocate: Literal["oldest", "none"] | None = None
    """What is settled where `allocations` is left out: the oldest open documents, or none."""
    allocations: Annotated[
        Annotated[tuple[TargetIn, ...], Count(TARGETS_MAX)] | None,
        Example([{"document_id": "sal_01J8Z3K4M5N6P7Q8R9S0T1V2W3", "amount": "150.00"}]),
    ] = None
    """The documents that are settled, each with its part; without `allocate`."""
    excess: Excess = Excess.REFUSE
    """What happens with more than is open: `refuse`, or keep it as a `credit`."""

    def check_allocation(self) -> None:
        """Let a request say only once what is settled.

        Raises:
            AllocationStatedTwice: it names documents and states ``allocate``.
        """
        if self.allocate is not None and self.allocations is not None:
            raise AllocationStatedTwice.at("/allocate")


@frozen
class Payment:
    """A payment with what it settles, and its journal entry.

    It never changes; what it settles is kept by its open item and the allocations.

    Raises:
        ValueOutOfRange: the amount is not positive, or larger than the books hold.
    """

    id: PaymentId
    number: Number
    external_ref: ExternalRef | None
    direction: Direction
    """`in` from a customer, `out` to a supplier."""
    contact_id: ContactId
    method: PaymentMethod
    """How the money moves."""
    amount: PaidAmount
    """What was paid."""
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    recorded_at: RecordedAt

    def __post_init__(self) -> None:
        if self.amount <= 0:
            rule: dict[str, str | int] = {"bound": "> 0"}
            raise ValueOutOfRange(faults=[Fault("/amount", "validation.decimal_range", rule)])
        checked_amount(self.amount)

    @property
    def money_role(self) -> AccountRole:
        """The account that gains or loses the money."""
        return METHOD_ROLES[self.method]

    @property
    def control_role(self) -> AccountRole:
        """The account of what the party owes or is owed."""
        return SIDE_ROLES[self.direction.side]

    def open_item(self) -> OpenItem:
        """The credit that it gives the party, to be allocated to debits."""
        return OpenItem(
            document_kind=DocumentKind("payment"),
            document_id=self.id,
            side=self.direction.side,
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
