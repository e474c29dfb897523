"""Operators of the platform: who they are, that they are signed in, and what they did."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.domain.identity.sign_in.session import device_text
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class Operator:
    """A user who runs the platform. By that he is a member of no company."""

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


@frozen
class OperatorAct:
    """What an operator did or looked at, and why; append-only.

    ``company_id`` is None where no company is concerned; ``changes`` hold before and after.
    """

    id: Id
    operator_id: Id
    session_id: Id
    action: str
    company_id: Id | None
    reason: str
    request_id: str
    address: str
    changes: dict[str, Any]
    recorded_at: datetime
