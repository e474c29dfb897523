"""What operators of the platform did: the trail of the platform itself."""

from datetime import datetime
from typing import Any

from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class OperatorAction:
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
