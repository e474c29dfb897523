"""Sessions of a user, as several commands open, look at and end them."""

from collections.abc import Sequence

from app.application.identity.directory.kinds import (
    LIVE_SESSIONS_OF_USER,
    MEMBERSHIPS,
    SESSIONS,
    TENANTS,
    USERS,
)
from app.application.shared.access import Principal
from app.application.shared.kinds import Lock, Needs
from app.application.shared.work import Work
from app.domain.identity.sign_in.session import Session
from app.domain.shared.ids import NO_ID, Id


def membership_needs(principal: Principal) -> Needs:
    """The user, the company, and the membership of one in the other."""
    needs = Needs().one(USERS, principal.user_id).one(TENANTS, principal.tenant_id)
    return needs.one(MEMBERSHIPS, principal.tenant_id, principal.user_id, lock=Lock.NONE)


def role_of(work: Work) -> str | None:
    """The user's role in the company; None for a user who may not sign in to it.

    The people of a suspended company sign in, read and export.
    """
    principal = work.principal
    user = work.find(USERS, principal.user_id)
    tenant = work.find(TENANTS, principal.tenant_id)
    membership = work.find(MEMBERSHIPS, principal.tenant_id, principal.user_id)
    if user is None or tenant is None or membership is None:
        return None
    return membership.role if user.active and not tenant.purging and membership.active else None


def end_session(work: Work, session: Session, reason: str) -> None:
    """End a session, unless it has ended already; the audit trail has the reason."""
    if session.revoked_at is None:
        work.put(SESSIONS, session.revoked(work.recorded_at))
        work.note("ended", "session", session.id, reason=reason)


def end_sessions(
    work: Work, user_id: Id, reason: str, *, tenant_id: Id | None = None, but: Id = NO_ID
) -> list[str]:
    """End the live sessions of a user, in one company or in all, but for one.

    Returns the ids of those that were ended, as text for the answer (``session_ids`` reads them).
    """
    found = [
        session
        for session in work.search(LIVE_SESSIONS_OF_USER, user_id)
        if session.id != but and tenant_id in (None, session.tenant_id)
    ]
    for session in found:
        end_session(work, session, reason)
    return [session.id.hex() for session in found]


def session_ids(texts: Sequence[str]) -> list[Id]:
    """The ids that ``end_sessions`` returned."""
    return [Id(bytes.fromhex(each)) for each in texts]
