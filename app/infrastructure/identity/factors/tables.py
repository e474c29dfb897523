"""Second factors in the database. They belong to users, who sign in before a company is known.

So their tables are outside of row security (R-31).
"""

from sqlalchemy import Index, select

from app.application.identity.factors.ports import (
    CHALLENGES,
    SECOND_FACTORS,
    SECURITY_KEY_LIST,
    SECURITY_KEYS,
    SECURITY_KEYS_OF_USER,
)
from app.application.identity.factors.views import SECURITY_KEY_VIEW
from app.domain.identity.factors.challenge import Challenge, Purpose
from app.domain.identity.factors.errors import SecurityKeyTaken
from app.domain.identity.factors.second_factor import SecondFactor
from app.domain.identity.factors.security_key import SecurityKey
from app.domain.shared.errors import ReferenceNotFound, ValueOutOfRange
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.lists import ListQuery, equals
from app.infrastructure.db.mapping import Mapping, Search, flat
from app.infrastructure.db.metadata import check, column, platform_table, version
from app.infrastructure.db.types import Bytes, Id, Instant, Integer, Text
from app.infrastructure.identity.directory.lists import columns
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


_KEYS = security_keys.c

MAPPINGS: tuple[Mapping | Search, ...] = (
    flat(SECOND_FACTORS, second_factors, SecondFactor, key=("user_id",)),
    flat(SECURITY_KEYS, security_keys, SecurityKey),
    flat(CHALLENGES, challenges, Challenge, purpose=Purpose),
    Search(SECURITY_KEYS_OF_USER, ("user_id",), where="t.removed_at IS NULL"),
)

LISTS = (
    ListQuery(
        SECURITY_KEY_LIST,
        select(*columns(SECURITY_KEY_VIEW, security_keys)).where(_KEYS.removed_at.is_(None)),
        _KEYS.id,
        SECURITY_KEY_VIEW.row,
        sorts={"id": _KEYS.id},
        filters={"user_id": equals(_KEYS.user_id)},
    ),
)
