"""/locations: the places where goods lie."""

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from app.api.deps import Caller
from app.api.masters import add_master, listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.wire import ABSENT, LocationId, Schema, text
from app.application.inventory.locations import (
    ACTIVATE_LOCATION,
    CREATE_LOCATION,
    DEACTIVATE_LOCATION,
    EDIT_LOCATION,
    LOCATION,
)
from app.application.inventory.ports import LOCATION_LIST
from app.application.inventory.views import LocationView

router = v1_router("/locations", tags=["locations"])
Code: Any = text(16)
Name: Any = text(200)


class LocationIn(Schema):
    """A new location. Its code is put in upper case, and stays."""

    id: LocationId | None = None
    code: Code
    name: Name


class LocationPatch(Schema):
    """What may change of a location."""

    name: Name = ABSENT


add_master(
    router,
    LOCATION,
    LocationView,
    new=LocationIn,
    patch=LocationPatch,
    create=CREATE_LOCATION,
    edit=EDIT_LOCATION,
    activate=ACTIVATE_LOCATION,
    deactivate=DEACTIVATE_LOCATION,
)


@router.get(
    "",
    summary="List locations",
    openapi_extra=permission("locations:read"),
    responses=listed(LocationView, LOCATION_LIST),
)
async def list_locations(
    http: Caller,
    page: PageQuery,
    code: Annotated[str | None, Query(max_length=16)] = None,
    active: bool | None = None,
) -> Response:
    """Locations in the order of their codes."""
    shown = None if code is None else code.upper()
    return await http.list(LOCATION_LIST, page, code=shown, active=active)
