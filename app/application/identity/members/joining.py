"""Inviting and joining: the steps around the commands that touch tokens and passwords."""

from collections.abc import Callable
from dataclasses import replace

from app.application.identity.audit.refusals import Refusals
from app.application.identity.directory.ports import (
    INVITATION_BY_TOKEN,
    TENANTS,
    Account,
    Directory,
    LoginThrottle,
    PasswordHasher,
)
from app.application.identity.members.invitation_tokens import InvitationToken
from app.application.identity.members.invitations import (
    INVITE,
    JOIN,
    WITHDRAW_INVITATION,
    Invite,
    Join,
)
from app.application.identity.sign_in.views import NewInvitationView
from app.application.shared.access import Principal
from app.application.shared.commands import CommandRunner, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.reading import Reader
from app.domain.identity.companies.tenant import HELD
from app.domain.identity.sign_in.errors import InvalidCredentials, InvitationInvalid
from app.domain.identity.sign_in.passwords import check_password, normal_password
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ServiceUnavailable
from app.domain.shared.ids import Id


class Joining:
    """How people come to work for a company."""

    def __init__(
        self,
        *,
        runner: CommandRunner,
        reader: Reader,
        directory: Directory,
        hasher: PasswordHasher,
        throttle: LoginThrottle,
        refusals: Refusals,
        clock: Clock,
        new_id: Callable[[], Id],
    ) -> None:
        self._runner = runner
        self._reader = reader
        self._directory = directory
        self._hasher = hasher
        self._throttle = throttle
        self._refusals = refusals
        self._clock = clock
        self._new_id = new_id

    async def invite(self, principal: Principal, email: str, role: str) -> NewInvitationView:
        """Make an invitation; its token is known to the caller alone, who passes it on.

        Raises:
            InvalidValue: the address does not have its form.
            BeyondOwnPermissions: the role may do what the caller may not.
            AlreadyMember: whoever has the address works for the company.
        """
        token = InvitationToken.fresh(principal.tenant_id)
        wish = Invite(email, role, token.token_hash)
        view = await answer_of(self._runner, INVITE, wish, principal)
        return {**view, "token": str(token)}  # type: ignore[typeddict-item]

    async def withdraw(self, principal: Principal, invitation_id: Id) -> None:
        """Take an invitation back.

        Raises:
            NotFound: there is none, or it was taken up or withdrawn before.
        """
        await answer_of(self._runner, WITHDRAW_INVITATION, invitation_id, principal)

    async def join(
        self, token_text: str, password: str, display_name: str | None, caller: Principal
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
        token = InvitationToken.read(token_text)
        needs = Needs().search(INVITATION_BY_TOKEN, token.token_hash)
        loaded = await self._reader.load(token.tenant_id, needs.one(TENANTS, token.tenant_id))
        found = loaded.results(INVITATION_BY_TOKEN, token.token_hash)
        company = loaded.present.get(TENANTS, {}).get((token.tenant_id,))
        if not found or company is None:
            raise InvitationInvalid.at("/token")
        if not company.active:
            raise HELD[company.standing]
        [invitation] = found
        invitation.accepted(self._clock.now())
        account = await self._directory.account(invitation.email_folded)
        password_hash = None
        if account is None:
            check_password(password, email=invitation.email, company=company.name)
            user_id = self._new_id()
            password_hash = await self._hasher.hash(normal_password(password))
        else:
            user_id = account.user_id
            guess = invitation.email_folded, caller.address
            await self._prove(guess, password, account, caller)
        principal = Principal(
            token.tenant_id, user_id, request_id=caller.request_id, address=caller.address
        )
        wish = Join(token.token_hash, password_hash, display_name)
        await answer_of(self._runner, JOIN, wish, principal)

    async def _prove(
        self, guess: tuple[str, str], password: str, account: Account, caller: Principal
    ) -> None:
        await self._throttle.admit(*guess)
        try:
            right, _ = await self._hasher.verify(normal_password(password), account.password_hash)
        except ServiceUnavailable:
            await self._throttle.withdraw(*guess)
            raise
        if not right or not account.active:
            if account.tenant_id is not None:  # a guess, as at a login
                self._refusals.login(
                    replace(caller, tenant_id=account.tenant_id, user_id=account.user_id)
                )
            raise InvalidCredentials
        await self._throttle.succeeded(*guess)
