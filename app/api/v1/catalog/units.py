"""/units: units of measure."""

from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from app.api.deps import Caller
from app.api.masters import add_master, listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.wire import ABSENT, Schema, Text32, Text200, UnitId
from app.application.catalog.ports import UNIT_LIST
from app.application.catalog.units import (
    ACTIVATE_UNIT,
    CREATE_UNIT,
    DEACTIVATE_UNIT,
    EDIT_UNIT,
    UNIT,
)
from app.application.catalog.views import UnitView

router = v1_router("/units", tags=["units"])


class UnitIn(Schema):
    """A new unit; quantities in it have at most ``decimals`` decimals."""

    id: UnitId | None = None
    code: Text32
    name: Text200
    decimals: Annotated[int, Field(ge=0, le=6)] = 0


class UnitPatch(Schema):
    """What may change of a unit."""

    name: Text200 = ABSENT


add_master(
    router,
    UNIT,
    UnitView,
    new=UnitIn,
    patch=UnitPatch,
    create=CREATE_UNIT,
    edit=EDIT_UNIT,
    activate=ACTIVATE_UNIT,
    deactivate=DEACTIVATE_UNIT,
)


@router.get(
    "",
    summary="List units",
    openapi_extra=permission("units:read"),
    responses=listed(UnitView, UNIT_LIST),
)
async def list_units(
    http: Caller,
    page: PageQuery,
    code: Annotated[str | None, Query(max_length=32)] = None,
    active: bool | None = None,
) -> Response:
    """Units in the order of their codes."""
    return await http.list(UNIT_LIST, page, code=code, active=active)
