"""Allocations: credits of a party matched with its debits after both were posted."""

from typing import Annotated, Final

from app.domain.accounting.ids import AllocationId
from app.domain.accounting.open_items import Side
from app.domain.catalog.ids import ContactId
from app.domain.shared.documents import DocumentRef
from app.domain.shared.fields import (
    Amount,
    Count,
    EffectiveAt,
    EffectiveOn,
    Example,
    Mark,
    Number,
    RecordedAt,
)
from app.domain.shared.frozen import frozen, request_form

PAIRS_MAX: Final = 2_000


@request_form
class PairIn:
    """Let a credit settle so much of a debit."""

    credit_id: Annotated[DocumentRef, Example("pay_01J8Z3K4M5N6P7Q8R9S0T1V2W3")]
    """The document that settles: a payment, a return."""
    debit_id: DocumentRef
    """The document that is settled: a sale on account, a bill."""
    amount: Annotated[Amount, Example("25.00")]
    """What of the debit is settled."""


@request_form
class AllocationIn:
    """Match named pairs or, without lines, the oldest credits with the oldest debits."""

    id: AllocationId | None = None
    contact_id: ContactId
    side: Side
    """`receivable` from a customer, `payable` to a supplier."""
    effective_at: EffectiveAt | None = None
    lines: Annotated[tuple[PairIn, ...], Count(PAIRS_MAX)] | None = None
    """The pairs; the oldest are matched when it is left out."""


@frozen
class AllocationDocument:
    """An allocation with the pairs that it matched; there may be none.

    What it settled is kept by its allocations. ``named`` tells that the request named the pairs;
    otherwise the oldest were matched.
    """

    id: AllocationId
    number: Number
    contact_id: ContactId
    side: Side
    """`receivable` from a customer, `payable` to a supplier."""
    named: Annotated[bool, Mark.HIDDEN]
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    recorded_at: RecordedAt
