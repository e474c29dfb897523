"""Scraps and transfers.

Creates scraps, transfers, scrap_lines, transfer_lines.
"""

from app.infrastructure.db.revision import (
    check,
    column,
    create_tenant_table,
    drop_table,
    index,
    references,
    unique,
)
from app.infrastructure.db.types import Day, Id, Instant, Integer, Text

revision = "0020"
down_revision = "0019"

RUNS_FROM = "0012"
TABLES = ("scraps", "transfers", "scrap_lines", "transfer_lines")


def upgrade() -> None:
    """Apply."""
    _scraps()
    _transfers()
    _scrap_lines()
    _transfer_lines()


def downgrade() -> None:
    """Undo."""
    drop_table("transfer_lines")
    drop_table("scrap_lines")
    drop_table("transfers")
    drop_table("scraps")


def _scraps() -> None:
    create_tenant_table(
        "scraps",
        column("id", Id),
        column("number", Text),
        column("external_ref", Text, null=True),
        column("location_id", Id),
        column("reason", Text),
        column("account_id", Id),
        column("memo", Text),
        column("effective_at", Instant),
        column("effective_on", Day),
        column("currency", Text),
        column("cost", Integer),
        column("entry_id", Id, null=True),
        column("recorded_at", Instant),
        references(
            "scraps_tenant_id_account_id_fk",
            ("tenant_id", "account_id"),
            "accounts",
            ("tenant_id", "id"),
        ),
        references(
            "scraps_tenant_id_entry_id_fk",
            ("tenant_id", "entry_id"),
            "journal_entries",
            ("tenant_id", "id"),
        ),
        references(
            "scraps_tenant_id_location_id_fk",
            ("tenant_id", "location_id"),
            "locations",
            ("tenant_id", "id"),
        ),
        check("scraps_cost_ck", "cost >= 0"),
        unique("scraps_tenant_id_number_uq", "tenant_id", "number"),
        index("scraps_effective_on_id_ix", "tenant_id", "effective_on", "id"),
        index(
            "scraps_tenant_id_external_ref_uq",
            "tenant_id",
            "external_ref",
            unique=True,
            where="external_ref IS NOT NULL",
        ),
        append_only=True,
    )


def _transfers() -> None:
    create_tenant_table(
        "transfers",
        column("id", Id),
        column("number", Text),
        column("external_ref", Text, null=True),
        column("from_location_id", Id),
        column("to_location_id", Id),
        column("memo", Text),
        column("effective_at", Instant),
        column("effective_on", Day),
        column("recorded_at", Instant),
        references(
            "transfers_tenant_id_from_location_id_fk",
            ("tenant_id", "from_location_id"),
            "locations",
            ("tenant_id", "id"),
        ),
        references(
            "transfers_tenant_id_to_location_id_fk",
            ("tenant_id", "to_location_id"),
            "locations",
            ("tenant_id", "id"),
        ),
        check("transfers_to_location_id_ck", "to_location_id <> from_location_id"),
        unique("transfers_tenant_id_number_uq", "tenant_id", "number"),
        index("transfers_effective_on_id_ix", "tenant_id", "effective_on", "id"),
        index(
            "transfers_tenant_id_external_ref_uq",
            "tenant_id",
            "external_ref",
            unique=True,
            where="external_ref IS NOT NULL",
        ),
        append_only=True,
    )


def _scrap_lines() -> None:
    create_tenant_table(
        "scrap_lines",
        column("scrap_id", Id),
        column("line", Integer),
        column("product_id", Id),
        column("quantity", Integer),
        column("cost", Integer),
        column("valuation_seq", Integer),
        references(
            "scrap_lines_tenant_id_product_id_fk",
            ("tenant_id", "product_id"),
            "products",
            ("tenant_id", "id"),
        ),
        references(
            "scrap_lines_tenant_id_scrap_id_fk",
            ("tenant_id", "scrap_id"),
            "scraps",
            ("tenant_id", "id"),
        ),
        check("scrap_lines_quantity_ck", "quantity > 0 AND cost >= 0"),
        key=("scrap_id", "line"),
        append_only=True,
    )


def _transfer_lines() -> None:
    create_tenant_table(
        "transfer_lines",
        column("transfer_id", Id),
        column("line", Integer),
        column("product_id", Id),
        column("quantity", Integer),
        references(
            "transfer_lines_tenant_id_product_id_fk",
            ("tenant_id", "product_id"),
            "products",
            ("tenant_id", "id"),
        ),
        references(
            "transfer_lines_tenant_id_transfer_id_fk",
            ("tenant_id", "transfer_id"),
            "transfers",
            ("tenant_id", "id"),
        ),
        check("transfer_lines_quantity_ck", "quantity > 0"),
        key=("transfer_id", "line"),
        append_only=True,
    )
