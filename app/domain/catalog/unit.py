"""Units of measure: what a quantity of a product counts."""

from typing import Annotated

from app.domain.catalog.ids import UnitId
from app.domain.shared.fields import (
    Active,
    Bounds,
    Code,
    Default,
    Example,
    Mark,
    Name,
    Version,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.numbers import SCALE_DIGITS

Decimals = Annotated[int, Bounds(0, SCALE_DIGITS), Mark.FIXED, Default(0), Example(0)]


@frozen
class Unit:
    """A unit of measure. Its code and decimals stay, because stock is counted in them."""

    id: UnitId
    code: Annotated[Code, Mark.FIXED, Example("box")]
    name: Annotated[Name, Example("Box of twelve")]
    decimals: Decimals
    """How many decimals a quantity may have: 0 for pieces."""
    active: Active
    version: Version
