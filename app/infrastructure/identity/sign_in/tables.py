"""Tables of password resets, and of messages that wait to be sent."""

from sqlalchemy import Index

from app.domain.shared.errors import ReferenceNotFound, ValueOutOfRange
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import check, column, platform_table, version
from app.infrastructure.db.types import Bytes, Id, Instant, Text
from app.infrastructure.identity.directory.tables import refers_to

password_resets = platform_table(
    "password_resets",
    column("user_id", Id),
    column("token_hash", Bytes),
    column("requested_at", Instant),
    column("expires_at", Instant),
    version(),
    refers_to("user_id", "users"),
    check("lifetime", "expires_at > requested_at"),
    key=("user_id",),
)

_delivered_at = column("delivered_at", Instant, null=True)
_WAITING = _delivered_at.is_(None)
messages = platform_table(
    "messages",
    column("id", Id),
    column("recipient", Text),
    column("kind", Text),
    column("sealed", Bytes),
    column("created_at", Instant),
    column("expires_at", Instant),
    _delivered_at,
    version(),
    check("lifetime", "expires_at > created_at"),
    # What waits is little, however much was sent.
    Index("messages_id_ix", "id", postgresql_where=_WAITING, sqlite_where=_WAITING),
)

on_constraint(ReferenceNotFound, "password_resets_user_id_fk")
on_constraint(ValueOutOfRange, "password_resets_lifetime_ck", "messages_lifetime_ck")
