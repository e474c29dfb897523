"""Companies take their data out, rest and end."""

from collections.abc import Iterable

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

RUNS_FROM = "0010"
TABLES = ("exports",)
# Those of the platform: what is lost with them is asked for below.
DERIVED = (
    "platform.operators",
    "platform.operator_sessions",
    "platform.operator_acts",
    "platform.purges",
)
# Who is an operator only the owner of the database decides, and what they did is final.
RIGHTS = {
    "operators": "SELECT",
    "operator_sessions": "SELECT, INSERT, UPDATE",
    "operator_acts": "SELECT, INSERT",
    "purges": "SELECT",
}
# To the release before, these companies work as ever.
FORGOTTEN = {
    "platform.users": "locale IS NOT NULL OR time_zone IS NOT NULL",
    "platform.tenants": "delete_at IS NOT NULL OR purging",
    "platform.operators": "active",
    "platform.operator_acts": "true",
    "platform.purges": "true",
}


def upgrade() -> None:
    """Apply."""
    schema = _schema()
    op.add_column("tenants", sa.Column("delete_at", types.Instant(), nullable=True), schema=schema)
    purging = sa.Column("purging", types.Flag(), nullable=False, server_default=sa.false())
    op.add_column("tenants", purging, schema=schema)
    for name in ("locale", "time_zone"):
        op.add_column("users", sa.Column(name, types.Text(), nullable=True), schema=schema)
    _exports()
    _operators(schema)
    _purges(schema)
    if schema is None:
        run(guards.sqlite_purge(_facts()))
        run(guards.sqlite_purge_due())
        run(guards.sqlite_append_only("operator_acts"))
        return
    run(guards.postgres_purge(schema))
    run(guards.postgres_tenant("exports", append_only=False))
    run(guards.postgres_platform_narrow(schema, RIGHTS))
    op.execute(
        "CREATE TRIGGER operator_acts_append_only BEFORE UPDATE OR DELETE "
        f"ON {schema}.operator_acts FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Undo."""
    schema = _schema()
    if schema is None:
        run(guards.sqlite_no_purge(_facts()))
    for table in ("purges", "operator_acts", "operator_sessions", "operators"):
        op.drop_table(table, schema=schema)
    if schema is not None:
        run(guards.postgres_no_purge())
    op.drop_table("exports")
    for name in ("time_zone", "locale"):
        op.drop_column("users", name, schema=schema)
    op.drop_column("tenants", "purging", schema=schema)
    op.drop_column("tenants", "delete_at", schema=schema)


def run(statements: Iterable[str]) -> None:
    """Execute statements one by one."""
    for statement in statements:
        op.execute(statement)


def _schema() -> str | None:
    """Where the tables without a tenant are; SQLite has no schemas."""
    return "platform" if op.get_bind().dialect.name == "postgresql" else None


def _facts() -> list[str]:
    """The tables of companies whose rows SQLite lets nobody delete."""
    rows = op.get_bind().exec_driver_sql(
        "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' "
        "AND name = tbl_name || '_no_delete' AND tbl_name <> 'operator_acts' ORDER BY tbl_name"
    )
    return [row[0] for row in rows]


def _purges(schema: str | None) -> None:
    op.create_table(
        "purges",
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("name_hash", types.Bytes(), nullable=False),
        sa.Column("started_at", types.Instant(), nullable=False),
        sa.Column("finished_at", types.Instant(), nullable=True),
        sa.Column("row_counts", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", name=op.f("purges_pk")),
        schema=schema,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


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


def _operators(schema: str | None) -> None:
    space = "" if schema is None else f"{schema}."
    op.create_table(
        "operators",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("added_at", types.Instant(), nullable=False),
        sa.Column("active", types.Flag(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], [f"{space}users.id"], name=op.f("operators_user_id_fk")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("operators_pk")),
        schema=schema,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "operator_sessions",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("revoked_at", types.Instant(), nullable=True),
        sa.Column("device", types.Text(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint("created_at < expires_at", name=op.f("operator_sessions_lifetime_ck")),
        sa.ForeignKeyConstraint(
            ["user_id"], [f"{space}operators.user_id"], name=op.f("operator_sessions_user_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("operator_sessions_pk")),
        schema=schema,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "operator_acts",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("operator_id", types.Id(), nullable=False),
        sa.Column("session_id", types.Id(), nullable=False),
        sa.Column("action", types.Text(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=True),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("request_id", types.Text(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("changes", types.Json(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("operator_acts_pk")),
        schema=schema,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    for column in ("company_id", "operator_id"):
        op.create_index(
            f"operator_acts_{column}_ix", "operator_acts", [column, "id"], schema=schema
        )
