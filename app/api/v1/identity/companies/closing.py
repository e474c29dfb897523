"""/tenants/current/deletion: the company ends, unless its owner thinks better of it in time."""

from starlette.responses import Response

from app.api.deps import CommandCaller
from app.api.masters import answers
from app.api.route import permission, v1_router
from app.api.v1.identity.fields import NameText
from app.api.v1.identity.services import Known
from app.api.wire import Schema
from app.application.identity.companies.closing import CLOSE, KEEP, Close
from app.application.identity.companies.views import CompanyStanding
from app.domain.identity.companies.errors import (
    ClosingNameWrong,
    TenantStateConflict,
    TenantSuspended,
)
from app.domain.shared.errors import ConcurrentChange

router = v1_router("/tenants", tags=["tenants"])
WRITE = permission("closing:write")
PROVED = permission("closing:write", step_up=True)


class ClosingIn(Schema):
    """The name of the company, typed by whoever wants it deleted."""

    name: NameText


@router.post(
    "/current/deletion",
    summary="Have the company deleted",
    openapi_extra=PROVED,
    responses=answers(
        CompanyStanding,
        200,
        ClosingNameWrong,
        TenantStateConflict,
        TenantSuspended,
        ConcurrentChange,
        body=True,
    ),
)
async def close(http: CommandCaller, known: Known, body: ClosingIn) -> Response:
    """Close the company. Until `delete_at` its people read and export, and an owner can cancel.

    After that all of its data is deleted, and nothing brings it back.
    """
    grace = http.services.extras["tenant_grace"]
    answer = await http.run(CLOSE, Close(body.name, grace))
    known.forget_company(http.principal.tenant_id)
    return answer


@router.delete(
    "/current/deletion",
    summary="Keep the company",
    openapi_extra=WRITE,
    responses=answers(CompanyStanding, 200, TenantStateConflict, TenantSuspended, ConcurrentChange),
)
async def keep(http: CommandCaller, known: Known) -> Response:
    """Call the deletion off; work goes on. One that an operator scheduled is his to call off."""
    answer = await http.run(KEEP, None)
    known.forget_company(http.principal.tenant_id)
    return answer
