"""Receipts, bills, supplier returns."""

# size: every table of the context, one function each

from collections.abc import Iterable

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Table: are its rows final?
TABLES = {
    "bills": True,
    "receipts": True,
    "supplier_returns": True,
    "supplier_return_lines": True,
    "receipt_lines": True,
    "bill_lines": True,
    "receipt_progress": False,
    "billed_lines": False,
}


def upgrade() -> None:
    """Apply."""
    postgres = op.get_bind().dialect.name == "postgresql"
    _bills()
    _receipts()
    _supplier_returns()
    _supplier_return_lines()
    _receipt_lines()
    _bill_lines()
    _receipt_progress()
    _billed_lines()
    for table, append_only in TABLES.items():
        if postgres:
            run(guards.postgres_tenant(table, append_only=append_only))
        elif append_only:
            run(guards.sqlite_append_only(table))


def downgrade() -> None:
    """Undo."""
    op.drop_table("billed_lines")
    op.drop_table("receipt_progress")
    op.drop_table("bill_lines")
    op.drop_table("receipt_lines")
    op.drop_table("supplier_return_lines")
    op.drop_table("supplier_returns")
    op.drop_table("receipts")
    op.drop_table("bills")


def run(statements: Iterable[str]) -> None:
    """Execute statements one by one."""
    for statement in statements:
        op.execute(statement)


def _bills() -> None:
    op.create_table(
        "bills",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("number", types.Text(), nullable=False),
        sa.Column("external_ref", types.Text(), nullable=True),
        sa.Column("supplier_id", types.Id(), nullable=False),
        sa.Column("supplier_number", types.Text(), nullable=False),
        sa.Column("effective_at", types.Instant(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("due_on", types.Day(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("net", types.Integer(), nullable=False),
        sa.Column("tax", types.Integer(), nullable=False),
        sa.Column("total", types.Integer(), nullable=False),
        sa.Column("received_value", types.Integer(), nullable=False),
        sa.Column("entry_id", types.Id(), nullable=True),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.CheckConstraint("received_value >= 0", name=op.f("bills_received_value_ck")),
        sa.CheckConstraint(
            "total = net + tax AND net >= 0 AND tax >= 0", name=op.f("bills_total_ck")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["journal_entries.tenant_id", "journal_entries.id"],
            name=op.f("bills_tenant_id_entry_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "supplier_id"],
            ["contacts.tenant_id", "contacts.id"],
            name=op.f("bills_tenant_id_supplier_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("bills_pk")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("bills_tenant_id_number_uq")),
        sa.UniqueConstraint(
            "tenant_id",
            "supplier_id",
            "supplier_number",
            name=op.f("bills_tenant_id_supplier_id_supplier_number_uq"),
        ),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "bills_effective_on_id_ix", "bills", ["tenant_id", "effective_on", "id"], unique=False
    )
    op.create_index(
        "bills_supplier_id_effective_on_id_ix",
        "bills",
        ["tenant_id", "supplier_id", "effective_on", "id"],
        unique=False,
    )
    op.create_index(
        "bills_tenant_id_external_ref_uq",
        "bills",
        ["tenant_id", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
        sqlite_where=sa.text("external_ref IS NOT NULL"),
    )


def _receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("number", types.Text(), nullable=False),
        sa.Column("external_ref", types.Text(), nullable=True),
        sa.Column("supplier_id", types.Id(), nullable=False),
        sa.Column("location_id", types.Id(), nullable=False),
        sa.Column("effective_at", types.Instant(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("value", types.Integer(), nullable=False),
        sa.Column("entry_id", types.Id(), nullable=True),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.CheckConstraint("value >= 0", name=op.f("receipts_value_ck")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["journal_entries.tenant_id", "journal_entries.id"],
            name=op.f("receipts_tenant_id_entry_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("receipts_tenant_id_location_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "supplier_id"],
            ["contacts.tenant_id", "contacts.id"],
            name=op.f("receipts_tenant_id_supplier_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("receipts_pk")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("receipts_tenant_id_number_uq")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "receipts_effective_on_id_ix", "receipts", ["tenant_id", "effective_on", "id"], unique=False
    )
    op.create_index(
        "receipts_supplier_id_effective_on_id_ix",
        "receipts",
        ["tenant_id", "supplier_id", "effective_on", "id"],
        unique=False,
    )
    op.create_index(
        "receipts_tenant_id_external_ref_uq",
        "receipts",
        ["tenant_id", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
        sqlite_where=sa.text("external_ref IS NOT NULL"),
    )


def _supplier_returns() -> None:
    op.create_table(
        "supplier_returns",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("number", types.Text(), nullable=False),
        sa.Column("external_ref", types.Text(), nullable=True),
        sa.Column("receipt_id", types.Id(), nullable=False),
        sa.Column("supplier_id", types.Id(), nullable=False),
        sa.Column("location_id", types.Id(), nullable=False),
        sa.Column("effective_at", types.Instant(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("value", types.Integer(), nullable=False),
        sa.Column("received_value", types.Integer(), nullable=False),
        sa.Column("credit", types.Integer(), nullable=False),
        sa.Column("entry_id", types.Id(), nullable=True),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.CheckConstraint(
            "value >= 0 AND received_value >= 0 AND credit >= 0",
            name=op.f("supplier_returns_value_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["journal_entries.tenant_id", "journal_entries.id"],
            name=op.f("supplier_returns_tenant_id_entry_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("supplier_returns_tenant_id_location_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "receipt_id"],
            ["receipts.tenant_id", "receipts.id"],
            name=op.f("supplier_returns_tenant_id_receipt_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "supplier_id"],
            ["contacts.tenant_id", "contacts.id"],
            name=op.f("supplier_returns_tenant_id_supplier_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("supplier_returns_pk")),
        sa.UniqueConstraint(
            "tenant_id", "number", name=op.f("supplier_returns_tenant_id_number_uq")
        ),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "supplier_returns_effective_on_id_ix",
        "supplier_returns",
        ["tenant_id", "effective_on", "id"],
        unique=False,
    )
    op.create_index(
        "supplier_returns_receipt_id_ix",
        "supplier_returns",
        ["tenant_id", "receipt_id"],
        unique=False,
    )
    op.create_index(
        "supplier_returns_tenant_id_external_ref_uq",
        "supplier_returns",
        ["tenant_id", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
        sqlite_where=sa.text("external_ref IS NOT NULL"),
    )


def _supplier_return_lines() -> None:
    op.create_table(
        "supplier_return_lines",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("return_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("receipt_line", types.Integer(), nullable=False),
        sa.Column("product_id", types.Id(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("value", types.Integer(), nullable=False),
        sa.Column("received_value", types.Integer(), nullable=False),
        sa.Column("net", types.Integer(), nullable=False),
        sa.Column("tax", types.Integer(), nullable=False),
        sa.Column("variance", types.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("supplier_return_lines_quantity_ck")),
        sa.CheckConstraint(
            "value >= 0 AND received_value >= 0 AND net >= 0 AND tax >= 0",
            name=op.f("supplier_return_lines_value_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("supplier_return_lines_tenant_id_product_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["supplier_returns.tenant_id", "supplier_returns.id"],
            name=op.f("supplier_return_lines_tenant_id_return_id_fk"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "return_id", "line", name=op.f("supplier_return_lines_pk")
        ),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _receipt_lines() -> None:
    op.create_table(
        "receipt_lines",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("receipt_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("product_id", types.Id(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("unit_cost", types.Integer(), nullable=False),
        sa.Column("value", types.Integer(), nullable=False),
        sa.Column("layer_seq", types.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("receipt_lines_quantity_ck")),
        sa.CheckConstraint("value >= 0 AND unit_cost >= 0", name=op.f("receipt_lines_value_ck")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id", "layer_seq"],
            ["cost_layers.tenant_id", "cost_layers.product_id", "cost_layers.seq"],
            name=op.f("receipt_lines_tenant_id_product_id_layer_seq_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("receipt_lines_tenant_id_product_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "receipt_id"],
            ["receipts.tenant_id", "receipts.id"],
            name=op.f("receipt_lines_tenant_id_receipt_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "receipt_id", "line", name=op.f("receipt_lines_pk")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _bill_lines() -> None:
    op.create_table(
        "bill_lines",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("bill_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("receipt_id", types.Id(), nullable=False),
        sa.Column("receipt_line", types.Integer(), nullable=False),
        sa.Column("product_id", types.Id(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("unit_price", types.Integer(), nullable=False),
        sa.Column("net", types.Integer(), nullable=False),
        sa.Column("tax", types.Integer(), nullable=False),
        sa.Column("total", types.Integer(), nullable=False),
        sa.Column("tax_id", types.Id(), nullable=True),
        sa.Column("tax_parts", types.Json(), nullable=False),
        sa.Column("received_value", types.Integer(), nullable=False),
        sa.Column("difference", types.Integer(), nullable=False),
        sa.Column("difference_in_stock", types.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("bill_lines_quantity_ck")),
        sa.CheckConstraint("received_value >= 0", name=op.f("bill_lines_received_value_ck")),
        sa.CheckConstraint(
            "total = net + tax AND net >= 0 AND tax >= 0 AND unit_price >= 0",
            name=op.f("bill_lines_total_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bill_id"],
            ["bills.tenant_id", "bills.id"],
            name=op.f("bill_lines_tenant_id_bill_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("bill_lines_tenant_id_product_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "receipt_id", "receipt_line"],
            ["receipt_lines.tenant_id", "receipt_lines.receipt_id", "receipt_lines.line"],
            name=op.f("bill_lines_tenant_id_receipt_id_receipt_line_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tax_id"],
            ["taxes.tenant_id", "taxes.id"],
            name=op.f("bill_lines_tenant_id_tax_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "bill_id", "line", name=op.f("bill_lines_pk")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _receipt_progress() -> None:
    op.create_table(
        "receipt_progress",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("receipt_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("billed_quantity", types.Integer(), nullable=False),
        sa.Column("billed_value", types.Integer(), nullable=False),
        sa.Column("returned_quantity", types.Integer(), nullable=False),
        sa.Column("returned_value", types.Integer(), nullable=False),
        sa.Column("credited_quantity", types.Integer(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "billed_quantity >= 0 AND returned_quantity >= 0",
            name=op.f("receipt_progress_quantity_ck"),
        ),
        sa.CheckConstraint(
            "billed_value >= 0 AND returned_value >= 0", name=op.f("receipt_progress_value_ck")
        ),
        sa.CheckConstraint(
            "credited_quantity BETWEEN 0 AND billed_quantity",
            name=op.f("receipt_progress_credited_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "receipt_id", "line"],
            ["receipt_lines.tenant_id", "receipt_lines.receipt_id", "receipt_lines.line"],
            name=op.f("receipt_progress_tenant_id_receipt_id_line_fk"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "receipt_id", "line", name=op.f("receipt_progress_pk")
        ),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _billed_lines() -> None:
    op.create_table(
        "billed_lines",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("receipt_id", types.Id(), nullable=False),
        sa.Column("receipt_line", types.Integer(), nullable=False),
        sa.Column("bill_id", types.Id(), nullable=False),
        sa.Column("bill_line", types.Integer(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("net", types.Integer(), nullable=False),
        sa.Column("tax_id", types.Id(), nullable=True),
        sa.Column("tax_parts", types.Json(), nullable=False),
        sa.Column("credited_quantity", types.Integer(), nullable=False),
        sa.Column("credited_net", types.Integer(), nullable=False),
        sa.Column("credited_tax_parts", types.Json(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "credited_net BETWEEN 0 AND net", name=op.f("billed_lines_credited_net_ck")
        ),
        sa.CheckConstraint(
            "credited_quantity BETWEEN 0 AND quantity", name=op.f("billed_lines_credited_ck")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bill_id", "bill_line"],
            ["bill_lines.tenant_id", "bill_lines.bill_id", "bill_lines.line"],
            name=op.f("billed_lines_tenant_id_bill_id_bill_line_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "receipt_id", "receipt_line"],
            ["receipt_lines.tenant_id", "receipt_lines.receipt_id", "receipt_lines.line"],
            name=op.f("billed_lines_tenant_id_receipt_id_receipt_line_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tax_id"],
            ["taxes.tenant_id", "taxes.id"],
            name=op.f("billed_lines_tenant_id_tax_id_fk"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "receipt_id",
            "receipt_line",
            "bill_id",
            "bill_line",
            name=op.f("billed_lines_pk"),
        ),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    # ### end Alembic commands ###
