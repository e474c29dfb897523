"""Journal lines, receivables and payables."""

from collections.abc import Iterable

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Table: are its rows final?
TABLES = {
    "allocation_documents": True,
    "journal_lines": True,
    "open_items": False,
    "payments": True,
    "allocations": True,
}


def upgrade() -> None:
    """Apply."""
    postgres = op.get_bind().dialect.name == "postgresql"
    _allocation_documents()
    _journal_lines()
    _open_items()
    _payments()
    _allocations()
    for table, append_only in TABLES.items():
        if postgres:
            run(guards.postgres_tenant(table, append_only=append_only))
        elif append_only:
            run(guards.sqlite_append_only(table))
    if postgres:
        run(guards.postgres_balance())


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER journal_entries_balance ON journal_entries")
    op.drop_table("allocations")
    op.drop_table("payments")
    op.drop_table("open_items")
    op.drop_table("journal_lines")
    op.drop_table("allocation_documents")


def run(statements: Iterable[str]) -> None:
    """Execute statements one by one."""
    for statement in statements:
        op.execute(statement)


def _allocation_documents() -> None:
    op.create_table(
        "allocation_documents",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("number", types.Text(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("side", types.Text(), nullable=False),
        sa.Column("named", types.Flag(), nullable=False),
        sa.Column("effective_at", types.Instant(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.CheckConstraint(
            "side IN ('receivable', 'payable')", name=op.f("allocation_documents_side_ck")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contacts.tenant_id", "contacts.id"],
            name=op.f("allocation_documents_tenant_id_contact_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("allocation_documents_pk")),
        sa.UniqueConstraint(
            "tenant_id", "number", name=op.f("allocation_documents_tenant_id_number_uq")
        ),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "allocation_documents_effective_on_id_ix",
        "allocation_documents",
        ["tenant_id", "effective_on", "id"],
        unique=False,
    )


def _journal_lines() -> None:
    op.create_table(
        "journal_lines",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("entry_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("account_id", types.Id(), nullable=False),
        sa.Column("amount", types.Integer(), nullable=False),
        sa.Column("memo", types.Text(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=True),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("journal_lines_amount_ck")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["accounts.tenant_id", "accounts.id"],
            name=op.f("journal_lines_tenant_id_account_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contacts.tenant_id", "contacts.id"],
            name=op.f("journal_lines_tenant_id_contact_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["journal_entries.tenant_id", "journal_entries.id"],
            name=op.f("journal_lines_tenant_id_entry_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "entry_id", "line", name=op.f("journal_lines_pk")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "journal_lines_account_ix",
        "journal_lines",
        ["tenant_id", "account_id", "effective_on", "entry_id", "line"],
        unique=False,
    )


def _open_items() -> None:
    op.create_table(
        "open_items",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("document_id", types.Id(), nullable=False),
        sa.Column("document_kind", types.Text(), nullable=False),
        sa.Column("side", types.Text(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("due_on", types.Day(), nullable=False),
        sa.Column("amount", types.Integer(), nullable=False),
        sa.Column("settled", types.Integer(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.CheckConstraint("side IN ('receivable', 'payable')", name=op.f("open_items_side_ck")),
        sa.CheckConstraint("amount <> 0", name=op.f("open_items_amount_ck")),
        sa.CheckConstraint(
            "settled BETWEEN 0 AND amount OR settled BETWEEN amount AND 0",
            name=op.f("open_items_settled_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contacts.tenant_id", "contacts.id"],
            name=op.f("open_items_tenant_id_contact_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "document_id", name=op.f("open_items_pk")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "open_items_contact_id_side_effective_on_ix",
        "open_items",
        ["tenant_id", "contact_id", "side", "effective_on"],
        unique=False,
    )


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("number", types.Text(), nullable=False),
        sa.Column("direction", types.Text(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("method", types.Text(), nullable=False),
        sa.Column("amount", types.Integer(), nullable=False),
        sa.Column("effective_at", types.Instant(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("external_ref", types.Text(), nullable=True),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("payments_direction_ck")),
        sa.CheckConstraint("method IN ('cash', 'card', 'bank')", name=op.f("payments_method_ck")),
        sa.CheckConstraint("amount > 0", name=op.f("payments_amount_ck")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contacts.tenant_id", "contacts.id"],
            name=op.f("payments_tenant_id_contact_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("payments_pk")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("payments_tenant_id_number_uq")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "payments_effective_on_id_ix", "payments", ["tenant_id", "effective_on", "id"], unique=False
    )
    op.create_index(
        "payments_tenant_id_external_ref_uq",
        "payments",
        ["tenant_id", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
        sqlite_where=sa.text("external_ref IS NOT NULL"),
    )


def _allocations() -> None:
    op.create_table(
        "allocations",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("document_id", types.Id(), nullable=False),
        sa.Column("credit_kind", types.Text(), nullable=False),
        sa.Column("credit_id", types.Id(), nullable=False),
        sa.Column("debit_kind", types.Text(), nullable=False),
        sa.Column("debit_id", types.Id(), nullable=False),
        sa.Column("amount", types.Integer(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("allocations_amount_ck")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_id"],
            ["open_items.tenant_id", "open_items.document_id"],
            name=op.f("allocations_tenant_id_credit_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "debit_id"],
            ["open_items.tenant_id", "open_items.document_id"],
            name=op.f("allocations_tenant_id_debit_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("allocations_pk")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "allocations_credit_id_ix", "allocations", ["tenant_id", "credit_id"], unique=False
    )
    op.create_index(
        "allocations_debit_id_ix", "allocations", ["tenant_id", "debit_id"], unique=False
    )
    op.create_index(
        "allocations_document_id_ix", "allocations", ["tenant_id", "document_id"], unique=False
    )
    # ### end Alembic commands ###
