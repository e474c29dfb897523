"""Members of a company: what they may do, switching them off and on, ending their sessions.

Every change locks the owners of the company first, so that two of them cannot remove each other.
"""

from dataclasses import replace
from typing import Any

from app.application.identity.directory.granting import (
    check_grantable,
    held_now,
    permissions_in,
    roles_needs,
)
from app.application.identity.directory.kinds import (
    ACTIVE_MEMBERSHIPS_OF_USER,
    CREDENTIALS,
    LIVE_SESSIONS_OF_USER,
    MEMBERSHIPS,
    OPERATORS,
    USERS,
)
from app.application.identity.directory.reading import read_one
from app.application.identity.directory.sessions import end_sessions
from app.application.identity.factors.commands import forget_factors
from app.application.identity.members.kinds import ACTIVE_IN_ROLE
from app.application.identity.members.views import MEMBER_VIEW, EndedSessionsView
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.masters import Edit
from app.application.shared.redaction import difference
from app.application.shared.work import Loaded, Work
from app.domain.identity.members.errors import WorksElsewhere
from app.domain.identity.members.membership import OWNER, Membership, check_change
from app.domain.identity.sign_in.user import User
from app.domain.shared.errors import NotFound, StaleVersion
from app.domain.shared.ids import Id

_PERMISSION = "members:write"


def shown_needs(user_id: Id, principal: Principal) -> Needs:
    """What showing a member takes."""
    return Needs().one(USERS, user_id).one(MEMBERSHIPS, principal.tenant_id, user_id)


def shown(loaded: Loaded, user_id: Id, principal: Principal) -> dict[str, Any]:
    """A member of the caller's company.

    Raises:
        NotFound: the user is none.
    """
    user = read_one(loaded, USERS, user_id)
    member = read_one(loaded, MEMBERSHIPS, principal.tenant_id, user_id)
    if user is None or member is None:
        raise NotFound
    return _view(user, member)


def _view(user: User, member: Membership) -> dict[str, Any]:
    return MEMBER_VIEW.show(member, email=user.email, display_name=user.display_name)


def member_needs(user_id: Id, principal: Principal) -> Needs:
    """What acting on a member takes."""
    needs = shown_needs(user_id, principal).search(ACTIVE_IN_ROLE, principal.tenant_id, OWNER)
    needs.one(MEMBERSHIPS, principal.tenant_id, principal.user_id)
    needs.join(roles_needs(principal.tenant_id))
    return needs.search(LIVE_SESSIONS_OF_USER, user_id)


def _member(user_id: Id, work: Work) -> tuple[User, Membership]:
    """The member to be changed.

    Raises:
        NotFound: the user is no member of the company.
    """
    member = work.find(MEMBERSHIPS, work.principal.tenant_id, user_id)
    if member is None:
        raise NotFound
    return work.get(USERS, user_id), member


def _check(before: Membership, after: Membership, work: Work) -> None:
    check_change(
        before,
        after,
        held=held_now(work),
        granted=[permissions_in(work, before.role), permissions_in(work, after.role)],
        owners=work.search(ACTIVE_IN_ROLE, work.principal.tenant_id, OWNER),
    )
    if after.role != before.role or (after.active and not before.active):
        check_grantable(work, after.role)


def acted_on(user_id: Id, work: Work) -> dict[str, Any]:
    """A member that the caller may act on, since the caller may do all that the member may.

    Raises:
        NotFound: the user is no member of the company.
        BeyondOwnPermissions: the member may do more than the caller.
    """
    user, member = _member(user_id, work)
    _check(member, member, work)
    return _view(user, member)


def _change(edit: Edit, work: Work) -> Done:
    user, before = _member(edit.id, work)
    if before.version != edit.expected_version:
        raise StaleVersion
    after = replace(before, **edit.members)
    _check(before, after, work)
    if after == before:
        return _done(user, before)
    saved = work.put(MEMBERSHIPS, after)
    changes = difference(_view(user, before), _view(user, saved))
    work.note("changed", "member", user.id, **changes)
    work.event("member.changed", user.id, role=saved.role, active=saved.active)
    end_sessions_here(user.id, work, "member_changed")
    return _done(user, saved)


def _done(user: User, member: Membership) -> Done:
    return Done(_view(user, member), status=200, version=member.version)


def _end_all(user_id: Id, work: Work) -> Done:
    acted_on(user_id, work)
    ended = end_sessions_here(user_id, work, "ended_by_company")
    work.note("sessions_ended", "member", user_id, ended=ended)
    return Done(EndedSessionsView(ended=ended), status=200)


def end_sessions_here(user_id: Id, work: Work, reason: str) -> int:
    """End the sessions of a user in this company, how many they were; others are not touched."""
    return len(end_sessions(work, user_id, reason, tenant_id=work.principal.tenant_id))


def _reset_needs(user_id: Id, principal: Principal) -> Needs:
    # Factors and sessions are read once the credentials are held: no sign-in slips through.
    needs = shown_needs(user_id, principal).search(ACTIVE_IN_ROLE, principal.tenant_id, OWNER)
    needs.one(MEMBERSHIPS, principal.tenant_id, principal.user_id)
    needs.search(ACTIVE_MEMBERSHIPS_OF_USER, user_id).one(OPERATORS, user_id)
    return needs.one(CREDENTIALS, user_id, lock=Lock.UPDATE)


def _reset_factors(user_id: Id, work: Work) -> Done:
    acted_on(user_id, work)
    companies = {each.tenant_id for each in work.search(ACTIVE_MEMBERSHIPS_OF_USER, user_id)}
    operator = work.find(OPERATORS, user_id)
    if companies - {work.principal.tenant_id} or (operator is not None and operator.active):
        raise WorksElsewhere  # or for the platform: no company weakens its operators
    forget_factors(work, user_id)
    ended = end_sessions_here(user_id, work, "second_factors_reset")
    work.note("second_factors_reset", "member", user_id, ended=ended)
    work.event("user.second_factors_reset", user_id)
    return Done(EndedSessionsView(ended=ended), status=200)


def _command(name: str) -> Command[Any]:
    return Command(name, _PERMISSION, lambda edit, caller: member_needs(edit.id, caller), _change)


EDIT_MEMBER = _command("members.edit")
ACTIVATE_MEMBER = _command("members.activate")
DEACTIVATE_MEMBER = _command("members.deactivate")
END_MEMBER_SESSIONS: Command[Id] = Command(
    "members.end_sessions", _PERMISSION, member_needs, _end_all
)


RESET_FACTORS: Command[Id] = Command("members.reset_mfa", _PERMISSION, _reset_needs, _reset_factors)
