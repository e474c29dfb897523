"""The table of the audit chain; the entries themselves are the kernel's (``db/kernel_tables``)."""

from app.application.identity.audit.seals import AUDIT_SEALS
from app.domain.identity.audit.chain import Seal
from app.domain.shared.errors import ValueOutOfRange
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.mapping import flat
from app.infrastructure.db.metadata import check, column, tenant_table
from app.infrastructure.db.types import Bytes, Id, Instant, Integer

# The digests come last: SQLite reads what stands before them without them.
audit_seals = tenant_table(
    "audit_seals",
    column("sequence", Integer),
    column("after_id", Id),
    column("through_id", Id),
    column("entries", Integer),
    column("previous_hash", Bytes),
    column("hash", Bytes),
    column("recorded_at", Instant),
    column("digests", Bytes),
    check("sequence", "sequence >= 1"),
    check("range", "after_id < through_id"),
    check("digests", "length(digests) = entries * 32"),
    key=("sequence",),
    append_only=True,
    wide=True,
)

on_constraint(
    ValueOutOfRange,
    "audit_seals_sequence_ck",
    "audit_seals_range_ck",
    "audit_seals_digests_ck",
)

SEAL_MAPPING = flat(AUDIT_SEALS, audit_seals, Seal, key=("sequence",))
