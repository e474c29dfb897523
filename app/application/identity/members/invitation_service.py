"""Inviting and joining: the steps around the commands that touch tokens and passwords."""

from collections.abc import Callable
from dataclasses import dataclass

from app.application.identity.directory.kinds import TENANTS
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.passwords import Passwords
from app.application.identity.directory.ports import Directory
from app.application.identity.members.invitations import (
    INVITATION_TOKEN,
    INVITE,
    JOIN,
    Invite,
    Join,
)
from app.application.identity.members.kinds import INVITATION_BY_TOKEN
from app.application.identity.members.views import NewInvitationView
from app.application.identity.sign_in.proof import PasswordProof
from app.application.shared.access import Principal
from app.application.shared.commands import CommandRunner, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.reading import Reader
from app.domain.identity.companies.tenant import HELD
from app.domain.identity.members.errors import InvitationInvalid
from app.domain.identity.sign_in.passwords import check_password
from app.domain.shared.clock import Clock
from app.domain.shared.ids import Id


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

    async def invite(self, principal: Principal, email: str, role: str) -> NewInvitationView:
        """Make an invitation; its token is known to the caller alone, who passes it on.

        Raises:
            InvalidValue: the address does not have its form.
            BeyondOwnPermissions: the role may do what the caller may not.
            AlreadyMember: the owner of the address works for the company.
        """
        token = INVITATION_TOKEN.fresh(principal.tenant_id)
        request = Invite(email, role, token.token_hash)
        view = await answer_of(self.runner, INVITE, request, principal)
        return {**view, "token": str(token)}  # type: ignore[typeddict-item]

    async def join(
        self, token_text: str, password: str, display_name: str | None, origin: Origin
    ) -> None:
        """Take up an invitation: with a new password, or with that of the known user.

        Raises:
            InvitationInvalid: no open invitation has this token.
            TenantSuspended, TenantClosing: the company takes nobody in.
            PasswordTooShort, PasswordTooLong, PasswordCommon, PasswordPersonal: choose another.
            InvalidCredentials: the address is known under another password.
            LoginThrottled: too many wrong passwords.
            HashingBusy: nothing was done.
        """
        token = INVITATION_TOKEN.read(token_text)
        needs = Needs().search(INVITATION_BY_TOKEN, token.token_hash)
        loaded = await self.reader.load(token.id, needs.one(TENANTS, token.id))
        found = loaded.results(INVITATION_BY_TOKEN, token.token_hash)
        company = loaded.present.get(TENANTS, {}).get((token.id,))
        if not found or company is None:
            raise InvitationInvalid.at("/token")
        if not company.active:
            raise HELD[company.standing]
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
