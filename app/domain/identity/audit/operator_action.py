"""What operators of the platform did: the trail of the platform itself."""

from datetime import datetime
from typing import Any

from app.domain.identity.ids import OperatorActionId, SessionId, TenantId, UserId
from app.domain.shared.frozen import frozen


@frozen
class OperatorAction:
    """What an operator did or looked at, and why; append-only.

    ``company_id`` is None where no company is concerned; ``changes`` hold before and after.
    """

    id: OperatorActionId
    operator_id: UserId
    session_id: SessionId
    action: str
    company_id: TenantId | None
    reason: str
    request_id: str
    address: str
    changes: dict[str, Any]
    recorded_at: datetime
