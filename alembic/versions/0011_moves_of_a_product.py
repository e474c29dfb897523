"""The moves of a product are found in the order in which they are listed: that of their ids."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

RUNS_FROM = "0010"
TABLES: tuple[str, ...] = ()

_BY_DAY = ("stock_moves_product_id_effective_on_ix", ["tenant_id", "product_id", "effective_on"])
_BY_ID = ("stock_moves_product_id_id_ix", ["tenant_id", "product_id", "id"])


def upgrade() -> None:
    """Apply."""
    _replace(_BY_DAY, _BY_ID)


def downgrade() -> None:
    """Undo."""
    _replace(_BY_ID, _BY_DAY)


def _replace(old: tuple[str, list[str]], new: tuple[str, list[str]]) -> None:
    """Put one index in the place of another; on PostgreSQL while others post moves.

    There it stands outside of a transaction, so what a migration left half done is removed first.
    """
    name, columns = new
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(name, "stock_moves", columns)
        op.drop_index(old[0], "stock_moves")
        return
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.create_index(name, "stock_moves", columns, postgresql_concurrently=True)
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {old[0]}")
