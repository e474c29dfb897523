"""Tables of second factors. They belong to users, who sign in before a company is known (R-31)."""

from sqlalchemy import Index

from app.domain.identity.factors.errors import SecurityKeyTaken
from app.domain.shared.errors import ReferenceNotFound, ValueOutOfRange
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import check, column, platform_table, version
from app.infrastructure.db.types import Bytes, Id, Instant, Integer, Text
from app.infrastructure.identity.directory.tables import refers_to

second_factors = platform_table(
    "second_factors",
    column("user_id", Id),
    column("sealed_secret", Bytes, null=True),
    column("pending_secret", Bytes, null=True),
    column("pending_at", Instant, null=True),
    column("last_step", Integer),
    column("recovery_hashes", Bytes),
    column("failures", Integer),
    column("failed_at", Instant, null=True),
    version(),
    refers_to("user_id", "users"),
    check("pending", "(pending_secret IS NULL) = (pending_at IS NULL)"),
    check("recovery_hashes", "length(recovery_hashes) % 32 = 0"),
    key=("user_id",),
)

security_keys = platform_table(
    "security_keys",
    column("id", Id),
    column("user_id", Id),
    column("credential_id", Bytes),
    column("public_key", Bytes),
    column("sign_count", Integer),
    column("name", Text),
    column("created_at", Instant),
    column("last_used_at", Instant, null=True),
    column("removed_at", Instant, null=True),
    version(),
    refers_to("user_id", "users"),
    check("sign_count", "sign_count >= 0"),
    Index("security_keys_user_id_ix", "user_id"),
)
# One that was removed may be registered again.
Index(
    "security_keys_credential_id_uq",
    security_keys.c.credential_id,
    unique=True,
    postgresql_where=security_keys.c.removed_at.is_(None),
    sqlite_where=security_keys.c.removed_at.is_(None),
)

challenges = platform_table(
    "challenges",
    column("id", Id),
    column("user_id", Id),
    column("tenant_id", Id),
    column("purpose", Text),
    column("token_hash", Bytes),
    column("challenge", Bytes),
    column("password_changed_at", Instant),
    column("failures", Integer),
    column("created_at", Instant),
    column("expires_at", Instant),
    column("used_at", Instant, null=True),
    version(),
    refers_to("user_id", "users"),
    refers_to("tenant_id", "tenants"),
    check("purpose", "purpose IN ('login', 'register', 'step_up')"),
)

on_constraint(SecurityKeyTaken, "security_keys_credential_id_uq")
on_constraint(
    ReferenceNotFound,
    "second_factors_user_id_fk",
    "security_keys_user_id_fk",
    "challenges_user_id_fk",
    "challenges_tenant_id_fk",
)
on_constraint(
    ValueOutOfRange,
    "second_factors_pending_ck",
    "second_factors_recovery_hashes_ck",
    "security_keys_sign_count_ck",
    "challenges_purpose_ck",
)
