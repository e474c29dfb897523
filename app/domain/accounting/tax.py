"""Tax codes: what is charged on a line, in which order, and to which account."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from app.domain.accounting.errors import TaxInactive, TaxRateOutOfRange
from app.domain.accounting.ids import AccountId, TaxId
from app.domain.shared.errors import InvalidValue
from app.domain.shared.fields import (
    Active,
    Code,
    Count,
    Default,
    Example,
    Mark,
    Name,
    Rate,
    Version,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.numbers import AMOUNT_MAX, SCALE

PERCENT_MAX = 100 * SCALE
FIXED_MAX = AMOUNT_MAX
COMPONENTS_MAX = 10


class TaxKind(StrEnum):
    """How a component is measured."""

    PERCENT = "percent"  # of the base
    FIXED = "fixed"  # a sum for each unit of quantity


@frozen
class TaxComponent:
    """One tax of a code."""

    name: Annotated[Name, Example("VAT")]
    kind: TaxKind
    """A percentage of the base, or a fixed sum for each unit of quantity."""
    rate: Rate
    """A percentage, or of a fixed tax the sum in whole currency for each unit of quantity."""
    compound: bool = False
    """Whether the tax is added to the base of the percentages that follow."""
    recoverable: bool = True
    """Whether tax on purchases is claimed back; else it joins the cost of what was bought."""
    output_account_id: AccountId | None = None
    """Where tax on sales is posted; null is the company's account."""
    input_account_id: AccountId | None = None
    """Where tax on purchases is posted; null is the company's account."""


@frozen
class TaxCode:
    """A tax code: the taxes of a line, in order, inside the price or on top of it.

    What it charges never changes, because posted documents name it: a new rate is a new code. A
    code without components charges nothing and still shows its base.

    Raises:
        InvalidValue: there are too many components.
        TaxRateOutOfRange: a percentage outside 0 to 100, or a sum outside what the books hold.
    """

    id: TaxId
    code: Annotated[Code, Example("VAT20")]
    name: Annotated[Name, Example("VAT 20 %")]
    included: Annotated[bool, Mark.FIXED, Default(False), Example(True)]
    """Whether its taxes are inside the price."""
    components: Annotated[tuple[TaxComponent, ...], Mark.FIXED, Count(COMPONENTS_MAX, 0)]
    """The taxes of the code, in the order in which they are computed."""
    active: Active
    version: Version

    def __post_init__(self) -> None:
        if len(self.components) > COMPONENTS_MAX:
            raise InvalidValue.at("/components")
        for index, component in enumerate(self.components):
            rate_max = PERCENT_MAX if component.kind is TaxKind.PERCENT else FIXED_MAX
            if not 0 <= component.rate <= rate_max:
                raise TaxRateOutOfRange.at(f"/components/{index}/rate")

    def check_named(self, pointer: str) -> None:
        """Let a new document or product name this code. A return repeats its sale's code as it is.

        Raises:
            TaxInactive: it is no longer in use.
        """
        if not self.active:
            raise TaxInactive.at(pointer)

    def irrecoverable(self, amounts: Sequence[int]) -> int:
        """The part of a purchase's component ``amounts`` that joins its cost (semantics 3.2)."""
        return sum(
            amount
            for component, amount in zip(self.components, amounts, strict=True)
            if not component.recoverable
        )
