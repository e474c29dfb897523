"""The audit chain, and the user on whose behalf an entry was made."""

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

RUNS_FROM = "0010"
TABLES = ("audit_seals",)
# Going back would forget who answers for what keys did.
FORGOTTEN = {"audit_entries": "on_behalf_of IS NOT NULL"}


def upgrade() -> None:
    """Apply."""
    op.add_column("audit_entries", sa.Column("on_behalf_of", types.Id(), nullable=True))
    op.create_table(
        "audit_seals",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("sequence", types.Integer(), nullable=False),
        sa.Column("after_id", types.Id(), nullable=False),
        sa.Column("through_id", types.Id(), nullable=False),
        sa.Column("entries", types.Integer(), nullable=False),
        sa.Column("previous_hash", types.Bytes(), nullable=False),
        sa.Column("hash", types.Bytes(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("digests", types.Bytes(), nullable=False),
        sa.CheckConstraint("sequence >= 1", name=op.f("audit_seals_sequence_ck")),
        sa.CheckConstraint("after_id < through_id", name=op.f("audit_seals_range_ck")),
        sa.CheckConstraint("length(digests) = entries * 32", name=op.f("audit_seals_digests_ck")),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", name=op.f("audit_seals_pk")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        # Digests do not get smaller by compressing.
        op.execute("ALTER TABLE audit_seals ALTER COLUMN digests SET STORAGE EXTERNAL")
        statements = guards.postgres_tenant("audit_seals", append_only=True)
    else:
        statements = guards.sqlite_append_only("audit_seals")
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    op.drop_table("audit_seals")
    op.drop_column("audit_entries", "on_behalf_of")
