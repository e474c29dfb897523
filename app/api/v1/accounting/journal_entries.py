"""/journal-entries: every posting of the books; those made by hand are posted and reversed here."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import ConfigDict, Field, JsonValue
from starlette.responses import Response

from app.api.deps import Caller, CommandCaller, Http
from app.api.masters import IdPath, answers, listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.v1.accounting.references import (
    DOCUMENT_PATTERN,
    DOCUMENT_PREFIXES,
    EntryId,
    Memo,
    read_document,
)
from app.api.wire import AccountId, Amount, ExternalRef, Instant, Schema
from app.application.accounting.journal import (
    POST_ENTRY,
    REVERSE_ENTRY,
    EntryInput,
    LineInput,
    ReversalInput,
)
from app.application.accounting.ports import (
    BOOKS,
    ENTRY_LIST,
    JOURNAL_ENTRIES,
    RECORDED_ENTRIES,
    REVERSAL_OF,
)
from app.application.accounting.views import (
    PREFIXES,
    DocumentRef,
    EntrySummary,
    EntryView,
    entry_view,
)
from app.application.shared.kinds import Needs
from app.domain.accounting.errors import (
    AlreadyReversed,
    ControlAccount,
    EntryOfDocument,
    EntryUnbalanced,
    PeriodClosed,
    PeriodLocked,
    ReversalBeforeEntry,
    ReversalOfReversal,
)
from app.domain.shared.errors import (
    ConcurrentChange,
    ExternalRefTaken,
    Fault,
    IdTaken,
    InvalidValue,
    NotFound,
)

LINES_MAX = 2000
SourceKind: Any = Literal[tuple(PREFIXES)]
_SALE = "sal_01JZ8B6Q0G3V5W7X9YABCDEFGH"
_NOTHING: dict[str, JsonValue] = {"pattern": r"^0(\.0{1,18})?$"}
_NO_DEBIT: JsonValue = {"properties": {"debit": _NOTHING}}
_NO_CREDIT: JsonValue = {"properties": {"credit": _NOTHING}}

router = v1_router("/journal-entries", tags=["journal-entries"])
_READ, _WRITE = permission("journal_entries:read"), permission("journal_entries:write")


class EntryLineIn(Schema):
    """One side of an entry: a debit or a credit, not both."""

    model_config = ConfigDict(json_schema_extra={"if": _NO_DEBIT, "else": _NO_CREDIT})

    account_id: AccountId
    debit: Amount = 0
    credit: Amount = 0
    memo: Memo = ""


class EntryIn(Schema):
    """An entry made by hand; its debits equal its credits."""

    id: EntryId | None = None
    external_ref: ExternalRef | None = None
    effective_at: Instant | None = None
    memo: Memo = ""
    lines: Annotated[list[EntryLineIn], Field(max_length=LINES_MAX)]

    def wish(self, http: Http) -> EntryInput:
        """The command's input."""
        return EntryInput(
            id=self.id,
            external_ref=self.external_ref,
            effective_at=self.effective_at or http.now(),
            dated=self.effective_at is not None,
            memo=self.memo,
            lines=tuple(
                LineInput(line.account_id, line.debit, line.credit, line.memo)
                for line in self.lines
            ),
        )


class ReversalIn(Schema):
    """When the entry is undone (now, unless stated), and why."""

    effective_at: Instant | None = None
    memo: Memo = ""


_REFUSALS = (PeriodClosed, PeriodLocked, ConcurrentChange)


@router.post(
    "",
    summary="Post a journal entry",
    openapi_extra=_WRITE,
    responses=answers(
        EntryView,
        201,
        IdTaken,
        ExternalRefTaken,
        ControlAccount,
        EntryUnbalanced,
        *_REFUSALS,
        body=True,
        keyed=True,
    ),
)
async def create_entry(http: CommandCaller, body: EntryIn) -> Response:
    """Post an entry made by hand; control accounts are posted by their documents only."""
    return await http.run(POST_ENTRY, body.wish(http))


@router.post(
    "/{id}/reverse",
    summary="Reverse a journal entry",
    openapi_extra=_WRITE,
    responses=answers(
        EntryView,
        201,
        NotFound,
        AlreadyReversed,
        ReversalBeforeEntry,
        ReversalOfReversal,
        EntryOfDocument,
        *_REFUSALS,
        body=True,
        keyed=True,
    ),
)
async def reverse_entry(
    http: CommandCaller,
    id: IdPath,  # noqa: A002 - the path parameter
    body: ReversalIn,
) -> Response:
    """Undo an entry made by hand by another with the sides swapped; it answers the new entry."""
    effective_at = body.effective_at or http.now()
    wish = ReversalInput(http.id_of("jnl", id), effective_at, body.memo)
    return await http.run(REVERSE_ENTRY, wish)


@router.get(
    "",
    summary="List journal entries",
    openapi_extra=_READ,
    responses=listed(EntrySummary, ENTRY_LIST),
)
async def list_entries(
    http: Caller,
    page: PageQuery,
    effective_from: date | None = None,
    effective_to: date | None = None,
    source_kind: SourceKind | None = None,
    source_id: Annotated[
        str | None,
        Query(max_length=40, examples=[_SALE], json_schema_extra={"pattern": DOCUMENT_PATTERN}),
    ] = None,
    external_ref: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Entries by business day, without their lines; ``source_id`` finds those of one document."""
    source = None if source_id is None else _source(source_id)
    if source is not None:
        source_kind = source_kind or source.kind
    return await http.list(
        ENTRY_LIST,
        page,
        effective_from=effective_from,
        effective_to=effective_to,
        source_kind=source_kind,
        source_id=None if source is None else source.id,
        external_ref=external_ref,
    )


def _source(text: str) -> DocumentRef:
    try:
        return read_document(text)
    except InvalidValue:
        fault = Fault("?source_id", "validation.identifier", {"prefix": DOCUMENT_PREFIXES})
        raise InvalidValue(faults=[fault]) from None


@router.get(
    "/{id}",
    summary="Show a journal entry",
    openapi_extra=_READ,
    responses=answers(EntryView, 200, NotFound),
)
async def show_entry(http: Caller, id: IdPath) -> Response:  # noqa: A002 - the path parameter
    """An entry with its lines, the document that posted it, and its reversal."""
    entry_id = http.id_of("jnl", id)
    needs = Needs().one(JOURNAL_ENTRIES, entry_id).one(RECORDED_ENTRIES, entry_id).one(BOOKS)
    loaded = await http.load(needs.search(REVERSAL_OF, entry_id))
    entry = loaded.present[JOURNAL_ENTRIES].get((entry_id,))
    if entry is None:
        raise NotFound
    reversal = next(iter(loaded.results(REVERSAL_OF, entry_id)), None)
    view = entry_view(
        entry,
        loaded.present[BOOKS][()].currency,
        loaded.present[RECORDED_ENTRIES][entry_id,].recorded_at,
        None if reversal is None else reversal.id,
    )
    return http.answer(view)
