"""Drivers: who carries out transport orders."""

from datetime import date
from typing import Annotated

from app.domain.logistics.errors import LicenceClassRepeated
from app.domain.logistics.ids import DriverId
from app.domain.shared.fields import (
    Active,
    Count,
    Default,
    Example,
    Folded,
    Meaning,
    Name,
    Version,
    Words,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.phones import OwnPhone

LicenceClass = Annotated[
    str,
    Words(4, form=r"^[A-Z][A-Z0-9]{0,3}$", strict_form=True),
    Meaning("A class of vehicles, as the licence names it."),
    Example("CE"),
]


@frozen
class Driver:
    """Somebody who carries out transport orders.

    Raises:
        LicenceClassRepeated: a licence class is named twice.
    """

    id: DriverId
    name: Annotated[Name, Example("Femi Okafor")]
    name_folded: Annotated[str, Folded("name")]
    phone: OwnPhone
    """The telephone number, unique within the company; kept without blanks and separators."""
    licence_classes: Annotated[tuple[LicenceClass, ...], Count(20, 0), Default(())]
    """The classes of vehicles that the licence allows."""
    licence_expires_on: date | None
    """The last day on which the licence is valid."""
    active: Active
    version: Version

    def __post_init__(self) -> None:
        for place, each in enumerate(self.licence_classes):
            if each in self.licence_classes[:place]:
                raise LicenceClassRepeated.at(f"/licence_classes/{place}")
