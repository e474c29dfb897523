"""Companies take their data out, rest and end."""

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0018"
down_revision = "0012"
branch_labels = None
depends_on = None

RUNS_FROM = "0010"
TABLES = ("exports",)
# To the release before, these companies work as ever.
FORGOTTEN = {("platform", "tenants"): "delete_at IS NOT NULL OR purging"}


def upgrade() -> None:
    """Apply."""
    schema = _schema()
    op.add_column("tenants", sa.Column("delete_at", types.Instant(), nullable=True), schema=schema)
    purging = sa.Column("purging", types.Flag(), nullable=False, server_default=sa.false())
    op.add_column("tenants", purging, schema=schema)
    _exports()
    if schema is not None:
        for statement in guards.postgres_tenant("exports", append_only=False):
            op.execute(statement)


def downgrade() -> None:
    """Undo."""
    schema = _schema()
    op.drop_table("exports")
    op.drop_column("tenants", "purging", schema=schema)
    op.drop_column("tenants", "delete_at", schema=schema)


def _schema() -> str | None:
    """Where the tables without a tenant are; SQLite has no schemas."""
    return "platform" if op.get_bind().dialect.name == "postgresql" else None


def _exports() -> None:
    op.create_table(
        "exports",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("requested_by", types.Id(), nullable=False),
        sa.Column("requested_at", types.Instant(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("attempt", types.Integer(), nullable=False),
        sa.Column("lease_until", types.Instant(), nullable=True),
        sa.Column("tables_done", types.Integer(), nullable=False),
        sa.Column("tables_total", types.Integer(), nullable=False),
        sa.Column("rows", types.Integer(), nullable=False),
        sa.Column("error", types.Text(), nullable=True),
        sa.Column("file_bytes", types.Integer(), nullable=True),
        sa.Column("file_sha256", types.Text(), nullable=True),
        sa.Column("finished_at", types.Instant(), nullable=True),
        sa.Column("expires_at", types.Instant(), nullable=True),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'expired')",
            name=op.f("exports_state_ck"),
        ),
        sa.CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)", name=op.f("exports_held_ck")
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (error IS NOT NULL)", name=op.f("exports_failed_ck")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("exports_pk")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    open_ = sa.text("state IN ('queued', 'running')")
    op.create_index(
        "exports_tenant_id_uq",
        "exports",
        ["tenant_id"],
        unique=True,
        postgresql_where=open_,
        sqlite_where=open_,
    )
