"""Tables of the write path itself: stored answers, the audit trail, the outbox."""

from app.application.shared.idempotency import STORED_ANSWERS, StoredAnswer
from app.application.shared.trail import AUDIT_ENTRIES, OUTBOX_EVENTS, AuditEntry, OutboxEvent
from app.infrastructure.db.mapping import flat
from app.infrastructure.db.metadata import column, index, tenant_table
from app.infrastructure.db.types import Bytes, Id, Instant, Integer, Json, Text

stored_answers = tenant_table(
    "stored_answers",
    column("principal_id", Id),
    column("operation", Text),
    column("idempotency_key", Text),
    column("request_hash", Bytes),
    column("status", Integer),
    column("headers", Text),
    column("body", Text),
    column("recorded_at", Instant),
    key=("principal_id", "operation", "idempotency_key"),
    wide=True,
    left_out="answers kept for a day so that a repeated request gets the same one",
)

audit_entries = tenant_table(
    "audit_entries",
    column("id", Id),
    column("actor_id", Id),
    column("on_behalf_of", Id, null=True),
    column("session_id", Id),
    column("request_id", Text),
    column("address", Text),
    column("action", Text),
    column("entity_kind", Text),
    column("entity_id", Id),
    column("changes", Json),
    column("recorded_at", Instant),
    index("audit_entries", "entity_kind", "entity_id"),
    append_only=True,
)

outbox_events = tenant_table(
    "outbox_events",
    column("id", Id),
    column("type", Text),
    column("subject_id", Id),
    column("payload", Json),
    column("recorded_at", Instant),
    append_only=True,
)

MAPPINGS = (
    flat(
        STORED_ANSWERS,
        stored_answers,
        StoredAnswer,
        key=("principal_id", "operation", "idempotency_key"),
    ),
    flat(AUDIT_ENTRIES, audit_entries, AuditEntry),
    flat(OUTBOX_EVENTS, outbox_events, OutboxEvent),
)
