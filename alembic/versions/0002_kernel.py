"""Stored answers, audit trail, outbox."""

from collections.abc import Iterable

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Table: are its rows final?
TABLES = {
    "audit_entries": True,
    "outbox_events": True,
    "stored_answers": False,
}


def upgrade() -> None:
    """Apply."""
    postgres = op.get_bind().dialect.name == "postgresql"
    _audit_entries()
    _outbox_events()
    _stored_answers()
    for table, append_only in TABLES.items():
        if postgres:
            run(guards.postgres_tenant(table, append_only=append_only))
        elif append_only:
            run(guards.sqlite_append_only(table))


def downgrade() -> None:
    """Undo."""
    op.drop_table("stored_answers")
    op.drop_table("outbox_events")
    op.drop_table("audit_entries")


def run(statements: Iterable[str]) -> None:
    """Execute statements one by one."""
    for statement in statements:
        op.execute(statement)


def _audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=False),
        sa.Column("session_id", types.Id(), nullable=False),
        sa.Column("request_id", types.Text(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("action", types.Text(), nullable=False),
        sa.Column("entity_kind", types.Text(), nullable=False),
        sa.Column("entity_id", types.Id(), nullable=False),
        sa.Column("changes", types.Json(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("audit_entries_pk")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "audit_entries_entity_kind_entity_id_ix",
        "audit_entries",
        ["tenant_id", "entity_kind", "entity_id"],
        unique=False,
    )


def _outbox_events() -> None:
    op.create_table(
        "outbox_events",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("type", types.Text(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("payload", types.Json(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("outbox_events_pk")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _stored_answers() -> None:
    op.create_table(
        "stored_answers",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("principal_id", types.Id(), nullable=False),
        sa.Column("operation", types.Text(), nullable=False),
        sa.Column("idempotency_key", types.Text(), nullable=False),
        sa.Column("request_hash", types.Bytes(), nullable=False),
        sa.Column("status", types.Integer(), nullable=False),
        sa.Column("headers", types.Text(), nullable=False),
        sa.Column("body", types.Text(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "principal_id",
            "operation",
            "idempotency_key",
            name=op.f("stored_answers_pk"),
        ),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    # ### end Alembic commands ###
