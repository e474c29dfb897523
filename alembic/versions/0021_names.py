"""The names of columns, and of the permissions that are stored, follow those of the API.

Renames columns of accounts, periods, exports, api_keys and tenants; `tenants`, `closing` and
`audit` in stored permissions become `companies`, `company_deletion` and `audit_entries`. A release
from before asks for the old names, so it cannot serve any more.
"""

from collections.abc import Sequence

from alembic import op
from app.infrastructure.db.revision import rename_column

revision = "0021"
down_revision = "0020"

RUNS_FROM = "0021"

RENAMED = {
    "accounts": {"type": "kind"},
    "periods": {"state": "status"},
    "exports": {"requested_by": "requested_by_id", "state": "status", "rows": "row_count"},
    "api_keys": {
        "made_by": "made_by_id",
        "previous_until": "previous_expires_at",
        "scopes": "permissions",
    },
    "platform.tenants": {"step_up_for_payouts": "payout_step_up_required"},
}
_RESOURCES = (("tenants", "companies"), ("closing", "company_deletion"), ("audit", "audit_entries"))


def upgrade() -> None:
    """Apply."""
    for table, names in RENAMED.items():
        for name, to in names.items():
            rename_column(table, name, to)
    _rename_permissions(_RESOURCES)


def downgrade() -> None:
    """Undo."""
    _rename_permissions([(to, name) for name, to in _RESOURCES])
    for table, names in RENAMED.items():
        for name, to in names.items():
            rename_column(table, to, name)


def _rename_permissions(resources: Sequence[tuple[str, str]]) -> None:
    """Change the resources in the permissions of all roles and keys, which are lists in JSON."""
    if op.get_bind().dialect.name == "sqlite":
        _replace("roles", resources, "permissions", "{}")
        _replace("api_keys", resources, "permissions", "{}")
        return
    op.execute(
        "ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY"
    )  # which hides rows from the owner
    for table in ("platform.roles", "api_keys"):
        _replace(table, resources, "CAST(permissions AS text)", "CAST({} AS jsonb)")
    op.execute("ALTER TABLE api_keys FORCE ROW LEVEL SECURITY")


def _replace(table: str, resources: Sequence[tuple[str, str]], text: str, back: str) -> None:
    for name, to in resources:
        changed = back.format(f"replace({text}, '\"{name}:', '\"{to}:')")
        where = f"{text} LIKE '%\"{name}:%'"
        op.execute(f"UPDATE {table} SET permissions = {changed} WHERE {where}")  # noqa: S608 - constants
