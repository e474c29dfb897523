"""/exports: everything that the company has, in one file."""

from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import FileResponse, Response

from app.api.answers import IdPath, answers, listed
from app.api.deps import Caller, CommandCaller, Http
from app.api.errors import RangeNotSatisfiable
from app.api.openapi import responses
from app.api.paging import PageQuery
from app.api.ranges import check_range
from app.api.route import permission, v1_router
from app.api.schemas import schema_of
from app.application.identity.companies.exports import (
    EXPORT_LIST,
    EXPORT_VIEW,
    EXPORTS,
    FETCH_EXPORT,
    REQUEST_EXPORT,
)
from app.application.identity.directory.reading import read_one
from app.application.shared.commands import answer_of
from app.application.shared.kinds import Needs
from app.domain.identity.companies.errors import (
    ExportGone,
    ExportNotReady,
    ExportUnderWay,
    TooManyExports,
)
from app.domain.identity.companies.export import Export
from app.domain.shared.errors import ConcurrentChange, NotFound

router = v1_router("/exports", tags=["exports"])

READ, WRITE = permission("exports:read"), permission("exports:write", step_up=True)
# The file holds what these would leave out of answers.
FETCH = permission("exports:read", "costs:read", "audit_entries:read", "members:read")
_FILE = {
    "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    "description": "A ZIP with one NDJSON file a table and manifest.json.",
}


async def _exporting(request: Request) -> Any:
    return request.app.state.services.extras["exporting"]


Exporting = Annotated[Any, Depends(_exporting)]


@router.post(
    "",
    summary="Export everything",
    status_code=202,
    openapi_extra=WRITE,
    responses=answers(
        schema_of(EXPORT_VIEW), 202, ExportUnderWay, TooManyExports, ConcurrentChange
    ),
)
async def create(http: CommandCaller, exporting: Exporting) -> Response:
    """Have all data of the company written into one file; its Location says how far it is.

    One snapshot, taken when the writing begins. Passwords, tokens and their hashes are left out.
    """
    answer = await http.run(REQUEST_EXPORT, None)
    exporting.begin(http.principal.tenant_id)
    return answer


@router.get(
    "",
    summary="List the exports",
    openapi_extra=READ,
    responses=listed(schema_of(EXPORT_VIEW), EXPORT_LIST),
)
async def list_exports(http: Caller, page: PageQuery) -> Response:
    """Every export that was asked for, also those whose file is gone."""
    return await http.list(EXPORT_LIST, page)


@router.get(
    "/{id}",
    summary="Show an export",
    openapi_extra=READ,
    responses=answers(schema_of(EXPORT_VIEW), 200, NotFound),
)
async def show_one(http: Caller, id: IdPath) -> Response:  # noqa: A002
    """How far an export is; ask again until it is `done` or `failed`."""
    return http.answer(EXPORT_VIEW.show(await _export(http, id)))


@router.get(
    "/{id}/file",
    summary="Fetch the file of an export",
    openapi_extra=FETCH,
    responses={200: _FILE, **responses(NotFound, ExportNotReady, ExportGone, RangeNotSatisfiable)},
    response_class=FileResponse,
)
async def fetch(http: Caller, exporting: Exporting, id: IdPath) -> Response:  # noqa: A002
    """Everything that the company has. The audit trail keeps who fetched it."""
    export = await _export(http, id)
    if export.open:
        raise ExportNotReady
    path = exporting.file(http.principal.tenant_id, export)
    if path is None:
        raise ExportGone
    check_range(http.request, path.stat().st_size)
    await answer_of(http.services.runner, FETCH_EXPORT, export.id, http.principal)
    return FileResponse(path, media_type="application/zip", filename=f"{id}.zip")


async def _export(http: Http, id_text: str) -> Export:
    id_ = http.id_of("exp", id_text)
    loaded = await http.load(Needs().one(EXPORTS, id_))
    found: Export | None = read_one(loaded, EXPORTS, id_)
    if found is None:
        raise NotFound
    return found
