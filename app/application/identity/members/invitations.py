"""Inviting somebody to a company, and joining it. Secrets never enter these commands."""

from typing import Any

from app.application.identity.directory.granting import (
    check_grantable,
    held_by,
    held_now,
    permissions_in,
    roles_needs,
)
from app.application.identity.directory.ports import (
    CREDENTIALS,
    INVITATION_BY_TOKEN,
    INVITATIONS,
    MEMBERSHIPS,
    PENDING_INVITATIONS_TO,
    TENANTS,
    USER_BY_EMAIL,
    USERS,
)
from app.application.identity.sign_in.views import invitation_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.identity.companies.tenant import HELD
from app.domain.identity.members.invitation import Invitation
from app.domain.identity.members.membership import Membership
from app.domain.identity.members.role import RoleInactive
from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.errors import (
    AlreadyMember,
    BeyondOwnPermissions,
    InvitationInvalid,
)
from app.domain.identity.sign_in.user import User
from app.domain.shared.errors import ConcurrentChange, NotFound, ReferenceNotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import folded


@frozen
class Invite:
    """Offer ``role`` to whoever has the address."""

    email: str
    role: str
    token_hash: bytes


@frozen
class Join:
    """Take up an invitation, as the user of the principal.

    ``password_hash`` is that of a new user; None for one who is known and proved to be himself.
    """

    token_hash: bytes
    password_hash: str | None
    display_name: str | None


def _invite_needs(wish: Invite, principal: Principal) -> Needs:
    email = folded(wish.email.strip())
    needs = roles_needs(principal.tenant_id).search(PENDING_INVITATIONS_TO, email)
    needs.search(USER_BY_EMAIL, email)
    return needs.one(MEMBERSHIPS, principal.tenant_id, principal.user_id, lock=Lock.NONE)


def _invite(wish: Invite, work: Work) -> Done:
    principal, now = work.principal, work.recorded_at
    check_grantable(work, wish.role)
    if not permissions_in(work, wish.role) <= held_now(work):
        raise BeyondOwnPermissions.at("/role")
    invitation = Invitation.new(
        work.new_id(), wish.email, wish.role, wish.token_hash, principal.user_id, now
    )
    for user in work.search(USER_BY_EMAIL, invitation.email_folded):
        member = work.find(MEMBERSHIPS, principal.tenant_id, user.id)
        if member is not None and member.active:
            raise AlreadyMember.at("/email")
    for earlier in work.search(PENDING_INVITATIONS_TO, invitation.email_folded):
        work.put(INVITATIONS, earlier.withdrawn(now))  # the newest is the one that counts
    work.put(INVITATIONS, invitation)
    after = {"email": invitation.email, "role": invitation.role}
    work.note("invited", "invitation", invitation.id, after=after)
    work.event("member.invited", invitation.id, role=invitation.role)
    return Done(_view(invitation))


def _view(invitation: Invitation) -> Any:
    return invitation_view(
        invitation.id,
        invitation.email,
        invitation.role,
        invitation.created_at,
        invitation.expires_at,
    )


def _withdraw(invitation_id: Id, work: Work) -> Done:
    found = work.find(INVITATIONS, invitation_id)
    if found is None or not found.pending:
        raise NotFound
    work.put(INVITATIONS, found.withdrawn(work.recorded_at))
    work.note("withdrawn", "invitation", found.id)
    return Done(None)


def _join_needs(wish: Join, principal: Principal) -> Needs:
    needs = roles_needs(principal.tenant_id).search(INVITATION_BY_TOKEN, wish.token_hash)
    needs.one(TENANTS, principal.tenant_id)
    return needs.one(MEMBERSHIPS, principal.tenant_id, principal.user_id)


def _join(wish: Join, work: Work) -> Done:
    principal, now = work.principal, work.recorded_at
    found = work.search(INVITATION_BY_TOKEN, wish.token_hash)
    if not found:
        raise InvitationInvalid.at("/token")
    company = work.get(TENANTS, principal.tenant_id)
    if not company.active:
        raise HELD[company.standing]
    [invitation] = found
    accepted = invitation.accepted(now)
    # Who invited must still hold what he offered, and what he offered must still be there.
    if not permissions_in(work, invitation.role) <= held_by(work, invitation.invited_by):
        raise InvitationInvalid.at("/token")
    try:
        check_grantable(work, invitation.role)
    except (ReferenceNotFound, RoleInactive):
        raise InvitationInvalid.at("/token") from None
    user = _user(wish, invitation, work)
    member = work.find(MEMBERSHIPS, principal.tenant_id, user.id)
    if member is not None and member.active:
        raise AlreadyMember
    version = 1 if member is None else member.version + 1
    work.put(
        MEMBERSHIPS,
        Membership(principal.tenant_id, user.id, invitation.role, active=True, version=version),
    )
    work.put(INVITATIONS, accepted)
    before = None if member is None else {"role": member.role, "active": member.active}
    after = {"role": invitation.role, "active": True}
    work.note("joined", "member", user.id, before=before, after=after)
    work.event("member.joined", user.id, role=invitation.role)
    return Done(None)


def _user(wish: Join, invitation: Invitation, work: Work) -> User:
    """The user of the invited address, who is made where nobody has it."""
    known = work.search(USER_BY_EMAIL, invitation.email_folded)
    if [user.id for user in known] != ([] if wish.password_hash else [work.principal.user_id]):
        raise ConcurrentChange  # the address was registered meanwhile
    if wish.password_hash is None:
        return known[0]
    user = User.new(work.principal.user_id, invitation.email, wish.display_name, work.recorded_at)
    work.put(CREDENTIALS, Credentials.new(user.id, wish.password_hash, work.recorded_at))
    return work.put(USERS, user)


INVITE = Command("members.invite", "members:write", _invite_needs, _invite)
WITHDRAW_INVITATION: Command[Id] = Command(
    "invitations.withdraw", "members:write", lambda id_, _: Needs().one(INVITATIONS, id_), _withdraw
)
JOIN = Command("members.join", PUBLIC, _join_needs, _join)
