"""Users, tenants, sessions, signing keys."""

from collections.abc import Iterable

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "platform.signing_keys",
    "platform.tenants",
    "platform.users",
    "platform.credentials",
    "platform.memberships",
    "platform.sessions",
)


def upgrade() -> None:
    """Apply."""
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute("CREATE SCHEMA IF NOT EXISTS platform")
        run(guards.postgres_role())
        run(guards.postgres_functions())
        op.execute(f"GRANT SELECT ON alembic_version TO {guards.APP_ROLE}")
    _signing_keys()
    _tenants()
    _users()
    _credentials()
    _memberships()
    _sessions()
    if postgres:
        run(guards.postgres_platform(TABLES))


def downgrade() -> None:
    """Undo."""
    op.drop_table("sessions", schema="platform")
    op.drop_table("memberships", schema="platform")
    op.drop_table("credentials", schema="platform")
    op.drop_table("users", schema="platform")
    op.drop_table("tenants", schema="platform")
    op.drop_table("signing_keys", schema="platform")
    if op.get_bind().dialect.name == "postgresql":
        for function in ("refuse_change", "check_entry_balance", "check_lines_balance"):
            op.execute(f"DROP FUNCTION {function}()")
        op.execute("DROP SCHEMA platform")


def run(statements: Iterable[str]) -> None:
    """Execute statements one by one."""
    for statement in statements:
        op.execute(statement)


def _signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("kid", types.Text(), nullable=False),
        sa.Column("sealed_private_key", types.Bytes(), nullable=False),
        sa.Column("public_key", types.Bytes(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("retired_at", types.Instant(), nullable=True),
        sa.Column("state", types.Text(), nullable=False),
        sa.CheckConstraint(
            "(state = 'retired') = (retired_at IS NOT NULL)",
            name=op.f("signing_keys_retirement_ck"),
        ),
        sa.CheckConstraint("state IN ('active', 'retired')", name=op.f("signing_keys_state_ck")),
        sa.PrimaryKeyConstraint("kid", name=op.f("signing_keys_pk")),
        schema="platform",
        info={"tenant": False, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("time_zone", types.Text(), nullable=False),
        sa.Column("country", types.Text(), nullable=True),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'suspended')", name=op.f("tenants_state_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("tenants_pk")),
        schema="platform",
        info={"tenant": False, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("email", types.Text(), nullable=False),
        sa.Column("email_folded", types.Text(), nullable=False),
        sa.Column("display_name", types.Text(), nullable=False),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "length(email_folded) BETWEEN 3 AND 1000", name=op.f("users_email_length_ck")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pk")),
        sa.UniqueConstraint("email_folded", name=op.f("users_email_folded_uq")),
        schema="platform",
        info={"tenant": False, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("password_hash", types.Text(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["platform.users.id"], name=op.f("credentials_user_id_fk")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("credentials_pk")),
        schema="platform",
        info={"tenant": False, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("role", types.Text(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["platform.tenants.id"], name=op.f("memberships_tenant_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["platform.users.id"], name=op.f("memberships_user_id_fk")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("memberships_pk")),
        schema="platform",
        info={"tenant": False, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "memberships_user_id_ix",
        "memberships",
        ["user_id", "tenant_id"],
        unique=False,
        schema="platform",
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("family_hash", types.Bytes(), nullable=False),
        sa.Column("token_hash", types.Bytes(), nullable=False),
        sa.Column("previous_hash", types.Bytes(), nullable=True),
        sa.Column("rotated_at", types.Instant(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("last_used_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("ends_at", types.Instant(), nullable=False),
        sa.Column("revoked_at", types.Instant(), nullable=True),
        sa.Column("device", types.Text(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "(previous_hash IS NULL) = (rotated_at IS NULL)", name=op.f("sessions_rotation_ck")
        ),
        sa.CheckConstraint("expires_at <= ends_at", name=op.f("sessions_lifetime_ck")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["platform.memberships.tenant_id", "platform.memberships.user_id"],
            name=op.f("sessions_tenant_id_user_id_fk"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sessions_pk")),
        sa.UniqueConstraint("family_hash", name=op.f("sessions_family_hash_uq")),
        schema="platform",
        info={"tenant": False, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("sessions_user_id_ix", "sessions", ["user_id"], unique=False, schema="platform")
    # ### end Alembic commands ###
