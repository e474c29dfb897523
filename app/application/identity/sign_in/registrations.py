"""Signing up: the steps around the command that makes a user and a company."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from app.application.identity.companies.founding import Company
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.passwords import Passwords
from app.application.identity.directory.ports import Directory
from app.application.identity.sign_in.registration import TELL_OWNER, Registration
from app.application.shared.commands import Command, CommandRunner, answer_of
from app.domain.identity.sign_in.errors import EmailTaken
from app.domain.identity.sign_in.passwords import check_password
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.ids import Id

_TRIES = 3
# Repeated registrations of a known address fill no audit trail of its owner.
_TOLD_AGAIN_SECONDS = 3_600.0
_TOLD_MAX = 20_000


@dataclass(slots=True, eq=False)
class Registrations:
    """Registers users with their companies; ``command`` is the one that makes both.

    Beyond its hash a registration takes at least ``seconds_min``: what is written for a new address
    and for a known one differs, and the time of the answer must not tell which it was.
    """

    runner: CommandRunner
    directory: Directory
    passwords: Passwords
    command: Command[Registration]
    clock: Clock
    new_id: Callable[[], Id]
    seconds_min: float
    _told: OrderedDict[Id, float] = field(default_factory=OrderedDict)

    async def register(
        self,
        email: str,
        password: str,
        display_name: str | None,
        company: Company,
        origin: Origin,
    ) -> None:
        """Make a user and a company; for a known address tell its owner instead (rulings R-22).

        Raises:
            InvalidValue: a member without its form, whether or not the address is known.
            PasswordTooShort, PasswordCommon, PasswordPersonal: choose another password.
            HashingBusy: nothing was done.
        """
        Registration(email, display_name, "", company).check(self.clock.now())
        check_password(password, email=email, company=company.name)
        password_hash = await self.passwords.hash(password)
        started = time.monotonic()  # until here both are alike, however long hashes take
        await self._keep(Registration(email, display_name, password_hash, company), origin)
        await asyncio.sleep(max(0.0, started + self.seconds_min - time.monotonic()))

    async def _keep(self, registration: Registration, origin: Origin) -> None:
        principal = principal_from(self.new_id(), self.new_id(), origin)
        for _ in range(_TRIES):
            known = await self.directory.account(registration.email_folded)
            if known is not None:
                if known.tenant_id is not None and self._tell_again(known.user_id):
                    owner = principal_from(known.tenant_id, known.user_id, origin)
                    await answer_of(self.runner, TELL_OWNER, known.user_id, owner)
                return
            try:
                await answer_of(self.runner, self.command, registration, principal)
            except EmailTaken:
                continue  # somebody was faster; the address is known now
            return
        raise ConcurrentChange

    def _tell_again(self, user_id: Id) -> bool:
        """Whether the owner of a registered address is told: once an hour at most."""
        now = time.monotonic()
        told = self._told.get(user_id)
        if told is not None and now - told < _TOLD_AGAIN_SECONDS:
            return False
        self._told[user_id] = now
        self._told.move_to_end(user_id)
        if len(self._told) > _TOLD_MAX:
            self._told.popitem(last=False)
        return True
