"""API keys of a company, and when each was last used."""

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

RUNS_FROM = "0012"
TABLES = ("api_keys", "api_key_uses")


def upgrade() -> None:
    """Apply."""
    _keys()
    _uses()
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            for statement in guards.postgres_tenant(table, append_only=False):
                op.execute(statement)


def downgrade() -> None:
    """Undo."""
    op.drop_table("api_key_uses")
    op.drop_table("api_keys")


def _keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("scopes", types.Json(), nullable=False),
        sa.Column("addresses", types.Json(), nullable=False),
        sa.Column("test", types.Flag(), nullable=False),
        sa.Column("secret_hash", types.Bytes(), nullable=False),
        sa.Column("previous_hash", types.Bytes(), nullable=True),
        sa.Column("previous_until", types.Instant(), nullable=True),
        sa.Column("made_by", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("rotated_at", types.Instant(), nullable=True),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("revoked_at", types.Instant(), nullable=True),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "(previous_hash IS NULL) = (previous_until IS NULL)", name=op.f("api_keys_overlap_ck")
        ),
        sa.CheckConstraint("expires_at > created_at", name=op.f("api_keys_lifetime_ck")),
        sa.CheckConstraint(
            "revoked_at IS NULL OR previous_hash IS NULL", name=op.f("api_keys_end_ck")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("api_keys_pk")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _uses() -> None:
    op.create_table(
        "api_key_uses",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("api_key_id", types.Id(), nullable=False),
        sa.Column("last_used_at", types.Instant(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "api_key_id"],
            ["api_keys.tenant_id", "api_keys.id"],
            name=op.f("api_key_uses_tenant_id_api_key_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "api_key_id", name=op.f("api_key_uses_pk")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
