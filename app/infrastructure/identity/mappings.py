"""Identity in the database: how its aggregates are loaded and saved."""

from sqlalchemy import bindparam, select

from app.application.identity.ports import (
    ACTIVE_SIGNING_KEYS,
    CREDENTIALS,
    LIVE_SESSIONS_OF_USER,
    MEMBERSHIPS,
    SESSION_BY_FAMILY,
    SESSION_LIST,
    SESSIONS,
    SIGNING_KEYS,
    TENANTS,
    USER_BY_EMAIL,
    USERS,
)
from app.application.identity.views import session_view
from app.domain.identity.credentials import Credentials
from app.domain.identity.membership import Membership
from app.domain.identity.session import Session
from app.domain.identity.signing_key import KeyState, SigningKey
from app.domain.identity.tenant import Tenant, TenantState
from app.domain.identity.user import User
from app.infrastructure.db.lists import ListQuery, equals
from app.infrastructure.db.mapping import Mapping, Search, flat
from app.infrastructure.db.types import Instant
from app.infrastructure.identity import tables

SIGNING_KEY_MAPPING = flat(
    SIGNING_KEYS, tables.signing_keys, SigningKey, key=("kid",), state=KeyState
)

MAPPINGS: tuple[Mapping | Search, ...] = (
    flat(USERS, tables.users, User),
    flat(CREDENTIALS, tables.credentials, Credentials, key=("user_id",)),
    flat(TENANTS, tables.tenants, Tenant, state=TenantState),
    flat(MEMBERSHIPS, tables.memberships, Membership, key=("tenant_id", "user_id")),
    flat(SESSIONS, tables.sessions, Session),
    SIGNING_KEY_MAPPING,
    Search(USER_BY_EMAIL, ("email_folded",)),
    Search(SESSION_BY_FAMILY, ("family_hash",)),
    Search(LIVE_SESSIONS_OF_USER, ("user_id",), where="t.revoked_at IS NULL"),
    Search(ACTIVE_SIGNING_KEYS, (), where="t.state = 'active'"),
)

LISTS = (
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
)
