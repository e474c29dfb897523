"""Registration: a new user with a new company."""

from datetime import datetime

from app.application.identity.companies.founding import Company, found_company, new_tenant
from app.application.identity.directory.kinds import CREDENTIALS, USER_BY_EMAIL, USERS
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.identity.companies.tenant import Tenant
from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.errors import EmailTaken
from app.domain.identity.sign_in.user import User
from app.domain.shared.errors import DomainError
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


def _tell_owner(user_id: Id, work: Work) -> Done:
    work.note("registration_repeated", "user", user_id)
    work.event("user.registration_repeated", user_id)
    return Done(None)


# Somebody registers an address that is known: only its owner is told (rulings R-22).
TELL_OWNER: Command[Id] = Command(
    "auth.tell_owner", PUBLIC, lambda _user_id, _principal: Needs(), _tell_owner
)
