"""The names of columns follow those of the members.

Renames accounts.type to kind and periods.state to status. A release from before asks for the old
names, so it cannot serve any more.
"""

from app.infrastructure.db.revision import rename_column

revision = "0021"
down_revision = "0020"

RUNS_FROM = "0021"


def upgrade() -> None:
    """Apply."""
    rename_column("accounts", "type", "kind")
    rename_column("periods", "state", "status")


def downgrade() -> None:
    """Undo."""
    rename_column("periods", "status", "state")
    rename_column("accounts", "kind", "type")
