"""Rows that every accepted command leaves beside its own: the audit trail and the outbox."""

from datetime import datetime
from typing import Any

from app.application.shared.kinds import Kind
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class AuditEntry:
    """Who did what to which entity, on behalf of which user, from where; append-only.

    The time in ``id`` is that of ``recorded_at``, so the order of the ids is the order of time by
    the database's clock, whichever node wrote.
    """

    id: Id
    actor_id: Id
    on_behalf_of: Id | None
    session_id: Id
    request_id: str
    address: str
    action: str
    entity_kind: str
    entity_id: Id
    changes: dict[str, Any]
    recorded_at: datetime


@frozen
class OutboxEvent:
    """An event to be sent out after the commit; its sequence is given by the relay."""

    id: Id
    type: str
    subject_id: Id
    payload: dict[str, Any]
    recorded_at: datetime


AUDIT_ENTRIES: Kind[AuditEntry] = Kind("audit_entries", key=lambda entry: (entry.id,))
OUTBOX_EVENTS: Kind[OutboxEvent] = Kind("outbox_events", key=lambda event: (event.id,))
