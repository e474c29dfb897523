"""Operators of the platform: who they are, and that they are signed in."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.identity.sign_in.session import device_text
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class Operator:
    """A user who runs the platform, which makes nobody a member of a company."""

    user_id: Id
    added_at: datetime
    active: bool


@frozen
class OperatorSession:
    """A sign-in of an operator. It lives as long as its token: nothing renews it."""

    id: Id
    user_id: Id
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    device: str
    address: str
    version: int

    @classmethod
    def opened(
        cls, id_: Id, user_id: Id, origin: tuple[str, str], at: datetime, life: timedelta
    ) -> "OperatorSession":
        """A new session; ``origin`` as device and address."""
        shown = device_text(origin[0])
        return cls(id_, user_id, at, at + life, None, shown, origin[1], version=1)

    def revoked(self, now: datetime) -> "OperatorSession":
        """The session ended; one that has ended already stays as it is."""
        return self if self.revoked_at is not None else replace(self, revoked_at=now)
