"""Stock and its value."""

from collections.abc import Iterable

import sqlalchemy as sa

from alembic import op
from app.infrastructure.db import guards, types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Table: are its rows final?
TABLES = {
    "locations": False,
    "adjustments": True,
    "adjustment_lines": True,
    "cost_pools": False,
    "stock_levels": False,
    "stock_moves": True,
    "cost_layers": False,
    "valuations": True,
}


def upgrade() -> None:
    """Apply."""
    postgres = op.get_bind().dialect.name == "postgresql"
    _locations()
    _adjustments()
    _adjustment_lines()
    _cost_pools()
    _stock_levels()
    _stock_moves()
    _cost_layers()
    _valuations()
    for table, append_only in TABLES.items():
        if postgres:
            run(guards.postgres_tenant(table, append_only=append_only))
        elif append_only:
            run(guards.sqlite_append_only(table))


def downgrade() -> None:
    """Undo."""
    op.drop_table("valuations")
    op.drop_table("cost_layers")
    op.drop_table("stock_moves")
    op.drop_table("stock_levels")
    op.drop_table("cost_pools")
    op.drop_table("adjustment_lines")
    op.drop_table("adjustments")
    op.drop_table("locations")


def run(statements: Iterable[str]) -> None:
    """Execute statements one by one."""
    for statement in statements:
        op.execute(statement)


def _locations() -> None:
    op.create_table(
        "locations",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("code", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("locations_pk")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("locations_tenant_id_code_uq")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _adjustments() -> None:
    op.create_table(
        "adjustments",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("number", types.Text(), nullable=False),
        sa.Column("external_ref", types.Text(), nullable=True),
        sa.Column("location_id", types.Id(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("memo", types.Text(), nullable=False),
        sa.Column("effective_at", types.Instant(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("value", types.Integer(), nullable=False),
        sa.Column("entry_id", types.Id(), nullable=True),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["journal_entries.tenant_id", "journal_entries.id"],
            name=op.f("adjustments_tenant_id_entry_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("adjustments_tenant_id_location_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("adjustments_pk")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("adjustments_tenant_id_number_uq")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "adjustments_effective_on_id_ix",
        "adjustments",
        ["tenant_id", "effective_on", "id"],
        unique=False,
    )
    op.create_index(
        "adjustments_tenant_id_external_ref_uq",
        "adjustments",
        ["tenant_id", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
        sqlite_where=sa.text("external_ref IS NOT NULL"),
    )


def _adjustment_lines() -> None:
    op.create_table(
        "adjustment_lines",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("adjustment_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("product_id", types.Id(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("value", types.Integer(), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("adjustment_lines_quantity_ck")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "adjustment_id"],
            ["adjustments.tenant_id", "adjustments.id"],
            name=op.f("adjustment_lines_tenant_id_adjustment_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("adjustment_lines_tenant_id_product_id_fk"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "adjustment_id", "line", name=op.f("adjustment_lines_pk")
        ),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _cost_pools() -> None:
    op.create_table(
        "cost_pools",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("product_id", types.Id(), nullable=False),
        sa.Column("method", types.Text(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("value", types.Integer(), nullable=False),
        sa.Column("pool_seq", types.Integer(), nullable=False),
        sa.Column("last_costed_on", types.Day(), nullable=True),
        sa.Column("total_in", types.Integer(), nullable=False),
        sa.Column("total_out", types.Integer(), nullable=False),
        sa.Column("last_quantity", types.Integer(), nullable=False),
        sa.Column("last_value", types.Integer(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint("method IN ('average', 'fifo')", name=op.f("cost_pools_method_ck")),
        sa.CheckConstraint("quantity >= 0", name=op.f("cost_pools_quantity_ck")),
        sa.CheckConstraint(
            "value >= 0 AND (quantity > 0 OR value = 0)", name=op.f("cost_pools_value_ck")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("cost_pools_tenant_id_product_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "product_id", name=op.f("cost_pools_pk")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _stock_levels() -> None:
    op.create_table(
        "stock_levels",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("product_id", types.Id(), nullable=False),
        sa.Column("location_id", types.Id(), nullable=False),
        sa.Column("on_hand", types.Integer(), nullable=False),
        sa.Column("version", types.Integer(), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("stock_levels_on_hand_ck")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("stock_levels_tenant_id_location_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("stock_levels_tenant_id_product_id_fk"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "product_id", "location_id", name=op.f("stock_levels_pk")
        ),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _stock_moves() -> None:
    op.create_table(
        "stock_moves",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("product_id", types.Id(), nullable=False),
        sa.Column("location_id", types.Id(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("effective_at", types.Instant(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("source_kind", types.Text(), nullable=False),
        sa.Column("source_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("stock_moves_quantity_ck")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("stock_moves_tenant_id_location_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("stock_moves_tenant_id_product_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("stock_moves_pk")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "stock_moves_product_id_effective_on_ix",
        "stock_moves",
        ["tenant_id", "product_id", "effective_on"],
        unique=False,
    )


def _cost_layers() -> None:
    op.create_table(
        "cost_layers",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("product_id", types.Id(), nullable=False),
        sa.Column("seq", types.Integer(), nullable=False),
        sa.Column("received_on", types.Day(), nullable=False),
        sa.Column("source_kind", types.Text(), nullable=False),
        sa.Column("source_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("position", types.Integer(), nullable=False),
        sa.Column("quantity_in", types.Integer(), nullable=False),
        sa.Column("value_in", types.Integer(), nullable=False),
        sa.Column("sent_back", types.Integer(), nullable=False),
        sa.Column("kept", types.Integer(), nullable=False),
        sa.Column("correction", types.Integer(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("value", types.Integer(), nullable=False),
        sa.Column("is_open", types.Flag(), nullable=False),
        sa.CheckConstraint(
            "quantity BETWEEN 0 AND kept AND kept <= quantity_in",
            name=op.f("cost_layers_quantity_ck"),
        ),
        sa.CheckConstraint(
            "value >= 0 AND (quantity > 0 OR value = 0)", name=op.f("cost_layers_value_ck")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["cost_pools.tenant_id", "cost_pools.product_id"],
            name=op.f("cost_layers_tenant_id_product_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "product_id", "seq", name=op.f("cost_layers_pk")),
        info={"tenant": True, "append_only": False},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _valuations() -> None:
    op.create_table(
        "valuations",
        sa.Column("tenant_id", types.Id(), nullable=False),
        sa.Column("product_id", types.Id(), nullable=False),
        sa.Column("seq", types.Integer(), nullable=False),
        sa.Column("effective_on", types.Day(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("quantity", types.Integer(), nullable=False),
        sa.Column("value", types.Integer(), nullable=False),
        sa.Column("source_kind", types.Text(), nullable=False),
        sa.Column("source_id", types.Id(), nullable=False),
        sa.Column("line", types.Integer(), nullable=False),
        sa.Column("parts", types.Json(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["cost_pools.tenant_id", "cost_pools.product_id"],
            name=op.f("valuations_tenant_id_product_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "product_id", "seq", name=op.f("valuations_pk")),
        info={"tenant": True, "append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    # ### end Alembic commands ###
