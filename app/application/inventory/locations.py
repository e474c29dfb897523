"""Locations: the places where goods lie."""

from app.application.inventory.ports import LOCATION_BY_CODE, LOCATIONS
from app.application.inventory.views import location_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.masters import (
    Create,
    Edit,
    Noun,
    created,
    edited,
    own_need,
    switches,
    to_edit,
)
from app.application.shared.work import Work
from app.domain.inventory.location import Location
from app.domain.shared.errors import Duplicate

LOCATION = Noun(LOCATIONS, "location", "loc", "/api/v1/locations", location_view)


def seed_location(work: Work) -> None:
    """Make the first location of a new company."""
    work.put(LOCATIONS, Location.new(work.new_id(), "MAIN", "Main store"))


def _create_needs(create: Create, _: Principal) -> Needs:
    return own_need(LOCATIONS, create.id).search(LOCATION_BY_CODE, create.members["code"].upper())


def _create(create: Create, work: Work) -> Done:
    location = Location.new(create.id or work.new_id(), **create.members)
    if any(other.id != location.id for other in work.search(LOCATION_BY_CODE, location.code)):
        raise Duplicate.at("/code")
    return created(work, LOCATION, location)


def _edit_needs(edit: Edit, _: Principal) -> Needs:
    return own_need(LOCATIONS, edit.id, Lock.UPDATE)


def _edit(edit: Edit, work: Work) -> Done:
    location: Location = to_edit(work, LOCATION, edit)
    return edited(work, LOCATION, location, location.renamed(**edit.members))


CREATE_LOCATION = Command("locations.create", "locations:write", _create_needs, _create)
EDIT_LOCATION = Command("locations.edit", "locations:write", _edit_needs, _edit)
ACTIVATE_LOCATION, DEACTIVATE_LOCATION = switches(LOCATION, "locations:write")
