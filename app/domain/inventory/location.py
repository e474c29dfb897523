"""Locations: the places where goods lie."""

import re
from dataclasses import replace

from app.domain.inventory.errors import LocationInactive
from app.domain.shared.errors import Fault, InvalidValue
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import checked_name

_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,15}", re.ASCII)


@frozen
class Location:
    """A place where goods lie. Its code is upper-case and stays; documents are found by it.

    Raises:
        InvalidValue: the code is not 1 to 16 of A-Z, 0-9, dash and underscore, starting with a
            letter or digit.
    """

    id: Id
    code: str
    name: str
    active: bool
    version: int

    def __post_init__(self) -> None:
        if _CODE.fullmatch(self.code) is None:
            rule: dict[str, str | int] = {"maximum": 16, "characters": "_ -"}
            raise InvalidValue(faults=[Fault("/code", "validation.code", rule)])

    @classmethod
    def new(cls, id_: Id, code: str, name: str) -> "Location":
        """A new location in use; its code is put in upper case.

        Raises:
            InvalidValue: the code or the name does not have the right form.
        """
        # Upper-casing other letters can make ASCII of them ("ß" becomes "SS").
        shown = code.upper() if code.isascii() else code
        return cls(id_, shown, checked_name(name), active=True, version=1)

    def renamed(self, name: str | None = None) -> "Location":
        """The location under another name, if one is stated.

        Raises:
            InvalidValue: the name is empty, too long, or has control characters.
        """
        return self if name is None else replace(self, name=checked_name(name))

    def deactivated(self) -> "Location":
        """The location out of use: no new document may name it. Its history stays."""
        return replace(self, active=False)

    def reactivated(self) -> "Location":
        """The location in use again."""
        return replace(self, active=True)

    def check_active(self, pointer: str) -> None:
        """Let a document name this location; ``pointer`` is where it does.

        Raises:
            LocationInactive: it is out of use.
        """
        if not self.active:
            raise LocationInactive.at(pointer, location=self.code)
