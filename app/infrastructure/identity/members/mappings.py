"""Members, invitations and lifted delays in the database, and the lists of them."""

from datetime import datetime

from sqlalchemy import bindparam, select

from app.application.identity.members.kinds import (
    ACTIVE_IN_ROLE,
    INVITATION_BY_TOKEN,
    INVITATION_LIST,
    INVITATIONS,
    MEMBER_LIST,
    MEMBER_SESSION_LIST,
    PENDING_INVITATIONS_TO,
    THROTTLE_LIFTS,
)
from app.application.identity.members.views import (
    INVITATION_VIEW,
    MEMBER_SESSION_VIEW,
    MEMBER_VIEW,
)
from app.domain.identity.members.invitation import Invitation
from app.domain.identity.members.throttle_lift import ThrottleLift
from app.domain.shared.clock import Clock
from app.infrastructure.db import types
from app.infrastructure.db.lists import ListQuery, equals
from app.infrastructure.db.mapping import Mapping, Search, flat
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import TENANT, Query, of_tenant
from app.infrastructure.identity.directory.lists import after, columns
from app.infrastructure.identity.directory.tables import memberships, sessions, users
from app.infrastructure.identity.members.role_list import ROLES
from app.infrastructure.identity.members.tables import invitations, throttle_lifts
from app.infrastructure.security.throttle import DELAYS_LAST

_PENDING = "t.accepted_at IS NULL AND t.withdrawn_at IS NULL"

MAPPINGS: tuple[Mapping | Search, ...] = (
    flat(INVITATIONS, invitations, Invitation),
    flat(THROTTLE_LIFTS, throttle_lifts, ThrottleLift, key=("user_id",)),
    Search(INVITATION_BY_TOKEN, ("token_hash",)),
    Search(PENDING_INVITATIONS_TO, ("email_folded",), where=_PENDING),
    Search(ACTIVE_IN_ROLE, ("tenant_id", "role"), where="t.active"),
)

LISTS = (
    ROLES,
    ListQuery(
        INVITATION_LIST,
        select(*columns(INVITATION_VIEW, invitations)).where(
            *of_tenant(invitations),
            invitations.c.accepted_at.is_(None),
            invitations.c.withdrawn_at.is_(None),
        ),
        invitations.c.id,
        INVITATION_VIEW.row,
        sorts={"id": invitations.c.id},
        filters={"as_known_at": after(invitations.c.expires_at)},
    ),
    ListQuery(
        MEMBER_LIST,
        select(*columns(MEMBER_VIEW, memberships, users))
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(memberships.c.tenant_id == bindparam(TENANT, type_=types.Id)),
        memberships.c.user_id,
        MEMBER_VIEW.row,
        sorts={"id": memberships.c.user_id},
        filters={
            "role": equals(memberships.c.role),
            "active": equals(memberships.c.active),
        },
    ),
    ListQuery(
        MEMBER_SESSION_LIST,
        select(*columns(MEMBER_SESSION_VIEW, sessions, users))
        .join(users, users.c.id == sessions.c.user_id)
        .where(
            sessions.c.tenant_id == bindparam(TENANT, type_=types.Id),
            sessions.c.revoked_at.is_(None),
        ),
        sessions.c.id,
        MEMBER_SESSION_VIEW.row,
        sorts={"id": sessions.c.id},
        filters={
            "user_id": equals(sessions.c.user_id),
            "as_known_at": after(sessions.c.expires_at),
        },
    ),
)

_LIFTED = Query(
    select(throttle_lifts.c.lifted_at)
    .join(users, users.c.id == throttle_lifts.c.user_id)
    .where(users.c.email_folded == bindparam("email", type_=types.Text))
)


class DatabaseThrottleLifts:
    """Implements ``app.infrastructure.security.throttle.Lifts``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def lifted_at(self, account: str) -> datetime | None:
        """When the delays of an account were lifted; what is longer ago than they last is none."""
        async with self._database.read(None) as scope:
            row = await scope.row(_LIFTED, email=account)
        if row is None or self._clock.now() - row[0] > DELAYS_LAST:
            return None
        return row[0]  # type: ignore[no-any-return]
