"""What identity loads and saves, and what it asks of passwords, tokens and memory."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from app.application.identity.sign_in.views import JwkView
from app.application.shared.access import Principal
from app.application.shared.kinds import Finder, Kind, Lock
from app.application.shared.permissions import known, permissions_of
from app.application.shared.reading import Listing
from app.domain.identity.companies.tenant import Standing, Tenant
from app.domain.identity.keys.signing_key import KeyState, SigningKey
from app.domain.identity.members.invitation import Invitation
from app.domain.identity.members.membership import Membership
from app.domain.identity.members.role import Role
from app.domain.identity.operators.operator import Operator
from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.password_reset import PasswordReset
from app.domain.identity.sign_in.session import Session
from app.domain.identity.sign_in.throttle_lift import ThrottleLift
from app.domain.identity.sign_in.user import User
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

USERS: Kind[User] = Kind("users", key=lambda user: (user.id,))
CREDENTIALS: Kind[Credentials] = Kind("credentials", key=lambda each: (each.user_id,))
TENANTS: Kind[Tenant] = Kind("tenants", key=lambda tenant: (tenant.id,))
# Locked where one is changed; a sign-in reads them as they are.
MEMBERSHIPS: Kind[Membership] = Kind(
    "memberships", key=lambda each: (each.tenant_id, each.user_id), lock=Lock.UPDATE
)
# Two refreshes of one session must not both win.
SESSIONS: Kind[Session] = Kind("sessions", key=lambda each: (each.id,), lock=Lock.UPDATE)
SIGNING_KEYS: Kind[SigningKey] = Kind("signing_keys", key=lambda each: (each.kid,))

USER_BY_EMAIL: Finder[User] = Finder("user_by_email", USERS, lambda user: (user.email_folded,))
SESSION_BY_FAMILY: Finder[Session] = Finder(
    "session_by_family", SESSIONS, lambda session: (session.family_hash,)
)
LIVE_SESSIONS_OF_USER: Finder[Session] = Finder(
    "live_sessions_of_user",
    SESSIONS,
    lambda session: (session.user_id,) if session.revoked_at is None else None,
)
# By its name the first in the order of locks: whoever changes a member waits for others who do.
ACTIVE_IN_ROLE: Finder[Membership] = Finder(
    "active_in_role",
    MEMBERSHIPS,
    lambda each: (each.tenant_id, each.role) if each.active else None,
)
# What a user owns, in every company.
OWNED_BY: Finder[Membership] = Finder(
    "owned_by", MEMBERSHIPS, lambda each: (each.user_id,) if each.owns else None
)
INVITATIONS: Kind[Invitation] = Kind("invitations", key=lambda each: (each.id,), lock=Lock.UPDATE)
INVITATION_BY_TOKEN: Finder[Invitation] = Finder(
    "invitation_by_token", INVITATIONS, lambda each: (each.token_hash,)
)
PENDING_INVITATIONS_TO: Finder[Invitation] = Finder(
    "pending_invitations_to",
    INVITATIONS,
    lambda each: (each.email_folded,) if each.pending else None,
)
INVITATION_LIST = Listing("invitations", sorts=("id",), filters=("as_known_at",))
COMPANIES_OF_USER = Listing("companies_of_user", sorts=("id",), filters=("user_id",))
MEMBER_LIST = Listing("members", sorts=("id",), filters=("role", "active"))
# The live sessions of the caller, in all companies; the newest id is the latest sign-in.
SESSION_LIST = Listing("sessions", sorts=("id",), filters=("user_id", "as_known_at"))
# The live sessions in this company, of all its members or of one.
MEMBER_SESSION_LIST = Listing("member_sessions", sorts=("id",), filters=("user_id", "as_known_at"))
# One row a user: the newest token takes the place of the one before.
PASSWORD_RESETS: Kind[PasswordReset] = Kind(
    "password_resets", key=lambda each: (each.user_id,), lock=Lock.UPDATE
)
THROTTLE_LIFTS: Kind[ThrottleLift] = Kind(
    "throttle_lifts", key=lambda each: (each.user_id,), lock=Lock.UPDATE
)
ACTIVE_SIGNING_KEYS: Finder[SigningKey] = Finder(
    "active_signing_keys",
    SIGNING_KEYS,
    lambda key: () if key.state is KeyState.ACTIVE else None,
)
# The roles that a company made for itself. They are few, so they are read and locked together.
COMPANY_ROLES: Kind[Role] = Kind(
    "roles", key=lambda each: (each.tenant_id, each.id), lock=Lock.UPDATE
)
ROLES_OF: Finder[Role] = Finder("roles_of_company", COMPANY_ROLES, lambda role: (role.tenant_id,))
ROLE_LIST = Listing("roles", sorts=("code", "name"), filters=("active", "built_in"))


@frozen
class Account:
    """What a sign-in is checked against. ``tenant_id`` is None for a user without a company."""

    user_id: Id
    active: bool
    password_hash: str
    password_changed_at: datetime
    tenant_id: Id | None


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
    step_up_for_payouts: bool = False
    standing: Standing = Standing.ACTIVE
    locale: str | None = None

    @property
    def permissions(self) -> frozenset[str]:
        """What its role may do."""
        return permissions_of(self.role) if self.granted is None else known(self.granted)


# The service only reads who they are: `tradepost operators` makes them, as the owner.
OPERATORS: Kind[Operator] = Kind("operators", key=lambda each: (each.user_id,))


class AccessState(Protocol):
    """What is behind access tokens."""

    async def access(self, session_id: Id) -> Access | None:
        """What the session may do; None when it was ended, or its user switched off."""
        ...


class Directory(AccessState, Protocol):
    """Reads across companies, before one is known; each is a single statement."""

    async def account(self, email_folded: str) -> Account | None:
        """The account behind an address, with the company of his that was made first.

        One that is suspended or closing comes after those that work.
        """
        ...

    async def session(self, family_hash: bytes) -> tuple[Id, Id, Id] | None:
        """Id, user and company of the session with this family secret, ended or not."""
        ...

    async def signing_keys(self) -> Sequence[SigningKey]:
        """Every signing key, the newest first."""
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
        """Let one attempt through, and count it as failed until ``succeeded`` is told.

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


class KeyRing(Protocol):
    """The signing keys of this process, opened."""

    async def load(self) -> bool:
        """Read the keys from the database; whether there is one to sign with."""
        ...

    async def refresh(self) -> None:
        """Read the keys again when that was some time ago."""
        ...

    def make(self) -> tuple[str, bytes, bytes]:
        """A new key pair: its id, the sealed private half, the public half."""
        ...

    def jwks(self) -> list[JwkView]:
        """The public halves of all keys that still verify (RFC 8037)."""
        ...


class AccessTokens(Protocol):
    """Makes and reads access tokens."""

    def issue(self, access: Access) -> tuple[str, int]:
        """A signed token for the session, and its life in seconds."""
        ...

    async def verify(self, token: str, address: str = "") -> Principal:
        """The caller behind a token, or behind an API key that calls from ``address``.

        Raises:
            Unauthenticated: it proves nothing.
            TokenExpired, ApiKeyOver: it did once.
            SessionOver: its session has ended.
            AddressRefused: the key is good, but not from there.
        """
        ...

    def known(self, token: str, address: str = "") -> Principal | None:
        """The caller behind a token that was verified a moment ago, without looking anything up."""
        ...

    def forget(self, session_ids: Sequence[Id]) -> None:
        """Look these sessions up anew at their next request, because they changed."""
        ...

    def forget_member(self, tenant_id: Id, user_id: Id) -> None:
        """Look up every session of a user in a company anew, because his place there changed."""
        ...

    def forget_company(self, tenant_id: Id) -> None:
        """Look up every session of a company anew, because its people may do more or less now."""
        ...

    async def close(self) -> None:
        """End what goes on in the background."""
        ...
