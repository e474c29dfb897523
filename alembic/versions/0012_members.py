"""Members of a company: switched off without leaving it, and invited by a token."""

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RUNS_FROM = "0010"
TABLES = ("invitations",)
# Going back would let these members in again.
FORGOTTEN = {"platform.memberships": "NOT active"}

_IN_ROLE = "memberships_tenant_id_role_ix"


def upgrade() -> None:
    """Apply."""
    schema = _schema()
    active = sa.Column("active", types.Flag(), nullable=False, server_default=sa.true())
    op.add_column("memberships", active, schema=schema)
    op.create_index(_IN_ROLE, "memberships", ["tenant_id", "role"], schema=schema)
    _invitations()
    if schema is not None:
        for statement in guards.postgres_tenant("invitations", append_only=False):
            op.execute(statement)


def downgrade() -> None:
    """Undo."""
    op.drop_table("invitations")
    op.drop_index(_IN_ROLE, "memberships", schema=_schema())
    op.drop_column("memberships", "active", schema=_schema())


def _schema() -> str | None:
    """Where the tables without a tenant are; SQLite has no schemas."""
    return "platform" if op.get_bind().dialect.name == "postgresql" else None


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("email", types.Text(), nullable=False),
        sa.Column("email_folded", types.Text(), nullable=False),
        sa.Column("role", types.Text(), nullable=False),
        sa.Column("token_hash", types.Bytes(), nullable=False),
        sa.Column("invited_by", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("accepted_at", types.Instant(), nullable=True),
        sa.Column("withdrawn_at", types.Instant(), nullable=True),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "accepted_at IS NULL OR withdrawn_at IS NULL", name=op.f("invitations_end_ck")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("invitations_pk")),
        sa.UniqueConstraint(
            "tenant_id", "token_hash", name=op.f("invitations_tenant_id_token_hash_uq")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "invitations_email_folded_id_ix", "invitations", ["tenant_id", "email_folded", "id"]
    )
