"""How users, companies, memberships, roles and sessions are loaded and saved."""

from app.application.identity.directory.kinds import (
    ACTIVE_MEMBERSHIPS_OF_USER,
    COMPANY_ROLES,
    CREDENTIALS,
    LIVE_SESSIONS_OF_USER,
    MEMBERSHIPS,
    ROLES_OF,
    SESSIONS,
    TENANTS,
    USER_BY_EMAIL,
    USERS,
)
from app.domain.identity.companies.tenant import Tenant, TenantState
from app.domain.identity.members.membership import Membership
from app.domain.identity.members.role import Role
from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.session import Session
from app.domain.identity.sign_in.user import User
from app.infrastructure.db.mapping import Mapping, Search, flat
from app.infrastructure.identity.directory import tables

MAPPINGS: tuple[Mapping | Search, ...] = (
    flat(USERS, tables.users, User),
    flat(CREDENTIALS, tables.credentials, Credentials, key=("user_id",)),
    flat(TENANTS, tables.tenants, Tenant, state=TenantState),
    flat(MEMBERSHIPS, tables.memberships, Membership, key=("tenant_id", "user_id")),
    flat(COMPANY_ROLES, tables.roles, Role, key=("tenant_id", "id"), permissions=tuple),
    flat(SESSIONS, tables.sessions, Session),
    Search(USER_BY_EMAIL, ("email_folded",)),
    Search(LIVE_SESSIONS_OF_USER, ("user_id",), where="t.revoked_at IS NULL"),
    Search(ACTIVE_MEMBERSHIPS_OF_USER, ("user_id",), where="t.active"),
    Search(ROLES_OF, ("tenant_id",)),
)
