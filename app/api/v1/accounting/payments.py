"""/payments: ``allocate`` takes a word or a list, and payments to suppliers may need a proof."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from app.api.deps import Http
from app.api.resources import document_router
from app.api.schemas import model_of, own_form, value_of
from app.application.accounting.payments import PAYMENT
from app.domain.accounting.payments import TARGETS_MAX, Direction, PaymentIn, TargetIn

_target: Any = model_of(TargetIn)
_make = value_of(TargetIn)


def _allocation(stated: Any) -> str | tuple[TargetIn, ...]:
    return stated if isinstance(stated, str) else tuple(map(_make, stated))


def _check_payouts(http: Http, payments: Sequence[Any]) -> None:
    """Where the company asks for it, paying a supplier needs a proof of the last ten minutes."""
    if http.principal.step_up_for_payouts and any(
        each.direction is Direction.OUT for each in payments
    ):
        http.require_step_up()


_Targets = Annotated[list[_target], Field(min_length=1, max_length=TARGETS_MAX)]
own_form(
    PaymentIn,
    allocate=Annotated[Literal["oldest", "none"] | _Targets, AfterValidator(_allocation)],
)
router = document_router(PAYMENT, _check_payouts)
