"""Locations: the places where goods lie."""

from app.application.shared.kinds import Kind
from app.application.shared.masters import Master, Unique
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.reading import list_of
from app.application.shared.views import View
from app.application.shared.work import Work
from app.domain.inventory.location import Location
from app.domain.shared.masters import made

LOCATIONS: Kind[Location] = Kind("locations", key=by_id)

LOCATION = Master(
    Noun(
        "location",
        LOCATIONS,
        View(Location),
        "/locations",
        "Places where goods lie.",
        Access(write="manager warehouse", read="accountant buyer cashier viewer"),
    ),
    unique=[Unique("code")],
    listed=list_of("locations", Location, sorts=("code", "name"), filters=("code", "active")),
)


def seed_location(work: Work) -> None:
    """Make the first location of a new company."""
    members = {"code": "MAIN", "name": "Main store"}
    work.put(LOCATIONS, made(Location, work.new_id(), members))
