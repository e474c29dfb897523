"""/taxes: tax codes."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from app.api.deps import Caller
from app.api.masters import add_master, listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.v1.accounting.references import Code, Name
from app.api.wire import ABSENT, AccountId, Percent, Schema, TaxId
from app.application.accounting.ports import TAX_LIST
from app.application.accounting.taxes import (
    ACTIVATE_TAX,
    CREATE_TAX,
    DEACTIVATE_TAX,
    EDIT_TAX,
    TAX,
)
from app.application.accounting.views import TaxView
from app.domain.accounting.tax import COMPONENTS_MAX, TaxComponent, TaxKind

router = v1_router("/taxes", tags=["taxes"])


class TaxComponentIn(Schema):
    """One tax of a code.

    ``rate`` is a percentage, or of a fixed tax the sum for each unit of quantity. ``compound`` adds
    it to the base of the percentages that follow. An account of null is the company's.
    """

    name: Name
    kind: Literal["percent", "fixed"]
    rate: Percent
    compound: bool = False
    recoverable: bool = True
    output_account_id: AccountId | None = None
    input_account_id: AccountId | None = None

    def component(self) -> TaxComponent:
        """The part of the aggregate."""
        return TaxComponent(
            self.name,
            TaxKind(self.kind),
            self.rate,
            self.compound,
            self.recoverable,
            self.output_account_id,
            self.input_account_id,
        )


class TaxIn(Schema):
    """A new tax code; with ``included`` its taxes are inside the price."""

    id: TaxId | None = None
    code: Code
    name: Name
    included: bool = False
    components: Annotated[list[TaxComponentIn], Field(max_length=COMPONENTS_MAX)]

    def members(self) -> dict[str, Any]:
        """The fields of the aggregate."""
        return {
            "code": self.code,
            "name": self.name,
            "included": self.included,
            "components": [each.component() for each in self.components],
        }


class TaxPatch(Schema):
    """What may change. What a code charges stays: a new rate is a new code."""

    code: Code = ABSENT
    name: Name = ABSENT


add_master(
    router,
    TAX,
    TaxView,
    new=TaxIn,
    patch=TaxPatch,
    create=CREATE_TAX,
    edit=EDIT_TAX,
    activate=ACTIVATE_TAX,
    deactivate=DEACTIVATE_TAX,
)


@router.get(
    "",
    summary="List taxes",
    openapi_extra=permission("taxes:read"),
    responses=listed(TaxView, TAX_LIST),
)
async def list_taxes(
    http: Caller,
    page: PageQuery,
    code: Annotated[str | None, Query(max_length=32)] = None,
    active: bool | None = None,
) -> Response:
    """Tax codes in the order of their codes, with their components."""
    return await http.list(TAX_LIST, page, code=code, active=active)
