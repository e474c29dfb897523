"""The trail of the platform: what operators do and look at, with their reasons."""

from typing import Any

from app.application.shared.kinds import Kind
from app.application.shared.reading import Listing
from app.application.shared.views import View
from app.application.shared.work import Work
from app.domain.identity.audit.operator_action import OperatorAction
from app.domain.shared.ids import Id

OPERATOR_ACTIONS: Kind[OperatorAction] = Kind("operator_acts", key=lambda each: (each.id,))
OPERATOR_ACTION_LIST = Listing(
    "operator_acts",
    sorts=("id",),
    filters=("operator_id", "company_id", "action", "recorded_from", "recorded_to"),
)


OPERATOR_ACTION_VIEW = View(OperatorAction, "PlatformAuditEntryView", without=("session_id",))


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
