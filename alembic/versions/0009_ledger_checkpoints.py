"""Checkpoints of the ledger, which its reports start from."""

from collections.abc import Iterable

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = ()
DERIVED = ("day_balances", "ledger_checkpoints")  # made again from facts: no row is at stake


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "journal_entries_recorded_at_ix",
        "journal_entries",
        ["tenant_id", "recorded_at"],
        unique=False,
    )
    op.create_table(
        "day_balances",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("account_id", types.Id(), nullable=False),
        sa.Column("amount", types.Integer(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["accounts.tenant_id", "accounts.id"],
            name=op.f("day_balances_tenant_id_account_id_fk"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "effective_on", "account_id", name=op.f("day_balances_pk")
        ),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_checkpoints",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("recorded_to", types.Instant(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("ledger_checkpoints_pk")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in DERIVED:
            run(guards.postgres_tenant(table, append_only=False))
        run(guards.postgres_recorded_after_checkpoint())
    else:
        run(guards.sqlite_recorded_after_checkpoint())


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER journal_entries_recorded ON journal_entries")
        op.execute("DROP FUNCTION check_recorded_after_checkpoint()")
    else:
        op.execute("DROP TRIGGER journal_entries_recorded")
    op.drop_table("ledger_checkpoints")
    op.drop_table("day_balances")
    op.drop_index("journal_entries_recorded_at_ix", table_name="journal_entries")


def run(statements: Iterable[str]) -> None:
    """Execute statements one by one."""
    for statement in statements:
        op.execute(statement)
