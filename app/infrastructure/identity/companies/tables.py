"""Exports of companies, and what is left of a company that was deleted."""

from app.application.identity.companies.exports import (
    EXPORT_LIST,
    EXPORT_VIEW,
    EXPORTS,
    PRESENT_EXPORTS,
)
from app.domain.identity.companies.errors import ExportUnderWay
from app.domain.identity.companies.export import Export, ExportError, ExportStatus
from app.domain.shared.errors import ValueOutOfRange
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.lists import plain_list
from app.infrastructure.db.mapping import Search, flat
from app.infrastructure.db.metadata import (
    check,
    column,
    one_where,
    platform_table,
    tenant_table,
    version,
)
from app.infrastructure.db.types import Bytes, Id, Instant, Integer, Json, Text

exports = tenant_table(
    "exports",
    column("id", Id),
    column("requested_by_id", Id),
    column("requested_at", Instant),
    column("status", Text),
    column("attempt", Integer),
    column("lease_until", Instant, null=True),
    column("tables_done", Integer),
    column("tables_total", Integer),
    column("row_count", Integer),
    column("error", Text, null=True),
    column("file_bytes", Integer, null=True),
    column("file_sha256", Text, null=True),
    column("finished_at", Instant, null=True),
    column("expires_at", Instant, null=True),
    version(),
    check("state", "status IN ('queued', 'running', 'done', 'failed', 'expired')"),
    check("held", "(status = 'running') = (lease_until IS NOT NULL)"),
    check("failed", "(status = 'failed') = (error IS NOT NULL)"),
    one_where("exports", "status IN ('queued', 'running')"),
)

# What is left of a company: that it was there, and how much of it was deleted. Only the owner of
# the database writes here. While a row is not finished, the facts of its company, and of no other,
# can be deleted (``guards``).
purges = platform_table(
    "purges",
    column("company_id", Id),
    column("name_hash", Bytes),
    column("started_at", Instant),
    column("finished_at", Instant, null=True),
    column("row_counts", Json),
    key=("company_id",),
)

on_constraint(ExportUnderWay, "exports_tenant_id_uq")
on_constraint(ValueOutOfRange, "exports_state_ck", "exports_held_ck", "exports_failed_ck")

MAPPINGS = (
    flat(EXPORTS, exports, Export, status=ExportStatus, error=ExportError),
    Search(PRESENT_EXPORTS, (), where="t.status IN ('queued', 'running', 'done')"),
)

LISTS = (
    plain_list(
        EXPORT_LIST, exports, EXPORT_VIEW.columns, EXPORT_VIEW.row, sorts={"id": "id"}, filters={}
    ),
)
