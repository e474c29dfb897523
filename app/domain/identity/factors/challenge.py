"""Challenges: what waits for a second factor, for five minutes and for one answer."""

import hmac
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

LIFE = timedelta(minutes=5)
FAILURES_MAX = 5  # then the password is asked for again


class Purpose(StrEnum):
    """What the answer is for; it counts for no other purpose."""

    LOGIN = "login"
    REGISTER = "register"
    STEP_UP = "step_up"


@frozen
class Challenge:
    """A question to one user. ``token_hash`` is of the secret that its answer must carry.

    ``challenge`` is what a security key has to sign. ``password_changed_at`` is that of the
    password which opened a login.
    """

    id: Id
    user_id: Id
    tenant_id: Id
    purpose: Purpose
    token_hash: bytes
    challenge: bytes
    password_changed_at: datetime
    failures: int
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    version: int

    @classmethod
    def new(
        cls,
        id_: Id,
        of: tuple[Id, Id],
        purpose: Purpose,
        secrets: tuple[bytes, bytes],
        password_changed_at: datetime,
        at: datetime,
    ) -> "Challenge":
        """A new one, ``of`` a user in a company; ``secrets`` are token hash and challenge."""
        return cls(
            id=id_,
            user_id=of[0],
            tenant_id=of[1],
            purpose=purpose,
            token_hash=secrets[0],
            challenge=secrets[1],
            password_changed_at=password_changed_at,
            failures=0,
            created_at=at,
            expires_at=at + LIFE,
            used_at=None,
            version=1,
        )

    def open_for(self, purpose: Purpose, token_hash: bytes, now: datetime) -> bool:
        """Whether an answer may be looked at.

        None is for another purpose, of another secret, when it was used, is too old, or was
        answered wrongly too often.
        """
        asked = hmac.compare_digest(token_hash, self.token_hash) and purpose is self.purpose
        over = self.used_at is not None or self.failures >= FAILURES_MAX or now >= self.expires_at
        return asked and not over

    def failed(self) -> "Challenge":
        """After a wrong answer."""
        return replace(self, failures=self.failures + 1)

    def used(self, now: datetime) -> "Challenge":
        """After a right answer; there is no other."""
        return replace(self, used_at=now)
