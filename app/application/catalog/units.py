"""Units of measure."""

from app.application.catalog.ports import UNIT_BY_CODE, UNITS
from app.application.catalog.views import unit_view
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
from app.domain.catalog.unit import Unit
from app.domain.shared.errors import Duplicate

UNIT = Noun(UNITS, "unit", "unt", "/api/v1/units", unit_view)


def _create_needs(create: Create, _: Principal) -> Needs:
    return own_need(UNITS, create.id).search(UNIT_BY_CODE, create.members["code"])


def _create(create: Create, work: Work) -> Done:
    unit = Unit.new(create.id or work.new_id(), **create.members)
    if any(other.id != unit.id for other in work.search(UNIT_BY_CODE, unit.code)):
        raise Duplicate.at("/code")
    return created(work, UNIT, unit)


def _edit_needs(edit: Edit, _: Principal) -> Needs:
    return own_need(UNITS, edit.id, Lock.UPDATE)


def _edit(edit: Edit, work: Work) -> Done:
    unit: Unit = to_edit(work, UNIT, edit)
    return edited(work, UNIT, unit, unit.renamed(**edit.members))


CREATE_UNIT = Command("units.create", "units:write", _create_needs, _create)
EDIT_UNIT = Command("units.edit", "units:write", _edit_needs, _edit)
ACTIVATE_UNIT, DEACTIVATE_UNIT = switches(UNIT, "units:write")
