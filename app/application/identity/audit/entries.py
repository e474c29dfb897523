"""The audit trail of the company, as its administrators read it."""

from datetime import datetime
from inspect import signature
from typing import Annotated, Any, Final

from typing_extensions import TypedDict

from app.application.identity.audit.seals import Verdict
from app.application.shared.guarded import COSTS, Guarded
from app.application.shared.nouns import PREFIXES
from app.application.shared.reading import Listing
from app.application.shared.trail import AuditEntry
from app.application.shared.wording import instant, maybe
from app.domain.identity.audit.chain import Seal
from app.domain.shared.ids import NO_ID, Id, show

PREFIX: Final = "aud"
# Declared nouns state the prefix of their ids; these are the other kinds of entities. A kind with
# an empty prefix has no id.
_OWN_PREFIXES: Final[dict[str, str]] = {
    "api_key": "key",
    "challenge": "",
    "credentials": "usr",
    "export": "exp",
    "invitation": "inv",
    "member": "usr",
    "operation": "",
    "period": "tnt",
    "role": "rol",
    "second_factor": "usr",
    "security_key": "sky",
    "session": "ses",
    "tenant": "tnt",
    "user": "usr",
}


def entity_prefixes() -> dict[str, str]:
    """The prefix of the ids of each kind of entity that the audit trail names."""
    return {**PREFIXES, **_OWN_PREFIXES}


_OTHER: Final = "obj"  # of a kind that has no prefix here yet

AUDIT_LIST = Listing(
    "audit_entries",
    sorts=("recorded_at",),
    filters=(
        "actor_id",
        "on_behalf_of",
        "session_id",
        "request_id",
        "action",
        "entity_kind",
        "entity_id",
        "recorded_from",
        "recorded_to",
        "id_from",
        "id_to",
    ),
)


class AuditEntryView(TypedDict):
    """Who did what to which object, on behalf of which user, when and from where."""

    id: str
    recorded_at: str
    actor_id: str | None
    on_behalf_of: str | None
    session_id: str | None
    request_id: str
    address: str
    action: str
    entity_kind: str
    entity_id: str | None
    changes: Annotated[dict[str, Any], Guarded(COSTS)]


def entry_view(
    id_: bytes,
    recorded_at: datetime,
    actor_id: bytes,
    on_behalf_of: bytes | None,
    session_id: bytes,
    request_id: str,
    address: str,
    action: str,
    entity_kind: str,
    entity_id: bytes,
    changes: dict[str, Any],
) -> AuditEntryView:
    """The view of an entry. An actor on behalf of another user is an API key of that user."""
    own = _OWN_PREFIXES.get(entity_kind)
    prefix = PREFIXES.get(entity_kind, _OTHER) if own is None else own
    return {
        "id": show(PREFIX, id_),
        "recorded_at": instant(recorded_at),
        "actor_id": _shown("usr" if on_behalf_of in {None, actor_id} else "key", actor_id),
        "on_behalf_of": maybe("usr", on_behalf_of),
        "session_id": _shown("ses", session_id),
        "request_id": request_id,
        "address": address,
        "action": action,
        "entity_kind": entity_kind,
        "entity_id": _shown(prefix, entity_id) if prefix else None,
        "changes": changes,
    }


# The columns and members that the view takes, in its order.
ENTRY_MEMBERS: Final = tuple(name.removesuffix("_") for name in signature(entry_view).parameters)


def _shown(prefix: str, id_: bytes) -> str | None:
    return None if id_ == NO_ID else show(prefix, id_)


def shown(entry: AuditEntry) -> AuditEntryView:
    """The view of an entry that was loaded by its id."""
    return entry_view(*(getattr(entry, name) for name in ENTRY_MEMBERS))


class AuditHeadView(TypedDict):
    """The newest seal. Kept elsewhere, its hash shows later that nothing was cut off."""

    company_id: str
    sequence: int
    hash: str
    recorded_at: str


class AuditBreakView(TypedDict):
    """The first place where the trail is not what was sealed."""

    kind: str
    sequence: int
    place: int | None
    entry_id: str | None


class AuditVerdictView(TypedDict):
    """What verifying the trail found."""

    ok: bool
    first_sequence: int
    last_sequence: int
    next_sequence: int | None
    entries: int
    unsealed: int
    head: AuditHeadView | None
    contains_head: bool | None
    first_break: AuditBreakView | None


def head_view(tenant_id: Id, head: Seal) -> AuditHeadView:
    """A head as it is published."""
    return {
        "company_id": show("tnt", tenant_id),
        "sequence": head.sequence,
        "hash": head.hash.hex(),
        "recorded_at": instant(head.recorded_at),
    }


def verdict_view(tenant_id: Id, found: Verdict) -> AuditVerdictView:
    """The view of a verdict."""
    broken = found.broken
    return {
        "ok": found.ok,
        "first_sequence": found.first,
        "last_sequence": found.last,
        "next_sequence": found.next_sequence,
        "entries": found.entries,
        "unsealed": found.unsealed,
        "head": None if found.head is None else head_view(tenant_id, found.head),
        "contains_head": found.contains,
        "first_break": None
        if broken is None
        else {
            "kind": str(broken.kind),
            "sequence": broken.sequence,
            "place": broken.place,
            "entry_id": maybe(PREFIX, broken.entry_id),
        },
    }
