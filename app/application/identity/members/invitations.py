"""Inviting somebody to a company, and joining it.

Secrets never enter the commands; ``Invitations`` makes and reads tokens and checks passwords.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.application.identity.directory.granting import (
    caller_needs,
    check_grantable,
    held_by,
    held_now,
    permissions_in,
    roles_needs,
)
from app.application.identity.directory.kinds import (
    CREDENTIALS,
    MEMBERSHIPS,
    TENANTS,
    USER_BY_EMAIL,
    USERS,
)
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.passwords import Passwords
from app.application.identity.directory.ports import Directory
from app.application.identity.directory.reading import read_one
from app.application.identity.directory.tokens import TokenForm
from app.application.identity.members.kinds import (
    INVITATION_BY_TOKEN,
    INVITATIONS,
    PENDING_INVITATIONS_TO,
)
from app.application.identity.members.views import INVITATION_VIEW
from app.application.identity.sign_in.proof import PasswordProof
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, Done, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.reading import Reader
from app.application.shared.work import Work
from app.domain.identity.companies.tenant import HELD
from app.domain.identity.members.errors import (
    AlreadyMember,
    BeyondOwnPermissions,
    InvitationInvalid,
)
from app.domain.identity.members.invitation import Invitation
from app.domain.identity.members.membership import Membership
from app.domain.identity.members.role import RoleInactive
from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.passwords import check_password
from app.domain.identity.sign_in.user import User
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ConcurrentChange, NotFound, ReferenceNotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import folded

# Its id is that of the company, where its secret finds the invitation.
INVITATION_TOKEN = TokenForm("it_", b"invitation", lambda: InvitationInvalid.at("/token"))


@frozen
class Invite:
    """Offer ``role`` to the owner of an address."""

    email: str
    role: str
    token_hash: bytes


@frozen
class Join:
    """Take up an invitation, as the user of the principal.

    ``password_hash`` is that of a new user; None for a known one, who proved the own password.
    """

    token_hash: bytes
    password_hash: str | None
    display_name: str | None


def _invite_needs(request: Invite, principal: Principal) -> Needs:
    email = folded(request.email.strip())
    needs = caller_needs(principal).search(PENDING_INVITATIONS_TO, email)
    return needs.search(USER_BY_EMAIL, email)


def _invite(request: Invite, work: Work) -> Done:
    principal, now = work.principal, work.recorded_at
    check_grantable(work, request.role)
    if not permissions_in(work, request.role) <= held_now(work):
        raise BeyondOwnPermissions.at("/role")
    invitation = Invitation.new(
        work.new_id(), request.email, request.role, request.token_hash, principal.user_id, now
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
    return Done(INVITATION_VIEW.show(invitation))


def _withdraw(invitation_id: Id, work: Work) -> Done:
    found = work.find(INVITATIONS, invitation_id)
    if found is None or not found.pending:
        raise NotFound
    work.put(INVITATIONS, found.withdrawn(work.recorded_at))
    work.note("withdrawn", "invitation", found.id)
    return Done(None)


def _join_needs(request: Join, principal: Principal) -> Needs:
    needs = roles_needs(principal.tenant_id).search(INVITATION_BY_TOKEN, request.token_hash)
    needs.one(TENANTS, principal.tenant_id)
    return needs.one(MEMBERSHIPS, principal.tenant_id, principal.user_id)


def _join(request: Join, work: Work) -> Done:
    principal, now = work.principal, work.recorded_at
    found = work.search(INVITATION_BY_TOKEN, request.token_hash)
    if not found:
        raise InvitationInvalid.at("/token")
    company = work.get(TENANTS, principal.tenant_id)
    if not company.active:
        raise HELD[company.status]
    [invitation] = found
    accepted = invitation.accepted(now)
    # The inviting member must still hold what was offered, and the role must still be there.
    if not permissions_in(work, invitation.role) <= held_by(work, invitation.invited_by):
        raise InvitationInvalid.at("/token")
    try:
        check_grantable(work, invitation.role)
    except (ReferenceNotFound, RoleInactive):
        raise InvitationInvalid.at("/token") from None
    user = _user(request, invitation, work)
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


def _user(request: Join, invitation: Invitation, work: Work) -> User:
    """The user of the invited address, who is made where nobody has it."""
    known = work.search(USER_BY_EMAIL, invitation.email_folded)
    if [user.id for user in known] != ([] if request.password_hash else [work.principal.user_id]):
        raise ConcurrentChange  # the address was registered meanwhile
    if request.password_hash is None:
        return known[0]
    user = User.new(
        work.principal.user_id, invitation.email, request.display_name, work.recorded_at
    )
    work.put(CREDENTIALS, Credentials.new(user.id, request.password_hash, work.recorded_at))
    return work.put(USERS, user)


INVITE = Command("members.invite", "members:write", _invite_needs, _invite)
WITHDRAW_INVITATION: Command[Id] = Command(
    "invitations.withdraw", "members:write", lambda id_, _: Needs().one(INVITATIONS, id_), _withdraw
)
JOIN = Command("members.join", PUBLIC, _join_needs, _join)


@dataclass(slots=True, eq=False)
class Invitations:
    """How people come to work for a company."""

    runner: CommandRunner
    reader: Reader
    directory: Directory
    passwords: Passwords
    proof: PasswordProof
    clock: Clock
    new_id: Callable[[], Id]

    async def invite(self, principal: Principal, email: str, role: str) -> dict[str, Any]:
        """Make an invitation; its token is known to the caller alone, who passes it on."""
        token = INVITATION_TOKEN.fresh(principal.tenant_id)
        request = Invite(email, role, token.token_hash)
        view = await answer_of(self.runner, INVITE, request, principal)
        return {**view, "token": str(token)}

    async def join(
        self, token_text: str, password: str, display_name: str | None, origin: Origin
    ) -> None:
        """Take up an invitation: with a new password, or with that of the known user."""
        token = INVITATION_TOKEN.read(token_text)
        needs = Needs().search(INVITATION_BY_TOKEN, token.token_hash)
        loaded = await self.reader.load(token.id, needs.one(TENANTS, token.id))
        found = loaded.results(INVITATION_BY_TOKEN, token.token_hash)
        company = read_one(loaded, TENANTS, token.id)
        if not found or company is None:
            raise InvitationInvalid.at("/token")
        if not company.active:
            raise HELD[company.status]
        [invitation] = found
        invitation.accepted(self.clock.now())
        password_hash = None
        if await self.directory.account(invitation.email_folded) is None:
            check_password(password, email=invitation.email, company=company.name)
            user_id = self.new_id()
            password_hash = await self.passwords.hash(password)
        else:
            account, _ = await self.proof.prove(invitation.email, password, origin)
            await self.proof.succeeded(invitation.email, origin.address)
            user_id = account.user_id
        request = Join(token.token_hash, password_hash, display_name)
        await answer_of(self.runner, JOIN, request, principal_from(token.id, user_id, origin))
