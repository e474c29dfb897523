"""/platform: companies and users as operators of the platform see them, and what operators did.

Its callers have tokens of their own: a token of a company is refused here, and theirs everywhere
else. Each request states a reason and leaves an action in the trail, also one that only reads.
"""

from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Query, Request
from starlette.responses import Response

from app.api.answers import IdPath, answers, listed
from app.api.deps import DryRun, Http, KeyHeader, command_http, known_caller
from app.api.openapi import responses
from app.api.paging import PageQuery
from app.api.route import API_PREFIX, permission, v1_router
from app.api.schemas import schema_of
from app.api.v1.identity.sign_in.auth import OperatorLogin
from app.api.wire import CompanyId, Instant, Schema, Text200, reference
from app.application.identity.audit.operator_actions import (
    OPERATOR_ACTION_LIST,
    OPERATOR_ACTION_VIEW,
)
from app.application.identity.companies.views import STATUS_VIEW
from app.application.identity.operators.companies import (
    CANCEL_DELETION,
    COMPANY_RECORD,
    COMPANY_RECORDS,
    LOOK,
    RESUME,
    SCHEDULE_DELETION,
    SUSPEND,
    USER_RECORD,
    USER_RECORDS,
    Intervention,
    Look,
)
from app.application.shared.commands import Command, answer_of
from app.application.shared.reading import PageRequest
from app.domain.identity.companies.errors import TenantStateConflict
from app.domain.shared.errors import ConcurrentChange, NotFound
from app.domain.shared.ids import Id

PLATFORM_PREFIX: Final = f"{API_PREFIX}/platform/"
router = v1_router("/platform", tags=["platform"])

READ, WRITE = permission("platform:read"), permission("platform:write")
INTERVENED = answers(
    schema_of(STATUS_VIEW), 200, NotFound, TenantStateConflict, ConcurrentChange, body=True
)
UserId = reference("usr")


class ReasonIn(Schema):
    """Why."""

    reason: Text200
    """Why; it is kept in the audit trail."""


async def _operator(request: Request) -> Http:
    return await known_caller(
        request, request.app.state.services.extras["identity"].operator_tokens
    )


Operator = Annotated[Http, Depends(_operator)]


async def _commanding(
    caller: Operator, dry_run: DryRun = False, idempotency_key: KeyHeader = None
) -> Http:
    return await command_http(caller, dry_run, idempotency_key)


OperatorCommand = Annotated[Http, Depends(_commanding)]
Reason = Annotated[str, Query(min_length=1, max_length=200, description="Why this is looked at.")]
Search = Annotated[str | None, Query(min_length=1, max_length=100)]


@router.get(
    "/companies",
    summary="List companies",
    openapi_extra=READ,
    responses=listed(schema_of(COMPANY_RECORD), COMPANY_RECORDS),
)
async def list_companies(
    http: Operator,
    page: PageQuery,
    reason: Reason,
    q: Search = None,
    status: Annotated[
        Literal["active", "suspended", "deletion_scheduled", "purging"] | None, Query()
    ] = None,
) -> Response:
    """Companies by name and status. The name is searched without regard to case in ASCII."""
    await _look(http, Look("companies.listed", reason, query=q or ""))
    return await http.list(COMPANY_RECORDS, page, q=q, status=status)


@router.get(
    "/companies/{id}",
    summary="Show a company",
    openapi_extra=READ,
    responses=answers(schema_of(COMPANY_RECORD), 200, NotFound),
)
async def show_company(http: Operator, reason: Reason, id: IdPath) -> Response:  # noqa: A002
    """The name and status of a company; nothing of its business."""
    company_id = http.id_of("cmp", id)
    await _look(http, Look("company.shown", reason, company_id))
    asked = PageRequest(limit=1, filters={"id": company_id})
    page = await http.services.reader.page(http.principal.tenant_id, COMPANY_RECORDS, asked)
    if not page.data:
        raise NotFound
    return http.answer(page.data[0])


@router.post(
    "/companies/{id}/suspend",
    summary="Suspend a company",
    openapi_extra=WRITE,
    responses=INTERVENED,
)
async def suspend(http: OperatorCommand, id: IdPath, body: ReasonIn) -> Response:  # noqa: A002
    """Let its people read and export only: at once here, within five seconds on every node.

    What is under way at that moment may be finished.
    """
    return await _intervene(http, id, SUSPEND, body)


@router.post(
    "/companies/{id}/resume", summary="Resume a company", openapi_extra=WRITE, responses=INTERVENED
)
async def resume(http: OperatorCommand, id: IdPath, body: ReasonIn) -> Response:  # noqa: A002
    """Let its people work again, unless its deletion was asked for."""
    return await _intervene(http, id, RESUME, body)


@router.post(
    "/companies/{id}/schedule-deletion",
    summary="Schedule the deletion of a company",
    openapi_extra=WRITE,
    responses=INTERVENED,
)
async def schedule_deletion(http: OperatorCommand, id: IdPath, body: ReasonIn) -> Response:  # noqa: A002
    """Have a suspended company deleted when its grace period is over."""
    return await _intervene(http, id, SCHEDULE_DELETION, body)


@router.post(
    "/companies/{id}/cancel-deletion",
    summary="Cancel the deletion of a company",
    openapi_extra=WRITE,
    responses=INTERVENED,
)
async def cancel_deletion(http: OperatorCommand, id: IdPath, body: ReasonIn) -> Response:  # noqa: A002
    """Keep a company whose deletion was asked for, by an owner too. One that has begun goes on."""
    return await _intervene(http, id, CANCEL_DELETION, body)


@router.get(
    "/users",
    summary="List users",
    openapi_extra=READ,
    responses=listed(schema_of(USER_RECORD), USER_RECORDS),
)
async def list_users(http: Operator, page: PageQuery, reason: Reason, q: Search = None) -> Response:
    """Users of all companies, by address or name."""
    await _look(http, Look("users.listed", reason, query=q or ""))
    return await http.list(USER_RECORDS, page, q=q)


@router.get(
    "/audit-entries",
    summary="List the audit entries of the platform",
    openapi_extra=READ,
    responses=listed(schema_of(OPERATOR_ACTION_VIEW), OPERATOR_ACTION_LIST),
)
async def list_audit_entries(
    http: Operator,
    page: PageQuery,
    operator_id: Annotated[UserId | None, Query()] = None,  # type: ignore[valid-type]
    company_id: Annotated[CompanyId | None, Query()] = None,
    action: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
    recorded_from: Annotated[Instant | None, Query()] = None,
    recorded_to: Annotated[Instant | None, Query()] = None,
) -> Response:
    """Every action of every operator: who, what, on which company, why, from where. It is final."""
    return await http.list(
        OPERATOR_ACTION_LIST,
        page,
        operator_id=operator_id,
        company_id=company_id,
        action=action,
        recorded_from=recorded_from,
        recorded_to=recorded_to,
    )


@router.post(
    "/logout",
    summary="Log out of the platform",
    status_code=204,
    openapi_extra=WRITE,
    responses=responses(ConcurrentChange),
)
async def logout(http: Operator, operators: OperatorLogin) -> Response:
    """End the session of the caller."""
    await operators.logout(http.principal)
    return Response(status_code=204)


async def _look(http: Http, look: Look) -> None:
    await answer_of(http.services.runner, LOOK, look, http.principal)


async def _intervene(
    http: Http, id_text: str, command: Command[Intervention], body: Any
) -> Response:
    """Act on a company, in whose trail the action is kept too."""
    company_id: Id = http.id_of("cmp", id_text)
    there = Http(http.request, http.services, replace(http.principal, tenant_id=company_id))
    there.dry_run = http.dry_run
    grace = http.services.extras["tenant_grace"]
    answer = await there.run(command, Intervention(body.reason, grace))
    there.services.extras["identity"].tokens.forget_company(company_id)
    return answer
