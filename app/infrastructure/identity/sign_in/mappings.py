"""Sessions, password resets and messages in the database."""

from datetime import datetime

from sqlalchemy import bindparam, select

from app.application.identity.sign_in.recovery import PASSWORD_RESETS
from app.application.identity.sign_in.sessions import SESSION_BY_FAMILY, SESSION_LIST
from app.application.identity.sign_in.views import SESSION_VIEW
from app.application.shared.messages import MESSAGES, Message
from app.domain.identity.sign_in.password_reset import PasswordReset
from app.infrastructure.db import types
from app.infrastructure.db.lists import ListQuery, equals
from app.infrastructure.db.mapping import Mapping, Search, flat
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query
from app.infrastructure.identity.directory.lists import after, columns
from app.infrastructure.identity.directory.tables import sessions, tenants
from app.infrastructure.identity.sign_in.tables import messages, password_resets

_MESSAGE_MAPPING = flat(MESSAGES, messages, Message)

MAPPINGS: tuple[Mapping | Search, ...] = (
    Search(SESSION_BY_FAMILY, ("family_hash",)),
    flat(PASSWORD_RESETS, password_resets, PasswordReset, key=("user_id",)),
    _MESSAGE_MAPPING,
)

_WAITING = Query(
    select(*(messages.c[name] for name in _MESSAGE_MAPPING.columns))
    .where(
        messages.c.delivered_at.is_(None),
        messages.c.expires_at > bindparam("now", type_=types.Instant),
    )
    .order_by(messages.c.id)
)


class DatabaseMessages:
    """Implements ``app.application.shared.messages.Messages``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, now: datetime) -> list[Message]:
        """Messages that were not delivered and are still of use, the oldest first."""
        async with self._database.read(None) as scope:
            rows = await scope.rows(_WAITING, now=now)
        return [_MESSAGE_MAPPING.load(row) for row in rows]


LISTS = (
    ListQuery(
        SESSION_LIST,
        select(*columns(SESSION_VIEW, sessions, company=tenants.c.name))
        .join(tenants, tenants.c.id == sessions.c.tenant_id)
        .where(sessions.c.revoked_at.is_(None)),
        sessions.c.id,
        SESSION_VIEW.row,
        sorts={"id": sessions.c.id},
        filters={
            "user_id": equals(sessions.c.user_id),
            "as_known_at": after(sessions.c.expires_at),
        },
    ),
)
