"""Units of measure: what a quantity of a product counts."""

from dataclasses import replace

from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import SCALE_DIGITS
from app.domain.shared.texts import checked_code, checked_name


@frozen
class Unit:
    """A unit; quantities in it have at most ``decimals`` decimals (0 for pieces)."""

    id: Id
    code: str
    name: str
    decimals: int
    active: bool
    version: int

    def __post_init__(self) -> None:
        if not 0 <= self.decimals <= SCALE_DIGITS:
            raise ValueOutOfRange.at("/decimals")

    @classmethod
    def new(cls, id_: Id, code: str, name: str, decimals: int) -> "Unit":
        """A new unit; raises InvalidValue for a code or name without the right form."""
        return cls(id_, checked_code(code), checked_name(name), decimals, active=True, version=1)

    def renamed(self, name: str | None = None) -> "Unit":
        """The unit under another name, if one is stated.

        Its code and decimals stay, stock is counted in them.
        """
        return self if name is None else replace(self, name=checked_name(name))
