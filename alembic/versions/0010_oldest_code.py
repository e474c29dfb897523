"""The oldest code that runs on the schema, kept beside its revision."""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = ()


def upgrade() -> None:
    """Apply."""
    op.add_column("alembic_version", sa.Column("runs_from", sa.String(32), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("alembic_version", "runs_from")
