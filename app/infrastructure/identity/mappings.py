"""Identity in the database: how its aggregates are loaded and saved."""

from sqlalchemy import bindparam, select

from app.application.identity.directory.ports import (
    ACTIVE_IN_ROLE,
    ACTIVE_SIGNING_KEYS,
    COMPANIES_OF_USER,
    COMPANY_ROLES,
    CREDENTIALS,
    INVITATION_BY_TOKEN,
    INVITATION_LIST,
    INVITATIONS,
    LIVE_SESSIONS_OF_USER,
    MEMBER_LIST,
    MEMBERSHIPS,
    OWNED_BY,
    PENDING_INVITATIONS_TO,
    ROLES_OF,
    SESSION_BY_FAMILY,
    SESSION_LIST,
    SESSIONS,
    SIGNING_KEYS,
    TENANTS,
    USER_BY_EMAIL,
    USERS,
)
from app.application.identity.sign_in.views import (
    invitation_view,
    member_view,
    own_company_view,
    session_view,
)
from app.domain.identity.companies.tenant import Tenant, TenantState
from app.domain.identity.keys.signing_key import KeyState, SigningKey
from app.domain.identity.members.invitation import Invitation
from app.domain.identity.members.membership import Membership
from app.domain.identity.members.role import Role
from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.session import Session
from app.domain.identity.sign_in.user import User
from app.infrastructure.db.lists import ListQuery, equals
from app.infrastructure.db.mapping import Mapping, Search, flat
from app.infrastructure.db.query import TENANT, of_tenant
from app.infrastructure.db.types import Id, Instant
from app.infrastructure.identity.audit.tables import SEAL_MAPPING
from app.infrastructure.identity.directory import tables
from app.infrastructure.identity.directory.role_tables import roles
from app.infrastructure.identity.factors import mappings as factor_mappings
from app.infrastructure.identity.keys import api_keys
from app.infrastructure.identity.members.role_list import ROLES

SIGNING_KEY_MAPPING = flat(
    SIGNING_KEYS, tables.signing_keys, SigningKey, key=("kid",), state=KeyState
)

MAPPINGS: tuple[Mapping | Search, ...] = (
    flat(USERS, tables.users, User),
    flat(CREDENTIALS, tables.credentials, Credentials, key=("user_id",)),
    flat(TENANTS, tables.tenants, Tenant, state=TenantState),
    flat(MEMBERSHIPS, tables.memberships, Membership, key=("tenant_id", "user_id")),
    flat(INVITATIONS, tables.invitations, Invitation),
    flat(SESSIONS, tables.sessions, Session),
    SIGNING_KEY_MAPPING,
    SEAL_MAPPING,
    Search(USER_BY_EMAIL, ("email_folded",)),
    Search(SESSION_BY_FAMILY, ("family_hash",)),
    Search(INVITATION_BY_TOKEN, ("token_hash",)),
    Search(
        PENDING_INVITATIONS_TO,
        ("email_folded",),
        where="t.accepted_at IS NULL AND t.withdrawn_at IS NULL",
    ),
    Search(ACTIVE_IN_ROLE, ("tenant_id", "role"), where="t.active"),
    Search(OWNED_BY, ("user_id",), where="t.active AND t.role = 'owner'"),
    Search(LIVE_SESSIONS_OF_USER, ("user_id",), where="t.revoked_at IS NULL"),
    Search(ACTIVE_SIGNING_KEYS, (), where="t.state = 'active'"),
    flat(COMPANY_ROLES, roles, Role, key=("tenant_id", "id"), permissions=tuple),
    Search(ROLES_OF, ("tenant_id",)),
    *factor_mappings.MAPPINGS,
    *api_keys.MAPPINGS,
)

LISTS = (
    ROLES,
    ListQuery(
        COMPANIES_OF_USER,
        select(
            tables.tenants.c.id,
            tables.tenants.c.name,
            tables.memberships.c.role,
            tables.tenants.c.state,
            tables.tenants.c.delete_at,
        )
        .join(tables.memberships, tables.memberships.c.tenant_id == tables.tenants.c.id)
        .where(tables.memberships.c.active, ~tables.tenants.c.purging),
        tables.tenants.c.id,
        own_company_view,
        sorts={"id": tables.tenants.c.id},
        filters={"user_id": equals(tables.memberships.c.user_id)},
    ),
    ListQuery(
        INVITATION_LIST,
        select(
            tables.invitations.c.id,
            tables.invitations.c.email,
            tables.invitations.c.role,
            tables.invitations.c.created_at,
            tables.invitations.c.expires_at,
        ).where(
            *of_tenant(tables.invitations),
            tables.invitations.c.accepted_at.is_(None),
            tables.invitations.c.withdrawn_at.is_(None),
        ),
        tables.invitations.c.id,
        invitation_view,
        sorts={"id": tables.invitations.c.id},
        filters={
            "as_known_at": lambda name: (
                tables.invitations.c.expires_at > bindparam(name, type_=Instant)
            ),
        },
    ),
    ListQuery(
        MEMBER_LIST,
        select(
            tables.users.c.id,
            tables.users.c.email,
            tables.users.c.display_name,
            tables.memberships.c.role,
            tables.memberships.c.active,
            tables.memberships.c.version,
        )
        .join(tables.memberships, tables.memberships.c.user_id == tables.users.c.id)
        .where(tables.memberships.c.tenant_id == bindparam(TENANT, type_=Id)),
        tables.memberships.c.user_id,
        member_view,
        sorts={"id": tables.memberships.c.user_id},
        filters={
            "role": equals(tables.memberships.c.role),
            "active": equals(tables.memberships.c.active),
        },
    ),
    ListQuery(
        SESSION_LIST,
        select(
            tables.sessions.c.id,
            tables.tenants.c.name,
            tables.sessions.c.device,
            tables.sessions.c.address,
            tables.sessions.c.created_at,
            tables.sessions.c.last_used_at,
            tables.sessions.c.expires_at,
        )
        .join(tables.tenants, tables.tenants.c.id == tables.sessions.c.tenant_id)
        .where(tables.sessions.c.revoked_at.is_(None)),
        tables.sessions.c.id,
        session_view,
        sorts={"id": tables.sessions.c.id},
        filters={
            "user_id": equals(tables.sessions.c.user_id),
            "as_known_at": lambda name: (
                tables.sessions.c.expires_at > bindparam(name, type_=Instant)
            ),
        },
    ),
    *factor_mappings.LISTS,
    *api_keys.LISTS,
)
