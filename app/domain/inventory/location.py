"""Locations: the places where goods lie."""

import re
from typing import Annotated

from app.domain.inventory.errors import LocationInactive
from app.domain.inventory.ids import LocationId
from app.domain.shared.errors import Fault, InvalidValue
from app.domain.shared.fields import (
    Active,
    Checked,
    Example,
    Mark,
    Meaning,
    Name,
    Version,
    Words,
)
from app.domain.shared.frozen import frozen

_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,15}", re.ASCII)


def checked_location_code(code: str, pointer: str = "/code") -> str:
    """``code`` in upper case.

    Raises:
        InvalidValue: not 1 to 16 of A-Z, 0-9, dash and underscore, starting with a letter or digit.
    """
    # Upper-casing other letters can make ASCII of them ("ß" becomes "SS").
    shown = code.upper() if code.isascii() else code
    if _CODE.fullmatch(shown) is None:
        rule: dict[str, str | int] = {"maximum": 16, "characters": "_ -"}
        raise InvalidValue(faults=[Fault(pointer, "validation.code", rule)])
    return shown


LocationCode = Annotated[
    str,
    Words(16, form=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,15}$"),
    Checked(checked_location_code),
    Meaning("The code; unique within the company, in upper case."),
    Example("MAIN"),
]


@frozen
class Location:
    """A place where goods lie. Its code stays, because documents are numbered by it."""

    id: LocationId
    code: Annotated[LocationCode, Mark.FIXED]
    name: Name
    active: Active
    version: Version

    def __post_init__(self) -> None:
        if _CODE.fullmatch(self.code) is None:
            raise InvalidValue.at("/code")

    def check_active(self, pointer: str) -> None:
        """Let a document name this location; ``pointer`` is where it does.

        Raises:
            LocationInactive: it is out of use.
        """
        if not self.active:
            raise LocationInactive.at(pointer, location=self.code)
