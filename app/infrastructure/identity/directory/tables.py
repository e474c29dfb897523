"""Tables that a sign-in reads, before a company is known: outside of row security (R-31).

Every statement on the roles and memberships names the company.
"""

from sqlalchemy import Constraint, ForeignKeyConstraint, Index, UniqueConstraint

from app.domain.identity.sign_in.errors import EmailTaken
from app.domain.shared.errors import (
    Duplicate,
    ReferenceNotFound,
    ServiceUnavailable,
    ValueOutOfRange,
)
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import PLATFORM, check, column, platform_table, version
from app.infrastructure.db.types import Bytes, Flag, Id, Instant, Json, Text


def refers_to(name: str, table: str, to: str = "id") -> Constraint:
    """A reference to another table without a tenant."""
    return ForeignKeyConstraint([name], [f"{PLATFORM}.{table}.{to}"])


users = platform_table(
    "users",
    column("id", Id),
    column("email", Text),
    column("email_folded", Text),
    column("display_name", Text),
    column("active", Flag),
    column("created_at", Instant),
    version(),
    column("locale", Text, null=True),
    column("time_zone", Text, null=True),
    UniqueConstraint("email_folded"),
    check("email_length", "length(email_folded) BETWEEN 3 AND 1000"),
)

credentials = platform_table(
    "credentials",
    column("user_id", Id),
    column("password_hash", Text),
    column("changed_at", Instant),
    version(),
    column("second_factor", Flag),
    refers_to("user_id", "users"),
    key=("user_id",),
)

tenants = platform_table(
    "tenants",
    column("id", Id),
    column("name", Text),
    column("time_zone", Text),
    column("country", Text, null=True),
    column("state", Text),
    column("created_at", Instant),
    version(),
    column("mfa_required", Flag),
    column("payout_step_up_required", Flag),
    column("delete_at", Instant, null=True),
    column("purging", Flag),
    check("state", "state IN ('active', 'suspended')"),
)

memberships = platform_table(
    "memberships",
    column("tenant_id", Id),
    column("user_id", Id),
    column("role", Text),
    column("active", Flag),
    version(),
    refers_to("tenant_id", "tenants"),
    refers_to("user_id", "users"),
    Index("memberships_user_id_ix", "user_id", "tenant_id"),
    Index("memberships_tenant_id_role_ix", "tenant_id", "role"),
    key=("tenant_id", "user_id"),
)

# What is behind a token joins them, so they stand outside of row security, as memberships do.
roles = platform_table(
    "roles",
    column("tenant_id", Id),
    column("id", Id),
    column("code", Text),
    column("name", Text),
    column("permissions", Json),
    column("active", Flag),
    version(),
    refers_to("tenant_id", "tenants"),
    UniqueConstraint("tenant_id", "code"),
    check("code_length", "length(code) BETWEEN 1 AND 32"),
    key=("tenant_id", "id"),
)

sessions = platform_table(
    "sessions",
    column("id", Id),
    column("user_id", Id),
    column("tenant_id", Id),
    column("family_hash", Bytes),
    column("token_hash", Bytes),
    column("previous_hash", Bytes, null=True),
    column("rotated_at", Instant, null=True),
    column("created_at", Instant),
    column("last_used_at", Instant),
    column("expires_at", Instant),
    column("ends_at", Instant),
    column("revoked_at", Instant, null=True),
    column("device", Text),
    column("address", Text),
    version(),
    column("proved_at", Instant, null=True),
    column("second_factor", Flag),
    UniqueConstraint("family_hash"),
    ForeignKeyConstraint(
        ["tenant_id", "user_id"],
        [f"{PLATFORM}.memberships.tenant_id", f"{PLATFORM}.memberships.user_id"],
    ),
    check("lifetime", "expires_at <= ends_at"),
    check("rotation", "(previous_hash IS NULL) = (rotated_at IS NULL)"),
    Index("sessions_user_id_ix", "user_id"),
)

on_constraint(EmailTaken, "users_email_folded_uq")
# 128 random bits were drawn twice: a defect of the machine, not of the request.
on_constraint(ServiceUnavailable, "sessions_family_hash_uq")
on_constraint(lambda: Duplicate.at("/code"), "roles_tenant_id_code_uq")
on_constraint(
    ReferenceNotFound,
    "credentials_user_id_fk",
    "memberships_tenant_id_fk",
    "memberships_user_id_fk",
    "roles_tenant_id_fk",
    "sessions_tenant_id_user_id_fk",
)
on_constraint(
    ValueOutOfRange,
    "users_email_length_ck",
    "tenants_state_ck",
    "sessions_lifetime_ck",
    "sessions_rotation_ck",
    "roles_code_length_ck",
)
