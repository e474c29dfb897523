"""Terminals.

Creates terminals.
"""

from app.infrastructure.db.revision import column, create_tenant_table, drop_table, index, unique
from app.infrastructure.db.types import Flag, Id, Integer, Json, Text

revision = "0019"
down_revision = "0018"

RUNS_FROM = "0012"
TABLES = ("terminals",)


def upgrade() -> None:
    """Apply."""
    create_tenant_table(
        "terminals",
        column("id", Id),
        column("code", Text),
        column("name", Text),
        column("name_folded", Text),
        column("account_code", Text, null=True),
        column("address", Json, null=True),
        column("opening_hours", Json),
        column("active", Flag),
        column("version", Integer),
        unique("terminals_tenant_id_code_uq", "tenant_id", "code"),
        index("terminals_account_code_ix", "tenant_id", "account_code"),
        index("terminals_name_folded_id_ix", "tenant_id", "name_folded", "id"),
    )


def downgrade() -> None:
    """Undo."""
    drop_table("terminals")
