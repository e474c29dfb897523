"""Lifting the delays of an account: somebody who may says that its owner is waiting."""

from datetime import datetime

from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class ThrottleLift:
    """Failed logins of a user from before ``lifted_at`` delay nobody."""

    user_id: Id
    lifted_at: datetime
    version: int
