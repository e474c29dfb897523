"""The trail of the platform: what operators do and look at, with their reasons."""

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from app.application.shared.kinds import Kind
from app.application.shared.reading import Listing
from app.application.shared.wording import instant, maybe
from app.application.shared.work import Work
from app.domain.identity.audit.operator_action import OperatorAction
from app.domain.shared.ids import Id, show

OPERATOR_ACTIONS: Kind[OperatorAction] = Kind("operator_acts", key=lambda each: (each.id,))
OPERATOR_ACTION_LIST = Listing(
    "operator_acts",
    sorts=("id",),
    filters=("operator_id", "company_id", "action", "since", "until"),
)


class ActView(TypedDict):
    """What an operator did or looked at."""

    id: str
    operator_id: str
    action: str
    company_id: str | None
    reason: str
    request_id: str
    address: str
    changes: dict[str, Any]
    recorded_at: str


def operator_action_view(
    id_: bytes,
    operator_id: bytes,
    action: str,
    company_id: bytes | None,
    reason: str,
    request_id: str,
    address: str,
    changes: dict[str, Any],
    recorded_at: datetime,
) -> ActView:
    """The view of an action."""
    return {
        "id": show("act", id_),
        "operator_id": show("usr", operator_id),
        "action": action,
        "company_id": maybe("tnt", company_id),
        "reason": reason,
        "request_id": request_id,
        "address": address,
        "changes": changes,
        "recorded_at": instant(recorded_at),
    }


def record_action(
    work: Work, action: str, reason: str, company_id: Id | None = None, **changes: Any
) -> None:
    """Keep what an operator does, in the same transaction.

    On the command line nobody is signed in: the action then has no operator and no address.
    """
    principal = work.principal
    kept = OperatorAction(
        work.new_id(),
        principal.user_id,
        principal.session_id,
        action,
        company_id,
        reason,
        principal.request_id,
        principal.address,
        changes,
        work.recorded_at,
    )
    work.put(OPERATOR_ACTIONS, kept)
