"""The way back in, in the database: how its kinds are saved, and what its readers ask."""

from datetime import datetime

from sqlalchemy import bindparam, select

from app.application.identity.directory.ports import (
    MEMBER_SESSION_LIST,
    PASSWORD_RESETS,
    THROTTLE_LIFTS,
)
from app.application.identity.sign_in.views import member_session_view
from app.application.shared.messages import MESSAGES, Message
from app.domain.identity.sign_in.password_reset import PasswordReset
from app.domain.identity.sign_in.throttle_lift import ThrottleLift
from app.domain.shared.clock import Clock
from app.infrastructure.db import types
from app.infrastructure.db.lists import ListQuery, equals
from app.infrastructure.db.mapping import flat
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import TENANT, Query
from app.infrastructure.identity.directory.tables import sessions, users
from app.infrastructure.identity.sign_in.tables import messages, password_resets, throttle_lifts
from app.infrastructure.security.throttle import DELAYS_LAST

_MESSAGE_MAPPING = flat(MESSAGES, messages, Message)

MAPPINGS = (
    flat(PASSWORD_RESETS, password_resets, PasswordReset, key=("user_id",)),
    flat(THROTTLE_LIFTS, throttle_lifts, ThrottleLift, key=("user_id",)),
    _MESSAGE_MAPPING,
)

LISTS = (
    ListQuery(
        MEMBER_SESSION_LIST,
        select(
            sessions.c.id,
            users.c.id.label("user_id"),
            users.c.email,
            sessions.c.device,
            sessions.c.address,
            sessions.c.created_at,
            sessions.c.last_used_at,
            sessions.c.expires_at,
        )
        .join(users, users.c.id == sessions.c.user_id)
        .where(
            sessions.c.tenant_id == bindparam(TENANT, type_=types.Id),
            sessions.c.revoked_at.is_(None),
        ),
        sessions.c.id,
        member_session_view,
        sorts={"id": sessions.c.id},
        filters={
            "user_id": equals(sessions.c.user_id),
            "as_known_at": lambda name: (
                sessions.c.expires_at > bindparam(name, type_=types.Instant)
            ),
        },
    ),
)

_LIFTED = Query(
    select(throttle_lifts.c.lifted_at)
    .join(users, users.c.id == throttle_lifts.c.user_id)
    .where(users.c.email_folded == bindparam("email", type_=types.Text))
)

_WAITING = Query(
    select(*(messages.c[name] for name in _MESSAGE_MAPPING.columns))
    .where(
        messages.c.delivered_at.is_(None),
        messages.c.expires_at > bindparam("now", type_=types.Instant),
    )
    .order_by(messages.c.id)
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


class DatabaseMessages:
    """Implements ``app.application.shared.messages.Messages``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, now: datetime) -> list[Message]:
        """Messages that were not delivered and are still of use, the oldest first."""
        async with self._database.read(None) as scope:
            rows = await scope.rows(_WAITING, now=now)
        return [_MESSAGE_MAPPING.load(row) for row in rows]
