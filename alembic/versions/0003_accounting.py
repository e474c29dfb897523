"""The ledger."""

from collections.abc import Iterable

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Table: are its rows final?
TABLES = {
    "accounts": False,
    "books": False,
    "journal_entries": True,
    "number_series": False,
    "periods": False,
    "posting_accounts": False,
    "taxes": False,
}


def upgrade() -> None:
    """Apply."""
    postgres = op.get_bind().dialect.name == "postgresql"
    _accounts()
    _books()
    _journal_entries()
    _number_series()
    _periods()
    _posting_accounts()
    _taxes()
    for table, append_only in TABLES.items():
        if postgres:
            run(guards.postgres_tenant(table, append_only=append_only))
        elif append_only:
            run(guards.sqlite_append_only(table))


def downgrade() -> None:
    """Undo."""
    op.drop_table("taxes")
    op.drop_table("posting_accounts")
    op.drop_table("periods")
    op.drop_table("number_series")
    op.drop_table("journal_entries")
    op.drop_table("books")
    op.drop_table("accounts")


def run(statements: Iterable[str]) -> None:
    """Execute statements one by one."""
    for statement in statements:
        op.execute(statement)


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("code", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("type", types.Text(), nullable=False),
        sa.Column("role", types.Text(), nullable=True),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "type IN ('asset', 'liability', 'equity', 'income', 'expense')",
            name=op.f("accounts_type_ck"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("accounts_pk")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("accounts_tenant_id_code_uq")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "accounts_tenant_id_role_uq",
        "accounts",
        ["tenant_id", "role"],
        unique=True,
        postgresql_where=sa.text("role IS NOT NULL"),
        sqlite_where=sa.text("role IS NOT NULL"),
    )


def _books() -> None:
    op.create_table(
        "books",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("time_zone", types.Text(), nullable=False),
        sa.Column("tax_rounding", types.Text(), nullable=False),
        sa.Column("price_difference_policy", types.Text(), nullable=False),
        sa.Column("closed_through", types.Day(), nullable=True),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "price_difference_policy IN ('split', 'variance')",
            name=op.f("books_price_difference_policy_ck"),
        ),
        sa.CheckConstraint(
            "tax_rounding IN ('line', 'document')", name=op.f("books_tax_rounding_ck")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("books_pk")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _journal_entries() -> None:
    op.create_table(
        "journal_entries",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("number", types.Text(), nullable=True),
        sa.Column("effective_at", types.Instant(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("source_kind", types.Text(), nullable=False),
        sa.Column("source_id", types.Id(), nullable=False),
        sa.Column("purpose", types.Text(), nullable=False),
        sa.Column("memo", types.Text(), nullable=False),
        sa.Column("reverses_id", types.Id(), nullable=True),
        sa.Column("external_ref", types.Text(), nullable=True),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reverses_id"],
            ["journal_entries.tenant_id", "journal_entries.id"],
            name=op.f("journal_entries_tenant_id_reverses_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("journal_entries_pk")),
        sa.UniqueConstraint(
            "tenant_id",
            "source_kind",
            "source_id",
            "purpose",
            name=op.f("journal_entries_tenant_id_source_kind_source_id_purpose_uq"),
        ),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "journal_entries_effective_on_id_ix",
        "journal_entries",
        ["tenant_id", "effective_on", "id"],
        unique=False,
    )
    op.create_index(
        "journal_entries_tenant_id_number_uq",
        "journal_entries",
        ["tenant_id", "number"],
        unique=True,
        postgresql_where=sa.text("number IS NOT NULL"),
        sqlite_where=sa.text("number IS NOT NULL"),
    )
    op.create_index(
        "journal_entries_tenant_id_reverses_id_uq",
        "journal_entries",
        ["tenant_id", "reverses_id"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
        sqlite_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_index(
        "journal_entries_tenant_id_external_ref_uq",
        "journal_entries",
        ["tenant_id", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
        sqlite_where=sa.text("external_ref IS NOT NULL"),
    )


def _number_series() -> None:
    op.create_table(
        "number_series",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("series", types.Text(), nullable=False),
        sa.Column("scope_id", types.Id(), nullable=False),
        sa.Column("year", types.Integer(), nullable=False),
        sa.Column("next_number", types.Integer(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint("next_number >= 1", name=op.f("number_series_next_number_ck")),
        sa.PrimaryKeyConstraint(
            "tenant_id", "series", "scope_id", "year", name=op.f("number_series_pk")
        ),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _periods() -> None:
    op.create_table(
        "periods",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("starts_on", types.Day(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.Column("closed_at", types.Instant(), nullable=True),
        sa.Column("locked_at", types.Instant(), nullable=True),
        sa.Column("reason", types.Text(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed', 'locked')", name=op.f("periods_state_ck")),
        sa.PrimaryKeyConstraint("tenant_id", "starts_on", name=op.f("periods_pk")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _posting_accounts() -> None:
    op.create_table(
        "posting_accounts",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("by_role", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("posting_accounts_pk")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _taxes() -> None:
    op.create_table(
        "taxes",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("code", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("included", types.Flag(), nullable=False),
        sa.Column("components", types.Json(), nullable=False),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("taxes_pk")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("taxes_tenant_id_code_uq")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    # ### end Alembic commands ###
