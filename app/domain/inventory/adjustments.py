"""Adjustments: stock found, lost, spoiled, counted or brought along at the start."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from app.domain.inventory.errors import CostOnLoss, LineCount, WrongDirection, ZeroQuantity
from app.domain.shared.errors import DomainError, Fault, InvalidValue, ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX, QUANTITY_MAX

LINES_MAX = 2000
MEMO_LENGTH_MAX = 500
EXTERNAL_REF_LENGTH_MAX = 100


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


@frozen
class AdjustmentLine:
    """``quantity`` of a product that comes in (> 0) or goes (< 0), scaled by 10^6.

    ``unit_cost`` (scaled by 10^6) may be stated for goods that come in. ``line`` counts from 1.
    """

    line: int
    product_id: Id
    quantity: int
    unit_cost: int | None = None


@frozen
class Adjustment:
    """A posted correction of the stock at one location; never edited, undone by another one.

    Raises:
        LineCount: no line, or more than 2,000.
        ZeroQuantity: a line moves nothing.
        WrongDirection: damage or theft that adds, a find or an opening that takes.
        CostOnLoss: a unit cost on a line that takes.
        ValueOutOfRange: a quantity or cost that the books cannot hold, or a cost below zero.
        InvalidValue: the memo or external reference is too long or holds NUL, the reference is
            empty, lines are not numbered from 1, or ``effective_at`` knows no time zone.
    """

    id: Id
    location_id: Id
    reason: AdjustmentReason
    effective_at: datetime
    effective_on: date
    memo: str
    external_ref: str | None
    lines: tuple[AdjustmentLine, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= LINES_MAX:
            raise LineCount.at("/lines", lines_max=LINES_MAX)
        if [line.line for line in self.lines] != list(range(1, len(self.lines) + 1)):
            raise InvalidValue.at("/lines")
        if self.effective_at.tzinfo is None:
            raise InvalidValue.at("/effective_at")
        if len(self.memo) > MEMO_LENGTH_MAX or "\0" in self.memo:
            raise InvalidValue.at("/memo")
        ref = self.external_ref
        if ref is not None and ("\0" in ref or not 1 <= len(ref) <= EXTERNAL_REF_LENGTH_MAX):
            raise InvalidValue.at("/external_ref")
        self._check_lines()

    @property
    def gains(self) -> list[AdjustmentLine]:
        """What comes in. It is costed first, so that a loss of the same document finds it."""
        return [line for line in self.lines if line.quantity > 0]

    @property
    def losses(self) -> list[AdjustmentLine]:
        """What goes."""
        return [line for line in self.lines if line.quantity < 0]

    def _check_lines(self) -> None:
        """Name every line that breaks a rule, one rule after the other."""
        lines = self.lines
        _refuse(ZeroQuantity, "quantity", (line for line in lines if line.quantity == 0))
        too_much = (line for line in lines if abs(line.quantity) > QUANTITY_MAX)
        _refuse(ValueOutOfRange, "quantity", too_much)
        wrong = (line for line in lines if not self._may_move(line.quantity))
        _refuse(WrongDirection, "quantity", wrong)
        stated = [line for line in lines if line.unit_cost is not None]
        _refuse(CostOnLoss, "unit_cost", (line for line in stated if line.quantity < 0))
        odd = (line for line in stated if not 0 <= (line.unit_cost or 0) <= AMOUNT_MAX)
        _refuse(ValueOutOfRange, "unit_cost", odd)

    def _may_move(self, quantity: int) -> bool:
        return self.reason not in (_GAINS if quantity < 0 else _LOSSES)


def _refuse(error: type[DomainError], member: str, lines: Iterable[AdjustmentLine]) -> None:
    faults = [Fault(f"/lines/{line.line - 1}/{member}", error.code) for line in lines]
    if faults:
        raise error(faults=faults)
