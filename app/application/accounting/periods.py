"""Months of the books: closing, locking, reopening.

The status of the month guards itself, so these commands need no version: closing a closed month is
refused. A month that nothing was posted to has no row until one of them makes it.
"""

from collections.abc import Callable
from datetime import date

from app.application.accounting.ports import BOOKS, OPEN_PERIODS, PERIODS
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.nouns import Access, Listed, Noun
from app.application.shared.reading import list_of
from app.application.shared.views import View
from app.application.shared.work import Work
from app.domain.accounting.periods import Books, Period, close_period, month_end, reopen_period
from app.domain.shared.frozen import frozen


def period(starts_on: date) -> str:
    """The month, YYYY-MM."""
    return starts_on.isoformat()[:7]


def ends_on(starts_on: date) -> date:
    """The last day."""
    return month_end(starts_on)


PERIOD = Listed(
    Noun(
        "period",
        PERIODS,
        View(Period, computed=[period, ends_on]),
        "/periods",
        "The months of the books: open, closed, locked.",
        Access(write="accountant", read="manager viewer"),
    ),
    list_of("periods", Period, sorts=("starts_on",), filters=("status",)),
)


@frozen
class MonthInput:
    """The first day of a month, and why it is reopened."""

    starts_on: date
    reason: str = ""


Step = Callable[[MonthInput, Work, Books, Period], tuple[Books, Period]]


def _needs(month: MonthInput, _: Principal) -> Needs:
    # Postings share the month's row: who holds it alone waits for them and keeps later ones out.
    return Needs().one(PERIODS, month.starts_on, lock=Lock.UPDATE).one(BOOKS, lock=Lock.UPDATE)


def _close_needs(month: MonthInput, principal: Principal) -> Needs:
    return _needs(month, principal).search(OPEN_PERIODS)


def _close(_: MonthInput, work: Work, books: Books, period: Period) -> tuple[Books, Period]:
    open_months = [each.starts_on for each in work.search(OPEN_PERIODS)]
    earliest = min(open_months, default=None)
    return close_period(books, period, earliest_open=earliest, at=work.recorded_at)


def _lock(_: MonthInput, work: Work, books: Books, period: Period) -> tuple[Books, Period]:
    return books, period.lock(work.recorded_at)


def _reopen(month: MonthInput, _: Work, books: Books, period: Period) -> tuple[Books, Period]:
    return reopen_period(books, period, month.reason)


def _step(action: str, step: Step) -> Callable[[MonthInput, Work], Done]:
    def decide(month: MonthInput, work: Work) -> Done:
        books = work.get(BOOKS)
        before = books.period_of(month.starts_on, work.find(PERIODS, month.starts_on))
        books_after, period = step(month, work, books, before)
        if books_after != books:
            work.put(BOOKS, books_after)
        period = work.put(PERIODS, period)
        facts = {"period": period.label, "status": str(period.status), "reason": month.reason}
        # A month has no id of its own: it is the company's.
        work.note(
            action,
            "period",
            work.principal.tenant_id,
            period=period.label,
            reason=month.reason,
            before={"status": str(before.status)},
            after={"status": str(period.status)},
        )
        work.event(f"period.{action}", work.principal.tenant_id, **facts)
        return Done(PERIOD.noun.show(period), status=200, version=period.version)

    return decide


CLOSE_PERIOD = Command("periods.close", PERIOD.noun.writes, _close_needs, _step("closed", _close))
LOCK_PERIOD = Command("periods.lock", PERIOD.noun.writes, _needs, _step("locked", _lock))
REOPEN_PERIOD = Command("periods.reopen", PERIOD.noun.writes, _needs, _step("reopened", _reopen))
