"""Reads across companies, one statement each: sign-in, refresh, the state behind a token."""

from sqlalchemy import bindparam, select

from app.application.identity.directory.ports import Access, Account
from app.domain.identity.companies.tenant import status_of
from app.domain.shared.ids import Id
from app.infrastructure.db import types
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query
from app.infrastructure.identity.directory.tables import (
    credentials,
    memberships,
    roles,
    sessions,
    tenants,
    users,
)

# ULIDs ascend with time: the first is the company that was made first.
_FIRST_COMPANY = Query(
    select(memberships.c.tenant_id)
    .join(tenants, tenants.c.id == memberships.c.tenant_id)
    .where(
        memberships.c.user_id == bindparam("user_id", type_=types.Id),
        memberships.c.active,
        ~tenants.c.purging,
    )
    .order_by((tenants.c.state != "active") | tenants.c.delete_at.is_not(None), tenants.c.id)
    .limit(1)
)

_ACCOUNT = Query(
    select(
        users.c.id,
        users.c.active,
        credentials.c.password_hash,
        credentials.c.changed_at,
    )
    .join(credentials, credentials.c.user_id == users.c.id)
    .where(users.c.email_folded == bindparam("email", type_=types.Text))
)

_SESSION = Query(
    select(sessions.c.id, sessions.c.user_id, sessions.c.tenant_id).where(
        sessions.c.family_hash == bindparam("family_hash", type_=types.Bytes)
    )
)

_ACCESS = Query(
    select(
        sessions.c.id,
        sessions.c.user_id,
        sessions.c.tenant_id,
        memberships.c.role,
        sessions.c.expires_at,
        roles.c.permissions,
        sessions.c.proved_at,
        sessions.c.second_factor,
        tenants.c.mfa_required,
        tenants.c.payout_step_up_required,
        tenants.c.state,
        tenants.c.delete_at,
        users.c.locale,
    )
    .join(users, users.c.id == sessions.c.user_id)
    .join(tenants, tenants.c.id == sessions.c.tenant_id)
    .join(
        memberships,
        (memberships.c.tenant_id == sessions.c.tenant_id)
        & (memberships.c.user_id == sessions.c.user_id),
    )
    .outerjoin(
        roles,
        (roles.c.tenant_id == memberships.c.tenant_id) & (roles.c.code == memberships.c.role),
    )
    .where(
        sessions.c.id == bindparam("session_id", type_=types.Id),
        sessions.c.revoked_at.is_(None),
        users.c.active,
        memberships.c.active,
        ~tenants.c.purging,
    )
)


class DatabaseDirectory:
    """Implements ``app.application.identity.directory.ports.Directory``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def account(self, email_folded: str) -> Account | None:
        """The account behind an address."""
        async with self._database.read(None) as scope:
            row = await scope.row(_ACCOUNT, email=email_folded)
        return None if row is None else Account(*row)

    async def first_company(self, user_id: Id) -> Id | None:
        """The company that was made first of those the user works for."""
        async with self._database.read(None) as scope:
            row = await scope.row(_FIRST_COMPANY, user_id=user_id)
        return None if row is None else row[0]

    async def session(self, family_hash: bytes) -> tuple[Id, Id, Id] | None:
        """Id, user and company of the session with this family secret."""
        async with self._database.read(None) as scope:
            row = await scope.row(_SESSION, family_hash=family_hash)
        return None if row is None else (row[0], row[1], row[2])

    async def access(self, session_id: Id) -> Access | None:
        """What the session may do now."""
        async with self._database.read(None) as scope:
            row = await scope.row(_ACCESS, session_id=session_id)
        if row is None:
            return None
        *known, state, delete_at, locale = row
        return Access(*[*known, status_of(state, delete_at), locale])
