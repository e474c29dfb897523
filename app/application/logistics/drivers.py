"""Drivers: who carries out transport orders."""

from app.application.shared.kinds import Kind
from app.application.shared.masters import Master, Unique
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.reading import between, list_of
from app.application.shared.views import View
from app.domain.logistics.driver import Driver
from app.domain.logistics.errors import LicenceClassRepeated

DRIVERS: Kind[Driver] = Kind("drivers", key=by_id)

DRIVER = Master(
    Noun(
        "driver",
        DRIVERS,
        View(Driver),
        "/drivers",
        "Who carries out transport orders.",
        Access(write="manager warehouse", read="accountant buyer viewer"),
        refusals=[LicenceClassRepeated],
    ),
    unique=[Unique("phone")],
    batch=True,
    listed=list_of(
        "drivers",
        Driver,
        sorts=("name", "licence_expires_on"),
        filters=("phone", *between("licence_expires", "licence_expires_on"), "active"),
        search=True,
    ),
)
