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
    """What was done or looked at."""
    company_id: TenantId | None
    reason: str
    """Why."""
    request_id: str
    """The id of the request."""
    address: str
    """The network address that it was done from."""
    changes: dict[str, Any]
    """Of a change `before` and `after`; otherwise what tells it apart. No secrets."""
    recorded_at: datetime
    """When the service recorded it."""
