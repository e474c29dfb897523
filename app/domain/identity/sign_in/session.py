"""Sessions: a family of refresh tokens, of which one at a time is good.

A refresh token has two secrets: the family's, which stays and finds the session, and its own, which
is good for one use. Both are kept as hashes. The family's secret together with another one
is a token that was issued once and replaced since.

Two things can bring back a replaced token without a thief: a client that sends the same refresh
twice at once, and an answer that was lost on its way. So for ``GRACE`` after a rotation:

* within ``RACE`` of the last rotation the request is refused and the session goes on: of any number
  of parallel refreshes exactly one wins;
* after that the answer counts as lost: the token is exchanged once more, and the token that nobody
  received dies. If somebody did receive it, its next use is a reuse and ends the session.

Any other return of a replaced token is a reuse and ends the session (RFC 9700, 4.14.2).
"""

import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.identity.ids import SessionId, TenantId, UserId
from app.domain.identity.sign_in.errors import (
    InvalidRefreshToken,
    RefreshSuperseded,
    RefreshTokenReused,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

GRACE = timedelta(seconds=10)
RACE = timedelta(seconds=1)
DEVICE_LENGTH_MAX = 200


@frozen
class SessionTerms:
    """How long a session lives: ``idle`` after its last refresh, ``absolute`` after the login."""

    idle: timedelta
    absolute: timedelta


@frozen
class Assurance:
    """How well a session's user is known: when it was proved, and whether by two factors."""

    proved_at: datetime | None
    second_factor: bool


@frozen
class Session:
    """A sign-in of a user for one company, from one device.

    ``previous_hash`` and ``rotated_at`` are None until the first refresh. ``expires_at`` moves with
    each refresh and never passes ``ends_at``. ``proved_at`` is when the user last gave a
    proof in it (None: under a release that did not keep it), ``second_factor`` whether by two
    factors.
    """

    id: SessionId
    user_id: UserId
    tenant_id: TenantId
    family_hash: bytes
    token_hash: bytes
    previous_hash: bytes | None
    rotated_at: datetime | None
    created_at: datetime
    """When it was made."""
    last_used_at: datetime
    """When its tokens were last refreshed."""
    expires_at: datetime
    """When it ends, unless it is refreshed."""
    ends_at: datetime
    revoked_at: datetime | None
    device: str
    """What the client said it is, from its `User-Agent`."""
    address: str
    """The network address that signed in."""
    version: int
    proved_at: datetime | None = None
    second_factor: bool = False

    @classmethod
    def opened(
        cls,
        id_: Id,
        user_id: Id,
        tenant_id: Id,
        hashes: tuple[bytes, bytes],
        origin: tuple[str, str],
        terms: SessionTerms,
        at: datetime,
        assurance: "Assurance | None" = None,
    ) -> "Session":
        """A new session; ``hashes`` of family and token, ``origin`` as device and address.

        Without ``assurance`` the user was proved just now, by the password.
        """
        assurance = assurance or Assurance(at, second_factor=False)
        return cls(
            id=id_,
            user_id=user_id,
            tenant_id=tenant_id,
            family_hash=hashes[0],
            token_hash=hashes[1],
            previous_hash=None,
            rotated_at=None,
            created_at=at,
            last_used_at=at,
            expires_at=at + min(terms.idle, terms.absolute),
            ends_at=at + terms.absolute,
            revoked_at=None,
            device=device_text(origin[0]),
            address=origin[1],
            version=1,
            proved_at=assurance.proved_at,
            second_factor=assurance.second_factor,
        )

    def live(self, now: datetime) -> bool:
        """Whether the session still carries requests."""
        return self.revoked_at is None and now < self.expires_at

    def rotated(
        self, presented: bytes, fresh: bytes, terms: SessionTerms, now: datetime
    ) -> "Session":
        """The session after ``presented`` was exchanged for ``fresh`` (hashes of tokens).

        Raises:
            InvalidRefreshToken: the session has ended.
            RefreshSuperseded: another request exchanged the same token within ``RACE``.
            RefreshTokenReused: the token was replaced before; the session must be revoked.
        """
        if not self.live(now):
            raise InvalidRefreshToken
        renewed = replace(
            self,
            token_hash=fresh,
            last_used_at=now,
            expires_at=min(now + terms.idle, self.ends_at),
        )
        if presented == self.token_hash:
            return replace(renewed, previous_hash=presented, rotated_at=now)
        if presented != self.previous_hash or self.rotated_at is None:
            raise RefreshTokenReused
        if now - self.last_used_at < RACE:
            raise RefreshSuperseded
        if now - self.rotated_at > GRACE:
            raise RefreshTokenReused
        return renewed

    @property
    def assurance(self) -> Assurance:
        """How well its user is known."""
        return Assurance(self.proved_at, self.second_factor)

    def proved(self, now: datetime, *, second_factor: bool) -> "Session":
        """After a fresh proof."""
        return replace(self, proved_at=now, second_factor=self.second_factor or second_factor)

    def without_factor(self) -> "Session":
        """After the last second factor of its user is gone."""
        return replace(self, second_factor=False)

    def revoked(self, now: datetime) -> "Session":
        """The session ended; one that has ended already stays as it is."""
        return self if self.revoked_at is not None else replace(self, revoked_at=now)


def device_text(user_agent: str) -> str:
    """What a client says it is, in printable characters and bounded."""
    shown = "".join(letter for letter in user_agent if unicodedata.category(letter)[0] != "C")
    return shown.strip()[:DEVICE_LENGTH_MAX]
