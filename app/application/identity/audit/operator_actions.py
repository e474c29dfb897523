"""What is done to the platform itself and to whole companies: each act is kept, with its reason."""

from typing import Any

from app.application.shared.kinds import Kind
from app.application.shared.work import Work
from app.domain.identity.operators.operator import OperatorAct
from app.domain.shared.ids import Id

OPERATOR_ACTS: Kind[OperatorAct] = Kind("operator_acts", key=lambda each: (each.id,))


def act(work: Work, action: str, reason: str, company_id: Id | None = None, **changes: Any) -> None:
    """Keep what an operator does, beside whatever it is.

    By the command line nobody is signed in: the act is then nobody's, from no address.
    """
    principal = work.principal
    kept = OperatorAct(
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
    work.put(OPERATOR_ACTS, kept)
