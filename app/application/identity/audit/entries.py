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
    "period": "cmp",
    "role": "rol",
    "second_factor": "usr",
    "security_key": "sky",
    "session": "ses",
    "company": "cmp",
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
        "on_behalf_of_id",
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
    """The id of the entry."""
    recorded_at: str
    """When it was recorded, by the clock of the database."""
    actor_id: str | None
    """Who acted; null for nobody who is known, and for the service itself."""
    on_behalf_of_id: str | None
    """The user who answers for it where a key acted; null otherwise."""
    session_id: str | None
    """The session of the request; null where there was none."""
    request_id: str
    """The `X-Request-ID` of the answer."""
    address: str
    """The network address that the request came from."""
    action: str
    """What was done: `created`, `changed`, `posted`, `permission_refused` …"""
    entity_kind: str
    """What it was done to: `product`, `member`, `session` …"""
    entity_id: str | None
    """The object; null where the entry tells of none."""
    changes: Annotated[dict[str, Any], Guarded(COSTS)]
    """Of a change `before` and `after`; otherwise what tells it apart. No secrets."""


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
        "on_behalf_of_id": maybe("usr", on_behalf_of),
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
    """The company whose chain it is."""
    sequence: int
    """The place of the seal in the chain, from 1."""
    hash: str
    """64 hexadecimal digits over the seal and all before it."""
    recorded_at: str
    """When it was sealed."""


class AuditBreakView(TypedDict):
    """The first place where the trail is not what was sealed."""

    kind: str
    """`seal_missing`, `seal_changed`, `entry_missing`, `entry_changed` or `entry_added`."""
    sequence: int
    """The place of the seal in the chain, from 1."""
    place: int | None
    """The place of the entry in its seal, from 1; null where the seal itself is wrong."""
    entry_id: str | None
    """The entry that stands there now; null for none."""


class AuditVerdictView(TypedDict):
    """What verifying the trail found."""

    ok: bool
    """Whether nothing is wrong in what was looked at."""
    first_sequence: int
    """The first seal that was looked at."""
    last_sequence: int
    """The last seal that was looked at; less than the first when there was none."""
    next_sequence: int | None
    """Where to go on; null when all was looked at, or something is broken."""
    entry_count: int
    """How many sealed entries were compared."""
    unsealed: int
    """How many entries wait for a seal; younger than two minutes, as a rule."""
    head: AuditHeadView | None
    """The newest seal; null before the first. Keep it elsewhere."""
    head_included: bool | None
    """Whether the asked for head is in the chain; null when none was asked for."""
    first_break: AuditBreakView | None
    """The first place where the trail is not what was sealed; null for none."""


def head_view(tenant_id: Id, head: Seal) -> AuditHeadView:
    """A head as it is published."""
    return {
        "company_id": show("cmp", tenant_id),
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
        "entry_count": found.entries,
        "unsealed": found.unsealed,
        "head": None if found.head is None else head_view(tenant_id, found.head),
        "head_included": found.contains,
        "first_break": None
        if broken is None
        else {
            "kind": str(broken.kind),
            "sequence": broken.sequence,
            "place": broken.place,
            "entry_id": maybe(PREFIX, broken.entry_id),
        },
    }
