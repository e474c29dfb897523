"""Users, companies, memberships, roles and sessions, as several parts of identity load them."""

from app.application.shared.kinds import Finder, Kind, Lock
from app.domain.identity.companies.tenant import Tenant
from app.domain.identity.members.membership import Membership
from app.domain.identity.members.role import Role
from app.domain.identity.operators.operator import Operator
from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.session import Session
from app.domain.identity.sign_in.user import User

USERS: Kind[User] = Kind("users", key=lambda user: (user.id,))
CREDENTIALS: Kind[Credentials] = Kind("credentials", key=lambda each: (each.user_id,))
TENANTS: Kind[Tenant] = Kind("tenants", key=lambda tenant: (tenant.id,))
# Locked where one is changed; a sign-in reads them as they are.
MEMBERSHIPS: Kind[Membership] = Kind(
    "memberships", key=lambda each: (each.tenant_id, each.user_id), lock=Lock.UPDATE
)
# Two refreshes of one session must not both win.
SESSIONS: Kind[Session] = Kind("sessions", key=lambda each: (each.id,), lock=Lock.UPDATE)
# The roles that a company made for itself. They are few, so they are read and locked together.
COMPANY_ROLES: Kind[Role] = Kind(
    "roles", key=lambda each: (each.tenant_id, each.id), lock=Lock.UPDATE
)
# The service only reads who they are: `tradepost operators` makes them, as the owner.
OPERATORS: Kind[Operator] = Kind("operators", key=lambda each: (each.user_id,))

USER_BY_EMAIL: Finder[User] = Finder("user_by_email", USERS, lambda user: (user.email_folded,))
LIVE_SESSIONS_OF_USER: Finder[Session] = Finder(
    "live_sessions_of_user",
    SESSIONS,
    lambda session: (session.user_id,) if session.revoked_at is None else None,
)
ACTIVE_MEMBERSHIPS_OF_USER: Finder[Membership] = Finder(
    "active_memberships_of_user",
    MEMBERSHIPS,
    lambda each: (each.user_id,) if each.active else None,
)
ROLES_OF: Finder[Role] = Finder("roles_of_company", COMPANY_ROLES, lambda role: (role.tenant_id,))
