"""The way back in: resets of passwords, lifted delays, and messages that wait to be sent."""

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

RUNS_FROM = "0012"
SCHEMA = "platform"
TABLES = ("platform.password_resets", "platform.throttle_lifts", "platform.messages")


def upgrade() -> None:
    """Apply."""
    schema = _schema()
    _resets(schema)
    _lifts(schema)
    _messages(schema)
    if schema is not None:
        for statement in guards.postgres_platform(TABLES):
            op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for table in ("messages", "throttle_lifts", "password_resets"):
        op.drop_table(table, schema=_schema())


def _schema() -> str | None:
    """Where the tables without a tenant are; SQLite has no schemas."""
    return SCHEMA if op.get_bind().dialect.name == "postgresql" else None


def _user(table: str, schema: str | None) -> sa.ForeignKeyConstraint:
    users = "users.id" if schema is None else f"{schema}.users.id"
    return sa.ForeignKeyConstraint(["user_id"], [users], name=op.f(f"{table}_user_id_fk"))


def _resets(schema: str | None) -> None:
    op.create_table(
        "password_resets",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("token_hash", types.Bytes(), nullable=False),
        sa.Column("requested_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint("expires_at > requested_at", name=op.f("password_resets_lifetime_ck")),
        _user("password_resets", schema),
        sa.PrimaryKeyConstraint("user_id", name=op.f("password_resets_pk")),
        schema=schema,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _lifts(schema: str | None) -> None:
    op.create_table(
        "throttle_lifts",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("lifted_at", types.Instant(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        _user("throttle_lifts", schema),
        sa.PrimaryKeyConstraint("user_id", name=op.f("throttle_lifts_pk")),
        schema=schema,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _messages(schema: str | None) -> None:
    op.create_table(
        "messages",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("recipient", types.Text(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("sealed", types.Bytes(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("delivered_at", types.Instant(), nullable=True),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint("expires_at > created_at", name=op.f("messages_lifetime_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("messages_pk")),
        schema=schema,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    waiting = sa.text("delivered_at IS NULL")
    op.create_index(
        "messages_id_ix",
        "messages",
        ["id"],
        schema=schema,
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
