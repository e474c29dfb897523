"""What identity asks of passwords, tokens and memory."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from app.application.shared.access import Principal
from app.application.shared.permissions import known, permissions_of
from app.domain.identity.companies.tenant import CompanyStatus
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class Account:
    """What a sign-in is checked against."""

    user_id: Id
    active: bool
    password_hash: str
    password_changed_at: datetime


@frozen
class Access:
    """What a session may do now: all that can change behind an access token.

    ``granted`` is the set of a role that the company made for itself, None for one that every
    company has.
    """

    session_id: Id
    user_id: Id
    tenant_id: Id
    role: str
    live_until: datetime
    granted: Sequence[str] | None = None

    proved_at: datetime | None = None
    second_factor: bool = False
    mfa_required: bool = False
    payout_step_up_required: bool = False
    company_status: CompanyStatus = CompanyStatus.ACTIVE
    locale: str | None = None

    @property
    def permissions(self) -> frozenset[str]:
        """What its role may do."""
        return permissions_of(self.role) if self.granted is None else known(self.granted)


class Directory(Protocol):
    """Reads across companies, before one is known; each is a single statement."""

    async def account(self, email_folded: str) -> Account | None:
        """The account behind an address.

        It reads nothing more of a known address than of an unknown one: its time tells nothing.
        """
        ...

    async def first_company(self, user_id: Id) -> Id | None:
        """The company that was made first of those the user works for; None without a company.

        One that is suspended or closing comes after those that work.
        """
        ...

    async def session(self, family_hash: bytes) -> tuple[Id, Id, Id] | None:
        """Id, user and company of the session with this family secret, ended or not."""
        ...


class PasswordHasher(Protocol):
    """Slow hashes, computed off the event loop.

    Both raise HashingBusy when too many already wait.
    """

    def close(self) -> None:
        """End what computes them."""
        ...

    async def hash(self, password: str) -> str:
        """A salted hash of the password."""
        ...

    async def verify(self, password: str, password_hash: str | None) -> tuple[bool, str | None]:
        """Whether the password is right, and its new hash where the stored one is outdated.

        Without a stored hash the same work is done, and the answer is no.
        """
        ...


class LoginThrottle(Protocol):
    """Delays those who keep guessing passwords. It never locks an account."""

    async def admit(self, account: str, address: str) -> None:
        """Let one attempt through, and count it as failed until ``succeeded`` is called.

        Raises:
            LoginThrottled: too many failed before; it says when the next attempt is taken.
        """
        ...

    async def withdraw(self, account: str, address: str) -> None:
        """Forget an attempt that was not decided, because the service was busy."""
        ...

    async def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of this account from this address."""
        ...

    async def lift(self, account: str, address: str, *, anywhere: bool) -> None:
        """Forget the failures of this account from here, and those from ``anywhere`` as well."""
        ...


class AccessTokens(Protocol):
    """Makes access tokens, and knows the callers behind them."""

    def issue(self, access: Access) -> tuple[str, int]:
        """A signed token for the session, and its life in seconds."""
        ...

    async def verify(self, token: str, address: str = "", /) -> Principal:
        """The caller behind a token, or behind an API key that calls from ``address``.

        Raises:
            Unauthenticated: it proves nothing.
            TokenExpired, ApiKeyOver: it did once.
            SessionExpired: its session has ended.
            AddressRefused: the key is good, but not from there.
        """
        ...

    def known(self, token: str, address: str = "", /) -> Principal | None:
        """The caller behind a token that was verified a moment ago, without looking anything up."""
        ...

    def forget(self, session_ids: Sequence[Id]) -> None:
        """Look these sessions up anew at their next request, because they changed."""
        ...

    async def close(self) -> None:
        """End what goes on in the background."""
        ...


class Callers(AccessTokens, Protocol):
    """Knows everybody who calls for a company: people by access tokens, programs by API keys."""

    def forget_member(self, tenant_id: Id, user_id: Id) -> None:
        """Look up anew whatever calls for a user in a company, because the membership changed."""
        ...

    def forget_company(self, tenant_id: Id) -> None:
        """Look up anew whatever calls for a company, because its people may do more or less now."""
        ...

    def forget_key(self, tenant_id: Id, key_id: Id) -> None:
        """Look an API key up anew at its next request, because it changed."""
        ...
