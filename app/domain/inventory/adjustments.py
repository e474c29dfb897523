"""Adjustments: stock found, lost, spoiled, counted or brought along at the start."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated

from app.domain.accounting.ids import EntryId
from app.domain.catalog.ids import ProductId
from app.domain.inventory.errors import CostOnLoss, LineCount, WrongDirection, ZeroQuantity
from app.domain.inventory.ids import AdjustmentId, LocationId
from app.domain.shared.documents import LINES_MAX, DocumentIn
from app.domain.shared.errors import DomainError, Fault, ValueOutOfRange
from app.domain.shared.fields import (
    Cost,
    Count,
    Currency,
    EffectiveAt,
    EffectiveOn,
    Example,
    ExternalRef,
    LineNumber,
    Memo,
    Number,
    RecordedAt,
    SignedQuantity,
    UnitPrice,
)
from app.domain.shared.frozen import frozen, request_form
from app.domain.shared.numbers import AMOUNT_MAX, QUANTITY_MAX


class AdjustmentReason(StrEnum):
    """Why the books did not agree with the shelf."""

    CORRECTION = "correction"
    DAMAGE = "damage"
    THEFT = "theft"
    FOUND = "found"
    COUNT = "count"
    OPENING = "opening"


_LOSSES = frozenset({AdjustmentReason.DAMAGE, AdjustmentReason.THEFT})
_GAINS = frozenset({AdjustmentReason.FOUND, AdjustmentReason.OPENING})


@request_form
class AdjustmentLineIn:
    """Goods that came (above zero) or went. What comes may state its cost of one unit."""

    product_id: ProductId
    quantity: Annotated[SignedQuantity, Example("6")]
    """What came (above zero) or went (below zero)."""
    unit_cost: Annotated[UnitPrice, Example("2.10")] | None = None
    """The cost of one unit, of goods that came; else the current cost, else the last known one."""


@request_form
class AdjustmentIn(DocumentIn):
    """A correction of the stock at a location."""

    id: AdjustmentId | None = None
    location_id: LocationId
    reason: AdjustmentReason
    """Why the books did not agree with the shelf."""
    memo: Memo = ""
    lines: Annotated[tuple[AdjustmentLineIn, ...], Count(LINES_MAX)]
    """What came and what went."""


@frozen
class AdjustmentLine:
    """A line of an adjustment."""

    line: LineNumber
    product_id: ProductId
    quantity: SignedQuantity
    """What came (above zero) or went (below zero)."""
    value: Cost
    """What it was worth; below zero for goods that went."""


@frozen
class Adjustment:
    """A posted adjustment; never edited."""

    id: AdjustmentId
    number: Number
    external_ref: ExternalRef | None
    location_id: LocationId
    reason: AdjustmentReason
    """Why the books did not agree with the shelf."""
    memo: Memo
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    currency: Currency
    value: Cost
    """What the stock gained at cost."""
    entry_id: EntryId | None
    recorded_at: RecordedAt
    lines: tuple[AdjustmentLine, ...]
    """What came and what went."""


def check_adjustment(reason: AdjustmentReason, lines: Sequence[AdjustmentLineIn]) -> None:
    """Let an adjustment of these lines pass; every line that breaks a rule is named.

    Raises:
        LineCount: no line, or more than 2,000.
        ZeroQuantity: a line moves nothing.
        WrongDirection: damage or theft that adds, a find or an opening that takes.
        CostOnLoss: a unit cost on a line that takes.
        ValueOutOfRange: a quantity or cost that the books cannot hold, or a cost below zero.
    """
    if not 1 <= len(lines) <= LINES_MAX:
        raise LineCount.at("/lines", lines_max=LINES_MAX)
    numbered = list(enumerate(lines))
    _refuse(ZeroQuantity, "quantity", (at for at, line in numbered if line.quantity == 0))
    too_much = (at for at, line in numbered if abs(line.quantity) > QUANTITY_MAX)
    _refuse(ValueOutOfRange, "quantity", too_much)
    wrong = (at for at, line in numbered if not _may_move(reason, line.quantity))
    _refuse(WrongDirection, "quantity", wrong)
    stated = [(at, line.quantity, line.unit_cost) for at, line in numbered]
    on_loss = (at for at, quantity, cost in stated if cost is not None and quantity < 0)
    _refuse(CostOnLoss, "unit_cost", on_loss)
    odd = (at for at, _, cost in stated if cost is not None and not 0 <= cost <= AMOUNT_MAX)
    _refuse(ValueOutOfRange, "unit_cost", odd)


def _may_move(reason: AdjustmentReason, quantity: int) -> bool:
    return reason not in (_GAINS if quantity < 0 else _LOSSES)


def _refuse(error: type[DomainError], member: str, places: Iterable[int]) -> None:
    faults = [Fault(f"/lines/{place}/{member}", error.code) for place in places]
    if faults:
        raise error(faults=faults)
