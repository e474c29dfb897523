"""/companies: another company of the caller, the present one and its settings, and its deletion."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

from starlette.responses import Response

from app.api.answers import answers, members_of
from app.api.deps import Caller, CommandCaller
from app.api.route import permission, v1_router
from app.api.schemas import schema_of
from app.api.v1.identity.fields import CompanyIn, NameText, ZoneText
from app.api.v1.identity.services import KnownCallers, service
from app.api.wire import ABSENT, Schema
from app.application.accounting.contract import BOOKS
from app.application.identity.companies.deletion import (
    REQUEST_DELETION,
    WITHDRAW_DELETION,
    RequestDeletion,
)
from app.application.identity.companies.founding import Company
from app.application.identity.companies.views import OWN_COMPANY_VIEW, STATUS_VIEW
from app.application.identity.directory.kinds import TENANTS
from app.application.identity.directory.reading import read_one
from app.application.processes.company import (
    EDIT_COMPANY,
    CompanyView,
    EditCompany,
    company_needs,
    company_view,
)
from app.application.processes.onboarding import FOUND_COMPANY
from app.application.shared.commands import answer_of
from app.domain.identity.companies.errors import (
    DeletionNameWrong,
    TenantStateConflict,
    TenantSuspended,
    TooManyCompanies,
)
from app.domain.identity.factors.errors import NoSecondFactor, StepUpRequired
from app.domain.shared.errors import (
    ConcurrentChange,
    Duplicate,
    InvalidValue,
    NotFound,
    StaleVersion,
    VersionRequired,
)
from app.domain.shared.ids import Id

# A stolen session must not turn them off.
_GUARDS = frozenset({"mfa_required", "payout_step_up_required"})

router = v1_router("/companies", tags=["companies"])

NewId = Annotated[Callable[[], Id], service(lambda identity: identity.registrations.new_id)]


class CompanyPatch(Schema):
    """What may change of a company; its currency stays, its books are kept in it."""

    name: NameText = ABSENT
    """The name of the company."""
    time_zone: ZoneText = ABSENT
    tax_rounding: Literal["line", "document"] = ABSENT
    """Whether tax is rounded on each `line` or once on the `document`."""
    price_difference_policy: Literal["split", "variance"] = ABSENT
    """Where a bill's price difference goes: `split` over stock and cost of sales, or all to
    `variance`."""
    mfa_required: bool = ABSENT
    """Whether the people of the company need a second factor."""
    payout_step_up_required: bool = ABSENT
    """Whether paying a supplier needs a proof of the last ten minutes."""


@router.post(
    "",
    summary="Open another company",
    status_code=201,
    openapi_extra=permission("profile:write"),
    responses=answers(
        schema_of(OWN_COMPANY_VIEW),
        201,
        InvalidValue,
        Duplicate,
        TooManyCompanies,
        ConcurrentChange,
        body=True,
    ),
)
async def create(http: Caller, new_id: NewId, body: CompanyIn) -> Response:
    """Open a company of which the caller is the owner; `POST /auth/switch` leads there.

    It has its books, units and first location. Nobody owns two companies of one name, so a request
    that is sent again makes nothing.
    """
    principal = replace(http.principal, tenant_id=new_id())
    company = Company(**body.model_dump())
    view = await answer_of(http.services.runner, FOUND_COMPANY, company, principal)
    return http.answer(view, 201)


@router.get(
    "/current",
    summary="Show the company",
    openapi_extra=permission("companies:read"),
    responses=answers(CompanyView, 200, NotFound),
)
async def show(http: Caller) -> Response:
    """The caller's company, or 304 when the caller has its present version."""
    principal = http.principal
    loaded = await http.services.reader.load(principal.tenant_id, company_needs(principal))
    tenant = read_one(loaded, TENANTS, principal.tenant_id)
    books = read_one(loaded, BOOKS)
    if tenant is None or books is None:
        raise NotFound
    return http.versioned(company_view(tenant, books))


@router.patch(
    "/current",
    summary="Change the company",
    openapi_extra=permission("companies:write"),
    responses=answers(
        CompanyView,
        200,
        InvalidValue,
        NoSecondFactor,
        StepUpRequired,
        StaleVersion,
        VersionRequired,
        ConcurrentChange,
        body=True,
    ),
)
async def change(http: CommandCaller, body: CompanyPatch) -> Response:
    """Change what is named. Facts already posted stay as they are.

    `mfa_required` and `payout_step_up_required` need a proof of the last ten minutes, as sensitive
    operations do.
    """
    members = members_of(body, given_only=True)
    if not members.keys().isdisjoint(_GUARDS):
        http.require_step_up()
    return await http.run(EDIT_COMPANY, EditCompany(http.expected_version(), members))


class DeletionIn(Schema):
    """The name of the company, typed to confirm its deletion."""

    name: NameText
    """The full name of the company, to confirm."""


@router.post(
    "/current/schedule-deletion",
    summary="Schedule the deletion of the company",
    openapi_extra=permission("company_deletion:write", step_up=True),
    responses=answers(
        schema_of(STATUS_VIEW),
        200,
        DeletionNameWrong,
        TenantStateConflict,
        TenantSuspended,
        ConcurrentChange,
        body=True,
    ),
)
async def schedule_deletion(
    http: CommandCaller, callers: KnownCallers, body: DeletionIn
) -> Response:
    """Schedule the deletion. Until `delete_at` its people read and export, and an owner can cancel.

    After that all of its data is deleted, and nothing brings it back.
    """
    grace = http.services.extras["tenant_grace"]
    answer = await http.run(REQUEST_DELETION, RequestDeletion(body.name, grace))
    callers.forget_company(http.principal.tenant_id)
    return answer


@router.post(
    "/current/cancel-deletion",
    summary="Cancel the deletion of the company",
    openapi_extra=permission("company_deletion:write"),
    responses=answers(
        schema_of(STATUS_VIEW), 200, TenantStateConflict, TenantSuspended, ConcurrentChange
    ),
)
async def cancel_deletion(http: CommandCaller, callers: KnownCallers) -> Response:
    """Cancel the deletion; work goes on. Only operators cancel what an operator scheduled."""
    answer = await http.run(WITHDRAW_DELETION, None)
    callers.forget_company(http.principal.tenant_id)
    return answer
