"""Exports of a company: asked for and fetched by its people, made and removed by the service."""

from datetime import datetime, timedelta

from typing_extensions import TypedDict

from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Finder, Kind, Lock, Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.reading import Listing
from app.application.shared.wording import instant
from app.application.shared.work import Work
from app.domain.identity.companies.export import Export, ExportError, Progress
from app.domain.shared.errors import NotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show

EXPORTS: Kind[Export] = Kind("exports", key=lambda each: (each.id,), lock=Lock.UPDATE)
# What waits, is made, or has a file.
PRESENT_EXPORTS: Finder[Export] = Finder(
    "present_exports", EXPORTS, lambda each: None if each.ended else ()
)
EXPORT_LIST = Listing("exports", sorts=("id",))


class ExportView(TypedDict):
    """An export: how far it is and, when it is done, how large its file is."""

    id: str
    state: str
    tables_done: int
    tables_total: int
    rows: int
    error: str | None
    file_bytes: int | None
    file_sha256: str | None
    requested_by: str
    requested_at: str
    finished_at: str | None
    expires_at: str | None


def export_view(
    id_: bytes,
    state: str,
    tables_done: int,
    tables_total: int,
    rows: int,
    error: str | None,
    file_bytes: int | None,
    file_sha256: str | None,
    requested_by: bytes,
    requested_at: datetime,
    finished_at: datetime | None,
    expires_at: datetime | None,
) -> ExportView:
    """The view of an export."""
    return {
        "id": show("exp", id_),
        "state": str(state),
        "tables_done": tables_done,
        "tables_total": tables_total,
        "rows": rows,
        "error": None if error is None else str(error),
        "file_bytes": file_bytes,
        "file_sha256": file_sha256,
        "requested_by": show("usr", requested_by),
        "requested_at": instant(requested_at),
        "finished_at": None if finished_at is None else instant(finished_at),
        "expires_at": None if expires_at is None else instant(expires_at),
    }


@frozen
class Step:
    """A step of whoever makes an export and holds it under the number ``attempt``."""

    id: Id
    attempt: int


@frozen
class Advance(Step):
    """So much is written."""

    progress: Progress


@frozen
class Finish(Step):
    """The file is whole: its bytes and SHA-256, and how long it is kept."""

    file: tuple[int, str]
    kept: timedelta


@frozen
class Fail(Step):
    """It cannot be made."""

    error: ExportError


def shown(export: Export) -> ExportView:
    """The view of an export."""
    return export_view(
        export.id,
        export.state,
        export.tables_done,
        export.tables_total,
        export.rows,
        export.error,
        export.file_bytes,
        export.file_sha256,
        export.requested_by,
        export.requested_at,
        export.finished_at,
        export.expires_at,
    )


def maker_of(tenant_id: Id) -> Principal:
    """Who makes the exports of a company: nobody of it."""
    return Principal(tenant_id, user_id=Id(bytes(16)))


def _request(_: None, work: Work) -> Done:
    export = Export.new(
        work.new_id(), work.principal.user_id, work.recorded_at, work.search(PRESENT_EXPORTS)
    )
    work.put(EXPORTS, export)
    work.note("requested", "export", export.id)
    work.event("export.requested", export.id)
    return Done(shown(export), status=202, location=f"/api/v1/exports/{show('exp', export.id)}")


def _needs(id_: Id, _: Principal) -> Needs:
    return Needs().one(EXPORTS, id_)


def _of(id_: Id, work: Work) -> Export:
    found = work.find(EXPORTS, id_)
    if found is None:
        raise NotFound
    return found


def _claim(id_: Id, work: Work) -> Done:
    claimed = work.put(EXPORTS, _of(id_, work).claimed(work.recorded_at))
    if not claimed.open:
        work.event("export.failed", claimed.id, error=claimed.error)
    return Done({"attempt": claimed.attempt if claimed.open else None}, status=200)


def _step_needs(step: Step, _: Principal) -> Needs:
    return Needs().one(EXPORTS, step.id)


def _advance(step: Advance, work: Work) -> Done:
    export = _of(step.id, work)
    work.put(EXPORTS, export.advanced(step.attempt, step.progress, work.recorded_at))
    return Done(None, status=200)


def _finish(step: Finish, work: Work) -> Done:
    export = _of(step.id, work)
    work.put(EXPORTS, export.done(step.attempt, step.file, work.recorded_at, step.kept))
    work.event("export.finished", export.id)
    return Done(None, status=200)


def _fail(step: Fail, work: Work) -> Done:
    export = _of(step.id, work)
    work.put(EXPORTS, export.failed(step.attempt, step.error, work.recorded_at))
    work.event("export.failed", export.id, error=step.error)
    return Done(None, status=200)


def _expire(id_: Id, work: Work) -> Done:
    work.put(EXPORTS, _of(id_, work).expired(work.recorded_at))
    work.event("export.expired", id_)
    return Done(None, status=200)


def _fetch(id_: Id, work: Work) -> Done:
    work.note("fetched", "export", id_)
    return Done(None, status=200)


REQUEST_EXPORT: Command[None] = Command(
    "exports.create", "exports:write", lambda _, __: Needs().search(PRESENT_EXPORTS), _request
)
CLAIM_EXPORT: Command[Id] = Command("exports.claim", PUBLIC, _needs, _claim)
ADVANCE_EXPORT: Command[Advance] = Command("exports.advance", PUBLIC, _step_needs, _advance)
FINISH_EXPORT: Command[Finish] = Command("exports.finish", PUBLIC, _step_needs, _finish)
FAIL_EXPORT: Command[Fail] = Command("exports.fail", PUBLIC, _step_needs, _fail)
EXPIRE_EXPORT: Command[Id] = Command("exports.expire", PUBLIC, _needs, _expire)
# A read that leaves its trace: who took everything out.
FETCH_EXPORT: Command[Id] = Command(
    "exports.fetch", "exports:read", lambda _, __: Needs(), _fetch, always_kept=True
)
