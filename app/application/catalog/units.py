"""Units of measure."""

from app.application.shared.kinds import Kind
from app.application.shared.masters import Master, Unique
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.reading import list_of
from app.application.shared.views import View
from app.domain.catalog.unit import Unit

UNITS: Kind[Unit] = Kind("units", key=by_id)

UNIT = Master(
    Noun(
        "unit",
        UNITS,
        View(Unit),
        "/units",
        "Units of measure.",
        Access(write="manager", read="accountant buyer cashier warehouse viewer"),
    ),
    unique=[Unique("code")],
    listed=list_of("units", Unit, sorts=("code", "name"), filters=("code", "active")),
)
