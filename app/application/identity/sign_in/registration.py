"""Registration: a new user with a new company.

The slow hash is made by ``Registrations``, outside of any transaction; commands see the hash only.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from app.application.identity.companies.founding import Company, found_company, new_tenant
from app.application.identity.directory.kinds import CREDENTIALS, USER_BY_EMAIL, USERS
from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.passwords import Passwords
from app.application.identity.directory.ports import Directory
from app.application.identity.sign_in.lasting import lasting
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, Done, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.identity.companies.tenant import Tenant
from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.errors import EmailTaken
from app.domain.identity.sign_in.passwords import check_password
from app.domain.identity.sign_in.user import User
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ConcurrentChange, DomainError
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id
from app.domain.shared.texts import folded


@frozen
class Registration:
    """A user and a company to be made; the ids are those of the principal."""

    email: str
    display_name: str | None
    password_hash: str
    company: Company

    @property
    def email_folded(self) -> str:
        """The address as users are found by it."""
        return folded(self.email.strip())

    def user(self, id_: Id, at: datetime) -> User:
        """The new user.

        Raises:
            InvalidValue: the address or the name does not have its form.
        """
        return User.new(id_, self.email, self.display_name, at)

    def tenant(self, id_: Id, at: datetime) -> Tenant:
        """The new company.

        Raises:
            InvalidValue: its name, currency, time zone or country does not have its form.
        """
        try:
            return new_tenant(self.company, id_, at)
        except DomainError as refusal:
            refusal.point(lambda member: f"/company{member}")
            raise

    def check(self, at: datetime) -> None:
        """Refuse what cannot be made, before anybody looks whether the address is known.

        Raises:
            InvalidValue: as ``user`` and ``tenant``.
        """
        self.user(NO_ID, at)
        self.tenant(NO_ID, at)


def registration_needs(registration: Registration, _: Principal) -> Needs:
    """What a registration must see: who has the address."""
    return Needs().search(USER_BY_EMAIL, registration.email_folded)


def open_company(work: Work, registration: Registration) -> Tenant:
    """Make the user with a password, and the company that the user owns.

    Raises:
        EmailTaken: somebody registered the address meanwhile.
    """
    if work.search(USER_BY_EMAIL, registration.email_folded):
        raise EmailTaken
    now = work.recorded_at
    principal = work.principal
    user = work.put(USERS, registration.user(principal.user_id, now))
    work.put(CREDENTIALS, Credentials.new(user.id, registration.password_hash, now))
    return found_company(work, registration.tenant(principal.tenant_id, now), user.id)


def _notify_owner(user_id: Id, work: Work) -> Done:
    work.note("registration_repeated", "user", user_id)
    work.event("user.registration_repeated", user_id)
    return Done(None)


# A known address is registered: only its owner is notified (rulings R-22).
NOTIFY_OWNER: Command[Id] = Command(
    "auth.tell_owner", PUBLIC, lambda _user_id, _principal: Needs(), _notify_owner
)


_TRIES = 3
# Repeated registrations of a known address fill no audit trail of its owner.
_NOTIFIED_AGAIN_SECONDS = 3_600.0
_NOTIFIED_MAX = 20_000


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
    _notified: OrderedDict[Id, float] = field(default_factory=OrderedDict)

    async def register(
        self,
        email: str,
        password: str,
        display_name: str | None,
        company: Company,
        origin: Origin,
    ) -> None:
        """Make a user and a company; of a known address only its owner is notified (R-22)."""
        Registration(email, display_name, "", company).check(self.clock.now())
        check_password(password, email=email, company=company.name)
        password_hash = await self.passwords.hash(password)
        async with lasting(self.seconds_min):  # until here both are alike
            await self._keep(Registration(email, display_name, password_hash, company), origin)

    async def _keep(self, registration: Registration, origin: Origin) -> None:
        principal = principal_from(self.new_id(), self.new_id(), origin)
        for _ in range(_TRIES):
            known = await self.directory.account(registration.email_folded)
            if known is not None:
                company_id = await self.directory.first_company(known.user_id)
                if company_id is not None and self._notify_again(known.user_id):
                    owner = principal_from(company_id, known.user_id, origin)
                    await answer_of(self.runner, NOTIFY_OWNER, known.user_id, owner)
                return
            try:
                await answer_of(self.runner, self.command, registration, principal)
            except EmailTaken:
                continue  # somebody was faster; the address is known now
            return
        raise ConcurrentChange

    def _notify_again(self, user_id: Id) -> bool:
        """Whether the owner of a registered address is notified: once an hour at most."""
        now = time.monotonic()
        before = self._notified.get(user_id)
        if before is not None and now - before < _NOTIFIED_AGAIN_SECONDS:
            return False
        self._notified[user_id] = now
        self._notified.move_to_end(user_id)
        if len(self._notified) > _NOTIFIED_MAX:
            self._notified.popitem(last=False)
        return True
