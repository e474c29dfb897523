"""Lifting the delays of an account, for an owner who has to wait."""

from datetime import datetime

from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class ThrottleLift:
    """Failed logins of a user from before ``lifted_at`` count no more."""

    user_id: Id
    lifted_at: datetime
    version: int
