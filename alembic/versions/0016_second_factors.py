"""Second factors: apps and recovery codes, security keys, and what waits for their answer.

A release from before does not ask for them. While one still serves, let nobody enrol.
"""

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

RUNS_FROM = "0012"
SCHEMA = "platform"
TABLES = ("platform.second_factors", "platform.security_keys", "platform.challenges")
# Going back would forget what these companies demand, and how well people are known.
FORGOTTEN = {
    "platform.tenants": "mfa_required OR step_up_for_payouts",
    "platform.credentials": "second_factor",
    "platform.sessions": "second_factor",
}

_FLAGS = (
    ("credentials", "second_factor"),
    ("sessions", "second_factor"),
    ("tenants", "mfa_required"),
    ("tenants", "step_up_for_payouts"),
)


def upgrade() -> None:
    """Apply."""
    schema = _schema()
    for table, name in _FLAGS:
        flag = sa.Column(name, types.Flag(), nullable=False, server_default=sa.false())
        op.add_column(table, flag, schema=schema)
    op.add_column("sessions", sa.Column("proved_at", types.Instant(), nullable=True), schema=schema)
    _second_factors()
    _security_keys()
    _challenges()
    if schema is not None:
        for statement in guards.postgres_platform(TABLES):
            op.execute(statement)


def downgrade() -> None:
    """Undo."""
    schema = _schema()
    for table in ("challenges", "security_keys", "second_factors"):
        op.drop_table(table, schema=SCHEMA)
    op.drop_column("sessions", "proved_at", schema=schema)
    for table, name in reversed(_FLAGS):
        op.drop_column(table, name, schema=schema)


def _schema() -> str | None:
    """Where the tables without a tenant are; SQLite has no schemas."""
    return SCHEMA if op.get_bind().dialect.name == "postgresql" else None


def _references(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{SCHEMA}.{to}.id"], name=op.f(f"{table}_{column}_fk")
    )


def _second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("sealed_secret", types.Bytes(), nullable=True),
        sa.Column("pending_secret", types.Bytes(), nullable=True),
        sa.Column("pending_at", types.Instant(), nullable=True),
        sa.Column("last_step", types.Integer(), nullable=False),
        sa.Column("recovery_hashes", types.Bytes(), nullable=False),
        sa.Column("failures", types.Integer(), nullable=False),
        sa.Column("failed_at", types.Instant(), nullable=True),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "(pending_secret IS NULL) = (pending_at IS NULL)",
            name=op.f("second_factors_pending_ck"),
        ),
        sa.CheckConstraint(
            "length(recovery_hashes) % 32 = 0", name=op.f("second_factors_recovery_hashes_ck")
        ),
        _references("second_factors", "user_id", "users"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("second_factors_pk")),
        schema=SCHEMA,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _security_keys() -> None:
    op.create_table(
        "security_keys",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("credential_id", types.Bytes(), nullable=False),
        sa.Column("public_key", types.Bytes(), nullable=False),
        sa.Column("sign_count", types.Integer(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("last_used_at", types.Instant(), nullable=True),
        sa.Column("removed_at", types.Instant(), nullable=True),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint("sign_count >= 0", name=op.f("security_keys_sign_count_ck")),
        _references("security_keys", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("security_keys_pk")),
        schema=SCHEMA,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("security_keys_user_id_ix", "security_keys", ["user_id"], schema=SCHEMA)
    in_use = sa.text("removed_at IS NULL")
    op.create_index(
        "security_keys_credential_id_uq",
        "security_keys",
        ["credential_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=in_use,
        sqlite_where=in_use,
    )


def _challenges() -> None:
    op.create_table(
        "challenges",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("purpose", types.Text(), nullable=False),
        sa.Column("token_hash", types.Bytes(), nullable=False),
        sa.Column("challenge", types.Bytes(), nullable=False),
        sa.Column("password_changed_at", types.Instant(), nullable=False),
        sa.Column("failures", types.Integer(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('login', 'register', 'step_up')", name=op.f("challenges_purpose_ck")
        ),
        _references("challenges", "user_id", "users"),
        _references("challenges", "tenant_id", "tenants"),
        sa.PrimaryKeyConstraint("id", name=op.f("challenges_pk")),
        schema=SCHEMA,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
