"""Drivers.

Creates drivers.
"""

from app.infrastructure.db.revision import column, create_tenant_table, drop_table, index, unique
from app.infrastructure.db.types import Day, Flag, Id, Integer, Json, Text

revision = "0022"
down_revision = "0021"

RUNS_FROM = "0021"
TABLES = ("drivers",)


def upgrade() -> None:
    """Apply."""
    create_tenant_table(
        "drivers",
        column("id", Id),
        column("name", Text),
        column("name_folded", Text),
        column("phone", Text),
        column("licence_classes", Json),
        column("licence_expires_on", Day, null=True),
        column("active", Flag),
        column("version", Integer),
        unique("drivers_tenant_id_phone_uq", "tenant_id", "phone"),
        index("drivers_licence_expires_on_id_ix", "tenant_id", "licence_expires_on", "id"),
        index("drivers_name_folded_id_ix", "tenant_id", "name_folded", "id"),
    )


def downgrade() -> None:
    """Undo."""
    drop_table("drivers")
