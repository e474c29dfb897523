"""Tables of API keys, rows of the company that a key names (decision 0019), and of signing keys."""

from app.domain.shared.errors import ReferenceNotFound, ValueOutOfRange
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import (
    check,
    column,
    platform_table,
    refers,
    tenant_table,
    version,
)
from app.infrastructure.db.types import Bytes, Flag, Id, Instant, Json, Text

api_keys = tenant_table(
    "api_keys",
    column("id", Id),
    column("name", Text),
    column("permissions", Json),
    column("addresses", Json),
    column("test", Flag),
    column("secret_hash", Bytes),
    column("previous_hash", Bytes, null=True),
    column("previous_expires_at", Instant, null=True),
    column("made_by_id", Id),
    column("created_at", Instant),
    column("rotated_at", Instant, null=True),
    column("expires_at", Instant),
    column("revoked_at", Instant, null=True),
    version(),
    check("overlap", "(previous_hash IS NULL) = (previous_expires_at IS NULL)"),
    check("lifetime", "expires_at > created_at"),
    check("end", "revoked_at IS NULL OR previous_hash IS NULL"),
)

# Apart from the key: being used is no change of it, and needs no version.
api_key_uses = tenant_table(
    "api_key_uses",
    column("api_key_id", Id),
    column("last_used_at", Instant),
    column("address", Text),
    refers("api_key_id", "api_keys"),
    key=("api_key_id",),
)

signing_keys = platform_table(
    "signing_keys",
    column("kid", Text),
    column("sealed_private_key", Bytes),
    column("public_key", Bytes),
    column("created_at", Instant),
    column("retired_at", Instant, null=True),
    column("state", Text),
    check("state", "state IN ('active', 'retired')"),
    check("retirement", "(state = 'retired') = (retired_at IS NOT NULL)"),
    key=("kid",),
)

on_constraint(ReferenceNotFound, "api_key_uses_tenant_id_api_key_id_fk")
on_constraint(
    ValueOutOfRange,
    "api_keys_overlap_ck",
    "api_keys_lifetime_ck",
    "api_keys_end_ck",
    "signing_keys_state_ck",
    "signing_keys_retirement_ck",
)
