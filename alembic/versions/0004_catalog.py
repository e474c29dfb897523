"""Units, categories, products, contacts."""

from collections.abc import Iterable

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Table: are its rows final?
TABLES = {
    "categories": False,
    "contacts": False,
    "units": False,
    "products": False,
}


def upgrade() -> None:
    """Apply."""
    postgres = op.get_bind().dialect.name == "postgresql"
    _categories()
    _contacts()
    _units()
    _products()
    for table, append_only in TABLES.items():
        if postgres:
            run(guards.postgres_tenant(table, append_only=append_only))
        elif append_only:
            run(guards.sqlite_append_only(table))


def downgrade() -> None:
    """Undo."""
    op.drop_table("products")
    op.drop_table("units")
    op.drop_table("contacts")
    op.drop_table("categories")


def run(statements: Iterable[str]) -> None:
    """Execute statements one by one."""
    for statement in statements:
        op.execute(statement)


def _categories() -> None:
    op.create_table(
        "categories",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("code", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("parent_id", types.Id(), nullable=True),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint(
            "parent_id IS NULL OR parent_id <> id", name=op.f("categories_not_own_parent_ck")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["categories.tenant_id", "categories.id"],
            name=op.f("categories_tenant_id_parent_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("categories_pk")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("categories_tenant_id_code_uq")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("name_folded", types.Text(), nullable=False),
        sa.Column("is_customer", types.Flag(), nullable=False),
        sa.Column("is_supplier", types.Flag(), nullable=False),
        sa.Column("email", types.Text(), nullable=True),
        sa.Column("phone", types.Text(), nullable=True),
        sa.Column("tax_number", types.Text(), nullable=True),
        sa.Column("external_ref", types.Text(), nullable=True),
        sa.Column("address", types.Json(), nullable=False),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("contacts_pk")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "contacts_external_ref_uq", "contacts", ["tenant_id", "external_ref"], unique=True
    )
    op.create_index(
        "contacts_name_folded_id_ix", "contacts", ["tenant_id", "name_folded", "id"], unique=False
    )


def _units() -> None:
    op.create_table(
        "units",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("code", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("decimals", types.Integer(), nullable=False),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint("decimals BETWEEN 0 AND 6", name=op.f("units_decimals_ck")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("units_pk")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("units_tenant_id_code_uq")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


# size: one table, column by column
def _products() -> None:
    op.create_table(
        "products",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("sku", types.Text(), nullable=False),
        sa.Column("sku_folded", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("name_folded", types.Text(), nullable=False),
        sa.Column("description", types.Text(), nullable=False),
        sa.Column("barcode", types.Text(), nullable=True),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("unit_id", types.Id(), nullable=False),
        sa.Column("quantity_decimals", types.Integer(), nullable=False),
        sa.Column("category_id", types.Id(), nullable=True),
        sa.Column("price", types.Integer(), nullable=True),
        sa.Column("tax_id", types.Id(), nullable=True),
        sa.Column("purchase_tax_id", types.Id(), nullable=True),
        sa.Column("costing", types.Text(), nullable=False),
        sa.Column("revenue_account_id", types.Id(), nullable=True),
        sa.Column("return_account_id", types.Id(), nullable=True),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint("costing IN ('average', 'fifo')", name=op.f("products_costing_ck")),
        sa.CheckConstraint("kind IN ('goods', 'service')", name=op.f("products_kind_ck")),
        sa.CheckConstraint("price IS NULL OR price >= 0", name=op.f("products_price_ck")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "category_id"],
            ["categories.tenant_id", "categories.id"],
            name=op.f("products_tenant_id_category_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "purchase_tax_id"],
            ["taxes.tenant_id", "taxes.id"],
            name=op.f("products_tenant_id_purchase_tax_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_account_id"],
            ["accounts.tenant_id", "accounts.id"],
            name=op.f("products_tenant_id_return_account_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "revenue_account_id"],
            ["accounts.tenant_id", "accounts.id"],
            name=op.f("products_tenant_id_revenue_account_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tax_id"],
            ["taxes.tenant_id", "taxes.id"],
            name=op.f("products_tenant_id_tax_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["units.tenant_id", "units.id"],
            name=op.f("products_tenant_id_unit_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("products_pk")),
        sa.UniqueConstraint(
            "tenant_id", "sku_folded", name=op.f("products_tenant_id_sku_folded_uq")
        ),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "products_category_id_ix", "products", ["tenant_id", "category_id"], unique=False
    )
    op.create_index(
        "products_name_folded_id_ix", "products", ["tenant_id", "name_folded", "id"], unique=False
    )
    # ### end Alembic commands ###
    op.create_index(
        "products_tenant_id_barcode_uq",
        "products",
        ["tenant_id", "barcode"],
        unique=True,
        postgresql_where=sa.text("barcode IS NOT NULL"),
        sqlite_where=sa.text("barcode IS NOT NULL"),
    )
