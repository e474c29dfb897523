"""/payments: those to suppliers may need a proof of identity."""

from collections.abc import Sequence
from typing import Any

from app.api.deps import Http
from app.api.resources import document_router
from app.application.accounting.payments import PAYMENT
from app.domain.accounting.payments import Direction


def _check_payouts(http: Http, payments: Sequence[Any]) -> None:
    """Where the company asks for it, paying a supplier needs a proof of the last ten minutes."""
    if http.principal.payout_step_up_required and any(
        each.direction is Direction.OUT for each in payments
    ):
        http.require_step_up()


router = document_router(PAYMENT, _check_payouts)
