"""Sales and returns."""

from collections.abc import Iterable

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Table: are its rows final?
TABLES = {
    "returns": True,
    "sales": True,
    "sale_lines": True,
    "return_lines": True,
    "returned_so_far": False,
}


def upgrade() -> None:
    """Apply."""
    postgres = op.get_bind().dialect.name == "postgresql"
    _returns()
    _sales()
    _sale_lines()
    _return_lines()
    _returned_so_far()
    for table, append_only in TABLES.items():
        if postgres:
            run(guards.postgres_tenant(table, append_only=append_only))
        elif append_only:
            run(guards.sqlite_append_only(table))


def downgrade() -> None:
    """Undo."""
    op.drop_table("returned_so_far")
    op.drop_table("return_lines")
    op.drop_table("sale_lines")
    op.drop_table("sales")
    op.drop_table("returns")


def run(statements: Iterable[str]) -> None:
    """Execute statements one by one."""
    for statement in statements:
        op.execute(statement)


def _returns() -> None:
    op.create_table(
        "returns",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("number", types.Text(), nullable=False),
        sa.Column("external_ref", types.Text(), nullable=True),
        sa.Column("location_id", types.Id(), nullable=False),
        sa.Column("customer_id", types.Id(), nullable=True),
        sa.Column("effective_at", types.Instant(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("net", types.Integer(), nullable=False),
        sa.Column("tax", types.Integer(), nullable=False),
        sa.Column("total", types.Integer(), nullable=False),
        sa.Column("refund", types.Text(), nullable=False),
        sa.Column("entry_id", types.Id(), nullable=True),
        sa.Column("taxes", types.Json(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.CheckConstraint(
            "refund IN ('cash', 'card', 'on_account')", name=op.f("returns_refund_ck")
        ),
        sa.CheckConstraint(
            "total = net + tax AND net >= 0 AND tax >= 0", name=op.f("returns_total_ck")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["contacts.tenant_id", "contacts.id"],
            name=op.f("returns_tenant_id_customer_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["journal_entries.tenant_id", "journal_entries.id"],
            name=op.f("returns_tenant_id_entry_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("returns_tenant_id_location_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("returns_pk")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("returns_tenant_id_number_uq")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "returns_customer_id_effective_on_id_ix",
        "returns",
        ["tenant_id", "customer_id", "effective_on", "id"],
        unique=False,
    )
    op.create_index(
        "returns_effective_on_id_ix", "returns", ["tenant_id", "effective_on", "id"], unique=False
    )
    op.create_index(
        "returns_tenant_id_external_ref_uq",
        "returns",
        ["tenant_id", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
        sqlite_where=sa.text("external_ref IS NOT NULL"),
    )


def _sales() -> None:
    op.create_table(
        "sales",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("number", types.Text(), nullable=False),
        sa.Column("external_ref", types.Text(), nullable=True),
        sa.Column("location_id", types.Id(), nullable=False),
        sa.Column("customer_id", types.Id(), nullable=True),
        sa.Column("effective_at", types.Instant(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("net", types.Integer(), nullable=False),
        sa.Column("tax", types.Integer(), nullable=False),
        sa.Column("total", types.Integer(), nullable=False),
        sa.Column("change", types.Integer(), nullable=False),
        sa.Column("entry_id", types.Id(), nullable=True),
        sa.Column("tenders", types.Json(), nullable=False),
        sa.Column("taxes", types.Json(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.CheckConstraint(
            "total = net + tax AND net >= 0 AND tax >= 0 AND change >= 0",
            name=op.f("sales_total_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["contacts.tenant_id", "contacts.id"],
            name=op.f("sales_tenant_id_customer_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["journal_entries.tenant_id", "journal_entries.id"],
            name=op.f("sales_tenant_id_entry_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("sales_tenant_id_location_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("sales_pk")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("sales_tenant_id_number_uq")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "sales_customer_id_effective_on_id_ix",
        "sales",
        ["tenant_id", "customer_id", "effective_on", "id"],
        unique=False,
    )
    op.create_index(
        "sales_effective_on_id_ix", "sales", ["tenant_id", "effective_on", "id"], unique=False
    )
    op.create_index(
        "sales_tenant_id_external_ref_uq",
        "sales",
        ["tenant_id", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
        sqlite_where=sa.text("external_ref IS NOT NULL"),
    )


def _sale_lines() -> None:
    op.create_table(
        "sale_lines",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("sale_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("product_id", types.Id(), nullable=False),
        sa.Column("description", types.Text(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("unit_price", types.Integer(), nullable=False),
        sa.Column("gross", types.Integer(), nullable=False),
        sa.Column("discount", types.Integer(), nullable=False),
        sa.Column("net", types.Integer(), nullable=False),
        sa.Column("tax", types.Integer(), nullable=False),
        sa.Column("total", types.Integer(), nullable=False),
        sa.Column("tax_id", types.Id(), nullable=True),
        sa.Column("tax_parts", types.Json(), nullable=False),
        sa.Column("cost", types.Integer(), nullable=False),
        sa.Column("valuation_seq", types.Integer(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("sale_lines_quantity_ck")),
        sa.CheckConstraint(
            "total = net + tax AND net >= 0 AND tax >= 0 AND cost >= 0",
            name=op.f("sale_lines_total_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("sale_lines_tenant_id_product_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sale_id"],
            ["sales.tenant_id", "sales.id"],
            name=op.f("sale_lines_tenant_id_sale_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tax_id"],
            ["taxes.tenant_id", "taxes.id"],
            name=op.f("sale_lines_tenant_id_tax_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "sale_id", "line", name=op.f("sale_lines_pk")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _return_lines() -> None:
    op.create_table(
        "return_lines",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("return_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("sale_id", types.Id(), nullable=True),
        sa.Column("sale_line", types.Integer(), nullable=True),
        sa.Column("product_id", types.Id(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("unit_price", types.Integer(), nullable=False),
        sa.Column("net", types.Integer(), nullable=False),
        sa.Column("tax", types.Integer(), nullable=False),
        sa.Column("total", types.Integer(), nullable=False),
        sa.Column("tax_id", types.Id(), nullable=True),
        sa.Column("cost", types.Integer(), nullable=False),
        sa.Column("valuation_seq", types.Integer(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("return_lines_quantity_ck")),
        sa.CheckConstraint(
            "total = net + tax AND net >= 0 AND tax >= 0 AND cost >= 0",
            name=op.f("return_lines_total_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("return_lines_tenant_id_product_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.id"],
            name=op.f("return_lines_tenant_id_return_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sale_id", "sale_line"],
            ["sale_lines.tenant_id", "sale_lines.sale_id", "sale_lines.line"],
            name=op.f("return_lines_tenant_id_sale_id_sale_line_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tax_id"],
            ["taxes.tenant_id", "taxes.id"],
            name=op.f("return_lines_tenant_id_tax_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "return_id", "line", name=op.f("return_lines_pk")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _returned_so_far() -> None:
    op.create_table(
        "returned_so_far",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("sale_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("net", types.Integer(), nullable=False),
        sa.Column("tax_parts", types.Json(), nullable=False),
        sa.Column("cost", types.Integer(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "quantity > 0 AND net >= 0 AND cost >= 0", name=op.f("returned_so_far_quantity_ck")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sale_id", "line"],
            ["sale_lines.tenant_id", "sale_lines.sale_id", "sale_lines.line"],
            name=op.f("returned_so_far_tenant_id_sale_id_line_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "sale_id", "line", name=op.f("returned_so_far_pk")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    # ### end Alembic commands ###
