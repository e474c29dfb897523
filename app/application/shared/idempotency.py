"""Stored answers: what a command answered under an idempotency key."""

from datetime import datetime

from app.application.shared.kinds import Kind, LockRank
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class StoredAnswer:
    """The first answer to a request, kept so that a repeat gets the same and does nothing."""

    principal_id: Id
    operation: str
    idempotency_key: str
    request_hash: bytes
    status: int
    headers: str
    body: str
    recorded_at: datetime


STORED_ANSWERS: Kind[StoredAnswer] = Kind(
    "stored_answers",
    key=lambda answer: (answer.principal_id, answer.operation, answer.idempotency_key),
    rank=LockRank.IDEMPOTENCY,
)
