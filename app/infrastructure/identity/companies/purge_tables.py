"""What is left of a company: that it was there, and how much of it was deleted."""

from app.infrastructure.db.metadata import column, platform_table
from app.infrastructure.db.types import Bytes, Id, Instant, Json

# Only the owner of the database writes here. While a row is not finished, the facts of its company,
# and of no other, can be deleted (``guards``).
purges = platform_table(
    "purges",
    column("company_id", Id),
    column("name_hash", Bytes),
    column("started_at", Instant),
    column("finished_at", Instant, null=True),
    column("row_counts", Json),
    key=("company_id",),
)
