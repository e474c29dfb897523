"""Where a user is signed in, in the database."""

from sqlalchemy import select

from app.application.identity.sign_in.sessions import SESSION_LIST
from app.application.identity.sign_in.views import session_view
from app.infrastructure.db.lists import ListQuery, equals
from app.infrastructure.identity.directory.lists import after, columns
from app.infrastructure.identity.directory.tables import sessions, tenants

LISTS = (
    ListQuery(
        SESSION_LIST,
        select(*columns(session_view, sessions, company=tenants.c.name))
        .join(tenants, tenants.c.id == sessions.c.tenant_id)
        .where(sessions.c.revoked_at.is_(None)),
        sessions.c.id,
        session_view,
        sorts={"id": sessions.c.id},
        filters={
            "user_id": equals(sessions.c.user_id),
            "as_known_at": after(sessions.c.expires_at),
        },
    ),
)
