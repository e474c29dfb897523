"""/journal-entries: every posting of the books; those made by hand are posted and reversed here."""

from inspect import getdoc
from typing import Any

from pydantic import ConfigDict, JsonValue
from starlette.responses import Response

from app.api.answers import IdPath, answers
from app.api.deps import CommandCaller
from app.api.resources import document_router
from app.api.route import permission
from app.api.schemas import model_of, own_form, schema_of, value_of
from app.api.wire import Schema
from app.application.accounting.contract import DAY_REFUSALS
from app.application.accounting.journal import ENTRY, REVERSE_ENTRY
from app.application.shared.documents import Asked
from app.domain.accounting.entries import EntryLineIn, ReversalIn
from app.domain.accounting.errors import (
    AlreadyReversed,
    EntryOfDocument,
    ReversalBeforeEntry,
    ReversalOfReversal,
)
from app.domain.shared.errors import ConcurrentChange, NotFound

_NOTHING: dict[str, JsonValue] = {"pattern": r"^0(\.0{1,18})?$"}
_NO_DEBIT: JsonValue = {"properties": {"debit": _NOTHING}}
_NO_CREDIT: JsonValue = {"properties": {"credit": _NOTHING}}


class _OneSide(Schema):
    model_config = ConfigDict(json_schema_extra={"if": _NO_DEBIT, "else": _NO_CREDIT})


own_form(EntryLineIn, _OneSide)
router = document_router(ENTRY)
_reversal = value_of(ReversalIn)


async def _reverse(http: CommandCaller, id: IdPath, body: Any) -> Response:  # noqa: A002
    at = body.effective_at or http.now()
    return await http.run(REVERSE_ENTRY, Asked(_reversal(body), at, http.id_of("jnl", id)))


_reverse.__annotations__["body"] = model_of(ReversalIn)
router.post(
    "/{id}/reverse",
    summary="Reverse a journal entry",
    description=getdoc(REVERSE_ENTRY.decide),
    openapi_extra=permission(ENTRY.noun.writes),
    responses=answers(
        schema_of(ENTRY.noun.view),
        201,
        NotFound,
        AlreadyReversed,
        ReversalBeforeEntry,
        ReversalOfReversal,
        EntryOfDocument,
        *DAY_REFUSALS,
        ConcurrentChange,
        body=True,
        keyed=True,
    ),
)(_reverse)
