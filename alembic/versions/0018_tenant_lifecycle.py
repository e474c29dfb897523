"""Companies end: a date of deletion, and nobody in while their rows go."""

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import types

revision = "0018"
down_revision = "0012"
branch_labels = None
depends_on = None

RUNS_FROM = "0010"
TABLES = ()
# To the release before, these companies work as ever.
FORGOTTEN = {("platform", "tenants"): "delete_at IS NOT NULL OR purging"}


def upgrade() -> None:
    """Apply."""
    schema = _schema()
    op.add_column("tenants", sa.Column("delete_at", types.Instant(), nullable=True), schema=schema)
    purging = sa.Column("purging", types.Flag(), nullable=False, server_default=sa.false())
    op.add_column("tenants", purging, schema=schema)


def downgrade() -> None:
    """Undo."""
    schema = _schema()
    op.drop_column("tenants", "purging", schema=schema)
    op.drop_column("tenants", "delete_at", schema=schema)


def _schema() -> str | None:
    """Where the tables without a tenant are; SQLite has no schemas."""
    return "platform" if op.get_bind().dialect.name == "postgresql" else None
