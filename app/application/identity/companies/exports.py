"""Exports of a company: asked for and fetched by its people, made and removed by the service."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from app.application.identity.directory.reading import view_of
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Finder, Kind, Lock, Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.reading import Listing
from app.application.shared.work import Work
from app.domain.identity.companies.export import Export, ExportError, ExportStatus, Progress
from app.domain.shared.errors import NotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id, show

EXPORTS: Kind[Export] = Kind("exports", key=lambda each: (each.id,), lock=Lock.UPDATE)
_EVENTS: Final = {
    ExportStatus.DONE: "export.finished",
    ExportStatus.FAILED: "export.failed",
    ExportStatus.EXPIRED: "export.expired",
}
# What waits, is made, or has a file.
PRESENT_EXPORTS: Finder[Export] = Finder(
    "present_exports", EXPORTS, lambda each: None if each.ended else ()
)
EXPORT_LIST = Listing("exports", sorts=("id",))


EXPORT_VIEW = view_of(
    Export,
    "ExportView",
    "id status tables_done tables_total row_count error file_bytes file_sha256 requested_by_id "
    "requested_at finished_at expires_at".split(),
)


@frozen
class Step:
    """A step of the process that makes an export and holds it under the number ``attempt``."""

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


def maker_of(tenant_id: Id) -> Principal:
    """The principal that makes the exports of a company: no user of it."""
    return Principal(tenant_id, NO_ID)


def _request(_: None, work: Work) -> Done:
    export = Export.new(
        work.new_id(), work.principal.user_id, work.recorded_at, work.search(PRESENT_EXPORTS)
    )
    work.put(EXPORTS, export)
    work.note("requested", "export", export.id)
    work.event("export.requested", export.id)
    location = f"/api/v1/exports/{show('exp', export.id)}"
    return Done(EXPORT_VIEW.show(export), status=202, location=location)


def _step(name: str, change: Callable[[Export, Any, datetime], Export]) -> Command[Any]:
    """The command of one step. Its input is a ``Step``, or the id of the export."""

    def id_of(step: Any) -> Id:
        return step.id if isinstance(step, Step) else step

    def decide(step: Any, work: Work) -> Done:
        found = work.find(EXPORTS, id_of(step))
        if found is None:
            raise NotFound
        export = work.put(EXPORTS, change(found, step, work.recorded_at))
        if export.status in _EVENTS:
            error = {} if export.error is None else {"error": export.error}
            work.event(_EVENTS[export.status], export.id, **error)
        return Done({"attempt": export.attempt if export.open else None}, status=200)

    return Command(
        f"exports.{name}", PUBLIC, lambda step, _: Needs().one(EXPORTS, id_of(step)), decide
    )


def _fetch(id_: Id, work: Work) -> Done:
    work.note("fetched", "export", id_)
    return Done(None, status=200)


REQUEST_EXPORT: Command[None] = Command(
    "exports.create", "exports:write", lambda _, __: Needs().search(PRESENT_EXPORTS), _request
)
CLAIM_EXPORT: Command[Id] = _step("claim", lambda export, _, now: export.claimed(now))
ADVANCE_EXPORT: Command[Advance] = _step(
    "advance", lambda export, step, now: export.advanced(step.attempt, step.progress, now)
)
FINISH_EXPORT: Command[Finish] = _step(
    "finish", lambda export, step, now: export.done(step.attempt, step.file, now, step.kept)
)
FAIL_EXPORT: Command[Fail] = _step(
    "fail", lambda export, step, now: export.failed(step.attempt, step.error, now)
)
EXPIRE_EXPORT: Command[Id] = _step("expire", lambda export, _, now: export.expired(now))
# A read that leaves its trace: who took everything out.
FETCH_EXPORT: Command[Id] = Command(
    "exports.fetch", "exports:read", lambda _, __: Needs(), _fetch, always_kept=True
)
