"""Tables of the audit chain and of what operators did.

The audit entries themselves are the kernel's (``db/kernel_tables``).
"""

from sqlalchemy import Index

from app.application.identity.audit.operator_actions import OPERATOR_ACTIONS
from app.application.identity.audit.seals import AUDIT_SEALS
from app.domain.identity.audit.chain import Seal
from app.domain.identity.audit.operator_action import OperatorAction
from app.domain.shared.errors import ValueOutOfRange
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.mapping import flat
from app.infrastructure.db.metadata import check, column, platform_table, tenant_table
from app.infrastructure.db.types import Bytes, Id, Instant, Integer, Json, Text

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
    left_out="hashes that prove the audit trail where it is kept; their head is published",
)

# No reference to a company: what was done to it outlives it.
operator_acts = platform_table(
    "operator_acts",
    column("id", Id),
    column("operator_id", Id),
    column("session_id", Id),
    column("action", Text),
    column("company_id", Id, null=True),
    column("reason", Text),
    column("request_id", Text),
    column("address", Text),
    column("changes", Json),
    column("recorded_at", Instant),
    Index("operator_acts_company_id_ix", "company_id", "id"),
    Index("operator_acts_operator_id_ix", "operator_id", "id"),
)

on_constraint(
    ValueOutOfRange,
    "audit_seals_sequence_ck",
    "audit_seals_range_ck",
    "audit_seals_digests_ck",
)

SEAL_MAPPING = flat(AUDIT_SEALS, audit_seals, Seal, key=("sequence",))
MAPPINGS = (SEAL_MAPPING, flat(OPERATOR_ACTIONS, operator_acts, OperatorAction))
