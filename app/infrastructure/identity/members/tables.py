"""Tables of invitations, and of delays that were lifted."""

from app.domain.shared.errors import ReferenceNotFound, ServiceUnavailable, ValueOutOfRange
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import (
    check,
    column,
    index,
    platform_table,
    tenant_table,
    unique,
    version,
)
from app.infrastructure.db.types import Bytes, Id, Instant, Text
from app.infrastructure.identity.directory.tables import refers_to

invitations = tenant_table(
    "invitations",
    column("id", Id),
    column("email", Text),
    column("email_folded", Text),
    column("role", Text),
    column("token_hash", Bytes),
    column("invited_by", Id),
    column("created_at", Instant),
    column("expires_at", Instant),
    column("accepted_at", Instant, null=True),
    column("withdrawn_at", Instant, null=True),
    version(),
    unique("token_hash"),
    check("end", "accepted_at IS NULL OR withdrawn_at IS NULL"),
    index("invitations", "email_folded", "id"),
)

# A sign-in reads them, before a company is known.
throttle_lifts = platform_table(
    "throttle_lifts",
    column("user_id", Id),
    column("lifted_at", Instant),
    version(),
    refers_to("user_id", "users"),
    key=("user_id",),
)

# 256 random bits were drawn twice: a defect of the machine, not of the request.
on_constraint(ServiceUnavailable, "invitations_tenant_id_token_hash_uq")
on_constraint(ReferenceNotFound, "throttle_lifts_user_id_fk")
on_constraint(ValueOutOfRange, "invitations_end_ck")
