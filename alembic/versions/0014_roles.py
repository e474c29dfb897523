"""Roles that a company makes for itself."""

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# To the release before, a member with such a role may do nothing.
RUNS_FROM = "0010"
SCHEMA = "platform"
TABLES = ("platform.roles",)


def upgrade() -> None:
    """Apply."""
    schema = _schema()
    tenants = "tenants.id" if schema is None else f"{schema}.tenants.id"
    op.create_table(
        "roles",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("code", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("permissions", types.Json(), nullable=False),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint("length(code) BETWEEN 1 AND 32", name=op.f("roles_code_length_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], [tenants], name=op.f("roles_tenant_id_fk")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("roles_pk")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("roles_tenant_id_code_uq")),
        schema=schema,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    if schema is not None:
        for statement in guards.postgres_platform(TABLES):
            op.execute(statement)


def downgrade() -> None:
    """Undo."""
    op.drop_table("roles", schema=_schema())


def _schema() -> str | None:
    """Where the tables without a tenant are; SQLite has no schemas."""
    return SCHEMA if op.get_bind().dialect.name == "postgresql" else None
