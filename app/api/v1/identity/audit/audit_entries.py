"""/audit-entries: who did what in the company, and the proof that nobody changed it since."""

import contextlib
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from app.api.answers import IdPath, answers, listed
from app.api.deps import Caller, Http
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.wire import Instant, SessionId, UserId, id_pattern
from app.application.identity.audit.entries import (
    AUDIT_LIST,
    PREFIX,
    AuditEntryView,
    AuditVerdictView,
    entity_prefixes,
    shown,
    verdict_view,
)
from app.application.identity.audit.seals import AuditChain
from app.application.shared.trail import AUDIT_ENTRIES
from app.domain.shared.clock import epoch_milliseconds
from app.domain.shared.errors import Fault, InvalidValue, NotFound
from app.domain.shared.ids import Id, first_of, read

router = v1_router("/audit-entries", tags=["audit"])

READ = permission("audit_entries:read")
VERIFY = permission("audit_entries:read", cost=50)  # a second of work
# How far the time in an id may lie from that of its entry: earlier releases took it from a node.
_SKEW = timedelta(seconds=60)
ENTRIES_MAX = 20_000  # a second of work; the answer says where to go on
_PREFIXES = frozenset(entity_prefixes().values()) - {""}
_ENTITY_PATTERN = id_pattern(*_PREFIXES)

From = Annotated[Instant | None, Query(description="Recorded at or after this instant.")]
To = Annotated[Instant | None, Query(description="Recorded at or before this instant.")]


def _chain(http: Http) -> AuditChain:
    return http.services.extras["audit_chain"]  # type: ignore[no-any-return]


@router.get(
    "",
    summary="List the audit entries",
    openapi_extra=READ,
    responses=listed(AuditEntryView, AUDIT_LIST),
)
async def list_audit_entries(
    http: Caller,
    page: PageQuery,
    actor_id: Annotated[UserId | None, Query(description="Who acted.")] = None,
    on_behalf_of_id: Annotated[UserId | None, Query(description="On behalf of which user.")] = None,
    session_id: Annotated[SessionId | None, Query(description="In which session.")] = None,
    request_id: Annotated[
        str | None, Query(max_length=128, description="By which request.")
    ] = None,
    action: Annotated[
        str | None, Query(max_length=64, description="What was done: `created`, `changed` …")
    ] = None,
    entity_kind: Annotated[
        str | None, Query(max_length=64, description="To what: `product`, `member` …")
    ] = None,
    entity_id: Annotated[
        str | None,
        Query(
            max_length=40,
            description="To which object.",
            json_schema_extra={"pattern": _ENTITY_PATTERN},
        ),
    ] = None,
    recorded_from: From = None,
    recorded_to: To = None,
) -> Response:
    """Who did what, in the order of time; `sort=-recorded_at` shows the newest first.

    The history of one object is found at once by `entity_id`; other filters go through the entries
    of the time that `recorded_from` and `recorded_to` name.
    """
    entity = None if entity_id is None else _entity(entity_id)
    if entity_id is not None and entity_kind is None:
        entity_kind = _only_kind(entity_id.partition("_")[0])
    return await http.list(
        AUDIT_LIST,
        page,
        actor_id=actor_id,
        on_behalf_of_id=on_behalf_of_id,
        session_id=session_id,
        request_id=request_id,
        action=action,
        entity_kind=entity_kind,
        entity_id=entity,
        recorded_from=recorded_from,
        recorded_to=recorded_to,
        id_from=None if recorded_from is None else _id_at(recorded_from - _SKEW),
        id_to=None if recorded_to is None else _id_at(recorded_to + _SKEW),
    )


@router.get(
    "/verification",
    summary="Verify the audit trail",
    openapi_extra=VERIFY,
    responses=answers(AuditVerdictView, 200),
)
async def verify(
    http: Caller,
    from_sequence: Annotated[
        int, Query(ge=1, le=2**53, description="The seal to begin with; go on at `next_sequence`.")
    ] = 1,
    head: Annotated[
        str | None,
        Query(
            pattern="^[0-9a-f]{64}$",
            max_length=64,
            description="A hash that was published before; is it still in the chain?",
        ),
    ] = None,
) -> Response:
    """Compare the entries with their seals, up to some tens of thousands at once.

    Found is a changed, removed or added entry, a changed or removed seal; the first such place is
    named. Keep `head.hash` elsewhere: sent later, it shows that nothing was cut off since.
    """
    tenant_id = http.principal.tenant_id
    http.services.extras["sealing"].begin(tenant_id)
    found = await _chain(http).verify(
        tenant_id,
        first=from_sequence,
        head=None if head is None else bytes.fromhex(head),
        entries_max=ENTRIES_MAX,
    )
    return http.answer(verdict_view(tenant_id, found))


@router.get(
    "/{id}",
    summary="Show an audit entry",
    openapi_extra=READ,
    responses=answers(AuditEntryView, 200, NotFound),
)
async def show(http: Caller, id: IdPath) -> Response:  # noqa: A002
    """One entry, which never changes."""
    return await http.object(AUDIT_ENTRIES, (http.id_of(PREFIX, id),), shown)


def _id_at(instant: datetime) -> Id:
    return first_of(max(0, epoch_milliseconds(instant)))


def _entity(text: str) -> Id:
    """The id of an object of any kind."""
    prefix = text.partition("_")[0]
    with contextlib.suppress(InvalidValue):
        if prefix in _PREFIXES:
            return read(prefix, text)
    allowed = ", ".join(sorted(_PREFIXES))
    raise InvalidValue(faults=[Fault("?entity_id", "validation.identifier", {"prefix": allowed})])


def _only_kind(prefix: str) -> str | None:
    """The kind of the objects whose ids begin so, where there is one only."""
    kinds = [kind for kind, each in entity_prefixes().items() if each == prefix]
    return kinds[0] if len(kinds) == 1 else None
