"""Wire types of accounting: ids of documents, of one kind or of any, and its texts."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from app.api.wire import id_pattern, reference, text, wrong_id
from app.application.accounting.views import PREFIXES, DocumentRef
from app.domain.accounting.entries import MEMO_LENGTH_MAX
from app.domain.accounting.periods import REASON_LENGTH_MAX
from app.domain.shared.errors import InvalidValue
from app.domain.shared.ids import ulid_bytes

EntryId = reference("jnl")
PaymentId = reference("pay")
AllocationId = reference("alc")
Code = text(32)
Name = text(200)
Memo = text(MEMO_LENGTH_MAX, length_min=0)
Reason = text(REASON_LENGTH_MAX)
Key = text(128)  # an idempotency key of a batch

_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
DOCUMENT_PREFIXES = ", ".join(sorted(_KINDS))
DOCUMENT_PATTERN = id_pattern(*_KINDS)


def read_document(value: str) -> DocumentRef:
    """The document behind a prefixed id.

    Raises:
        InvalidValue: the prefix is that of no document, or what follows is no ULID.
    """
    prefix, _, ulid = value.partition("_")
    if prefix not in _KINDS:
        raise InvalidValue
    return DocumentRef(_KINDS[prefix], ulid_bytes(ulid))


def _document(value: Any) -> DocumentRef:
    wrong = wrong_id(DOCUMENT_PREFIXES)
    if not isinstance(value, str):
        raise wrong
    try:
        return read_document(value)
    except InvalidValue:
        raise wrong from None


AnyDocumentId = Annotated[
    DocumentRef,
    BeforeValidator(_document),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": DOCUMENT_PATTERN,
            "examples": ["sal_01JZ8B6Q0G3V5W7X9YABCDEFGH"],
        }
    ),
]
