"""/periods: the months of the books, written ``YYYY-MM``."""

from datetime import date
from typing import Annotated, Any

from fastapi import Path
from starlette.responses import Response

from app.api.answers import answers
from app.api.deps import Caller, CommandCaller
from app.api.errors import MonthMalformed
from app.api.resources import list_router
from app.api.route import permission
from app.api.schemas import model_of, schema_of
from app.application.accounting.periods import (
    CLOSE_PERIOD,
    LOCK_PERIOD,
    PERIOD,
    REOPEN_PERIOD,
    MonthInput,
)
from app.application.accounting.ports import BOOKS, PERIODS
from app.application.shared.commands import Command
from app.application.shared.kinds import Needs
from app.domain.accounting.errors import (
    EarlierPeriodOpen,
    LaterPeriodClosed,
    PeriodClosed,
    PeriodLocked,
    PeriodOpen,
)
from app.domain.accounting.periods import ReopeningIn, read_month
from app.domain.shared.errors import DomainError, InvalidValue, NotFound

MonthPath = Annotated[
    str, Path(max_length=40, description="A month, written YYYY-MM.", examples=["2026-03"])
]
_VIEW = schema_of(PERIOD.noun.view)
router = list_router(PERIOD)


def _month(label: str) -> date:
    try:
        return read_month(label)
    except InvalidValue:
        raise MonthMalformed from None


@router.get(
    "/{period}",
    summary="Show a period",
    openapi_extra=permission(PERIOD.noun.reads),
    responses=answers(_VIEW, 200, NotFound),
)
async def show_one_period(http: Caller, period: MonthPath) -> Response:
    """The status of a month, also of one that nothing was posted to."""
    starts_on = _month(period)
    loaded = await http.load(Needs().one(PERIODS, starts_on).one(BOOKS))
    stored = loaded.present.get(PERIODS, {}).get((starts_on,))
    books = loaded.present[BOOKS][()]
    return http.answer(PERIOD.noun.show(books.period_of(starts_on, stored)))


def _add_step(
    verb: str, about: str, command: Command[MonthInput], *refusals: type[DomainError]
) -> None:
    async def step(http: CommandCaller, period: MonthPath) -> Response:
        return await http.run(command, MonthInput(_month(period)))

    async def step_with_reason(http: CommandCaller, period: MonthPath, body: Any) -> Response:
        return await http.run(command, MonthInput(_month(period), body.reason))

    with_reason = command is REOPEN_PERIOD
    step_with_reason.__annotations__["body"] = model_of(ReopeningIn)
    router.post(
        f"/{{period}}/{verb}",
        summary=f"{verb.capitalize()} a period",
        description=about,
        openapi_extra=permission(PERIOD.noun.writes),
        responses=answers(_VIEW, 200, NotFound, *refusals, body=with_reason),
    )(step_with_reason if with_reason else step)


_add_step(
    "close",
    "Close a month once all earlier ones are closed: it takes no more postings.",
    CLOSE_PERIOD,
    PeriodClosed,
    PeriodLocked,
    EarlierPeriodOpen,
)
_add_step(
    "lock",
    "Make a closed month final: it can never be reopened.",
    LOCK_PERIOD,
    PeriodOpen,
    PeriodLocked,
)
_add_step(
    "reopen",
    "Open the latest closed month again, with a reason.",
    REOPEN_PERIOD,
    PeriodOpen,
    PeriodLocked,
    LaterPeriodClosed,
)
