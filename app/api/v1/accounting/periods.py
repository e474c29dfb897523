"""/periods: the months of the books, written ``YYYY-MM``."""

from datetime import date
from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from app.api.deps import Caller, CommandCaller
from app.api.errors import MonthMalformed
from app.api.masters import answers, listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.v1.accounting.references import Reason
from app.api.wire import Schema
from app.application.accounting.periods import (
    CLOSE_PERIOD,
    LOCK_PERIOD,
    REOPEN_PERIOD,
    MonthInput,
)
from app.application.accounting.ports import BOOKS, PERIOD_LIST, PERIODS
from app.application.accounting.views import PeriodView, show_period
from app.application.shared.kinds import Needs
from app.domain.accounting.errors import (
    EarlierPeriodOpen,
    LaterPeriodClosed,
    PeriodClosed,
    PeriodLocked,
    PeriodOpen,
)
from app.domain.accounting.periods import PeriodState, read_month
from app.domain.shared.errors import InvalidValue, NotFound

router = v1_router("/periods", tags=["periods"])
_READ, _WRITE = permission("periods:read"), permission("periods:write")

MonthPath = Annotated[
    str, Path(max_length=40, description="A month, written YYYY-MM.", examples=["2026-03"])
]


class ReopeningIn(Schema):
    """Why a closed month is opened again; it is kept with the month."""

    reason: Reason


def _month(label: str) -> date:
    try:
        return read_month(label)
    except InvalidValue:
        raise MonthMalformed from None


@router.get(
    "", summary="List periods", openapi_extra=_READ, responses=listed(PeriodView, PERIOD_LIST)
)
async def list_periods(http: Caller, page: PageQuery, state: PeriodState | None = None) -> Response:
    """The months that were posted to or closed, the earliest first."""
    return await http.list(PERIOD_LIST, page, state=state)


@router.get(
    "/{period}",
    summary="Show a period",
    openapi_extra=_READ,
    responses=answers(PeriodView, 200, NotFound),
)
async def show_one_period(http: Caller, period: MonthPath) -> Response:
    """The state of a month, also of one that nothing was posted to."""
    starts_on = _month(period)
    loaded = await http.load(Needs().one(PERIODS, starts_on).one(BOOKS))
    stored = loaded.present.get(PERIODS, {}).get((starts_on,))
    books = loaded.present[BOOKS][()]
    return http.answer(show_period(books.period_of(starts_on, stored)))


@router.post(
    "/{period}/close",
    summary="Close a period",
    openapi_extra=_WRITE,
    responses=answers(PeriodView, 200, NotFound, PeriodClosed, PeriodLocked, EarlierPeriodOpen),
)
async def close_one_period(http: CommandCaller, period: MonthPath) -> Response:
    """Close a month once all earlier ones are closed: it takes no more postings."""
    return await http.run(CLOSE_PERIOD, MonthInput(_month(period)))


@router.post(
    "/{period}/lock",
    summary="Lock a period",
    openapi_extra=_WRITE,
    responses=answers(PeriodView, 200, NotFound, PeriodOpen, PeriodLocked),
)
async def lock_one_period(http: CommandCaller, period: MonthPath) -> Response:
    """Make a closed month final: it can never be reopened."""
    return await http.run(LOCK_PERIOD, MonthInput(_month(period)))


@router.post(
    "/{period}/reopen",
    summary="Reopen a period",
    openapi_extra=_WRITE,
    responses=answers(
        PeriodView, 200, NotFound, PeriodOpen, PeriodLocked, LaterPeriodClosed, body=True
    ),
)
async def reopen_one_period(http: CommandCaller, period: MonthPath, body: ReopeningIn) -> Response:
    """Open the latest closed month again, with a reason."""
    return await http.run(REOPEN_PERIOD, MonthInput(_month(period), body.reason))
