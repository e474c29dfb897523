"""Reads the service's reports; the only module that knows their members."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from load.replay.client import Api, ReplayFailed
from load.replay.contract import PERIOD_DONE_CODES
from load.replay.figures import BadFigure, last_day, pence


class AccountLine(NamedTuple):
    """An account and its balance or movement in pence, debit positive."""

    code: str
    name: str
    role: str
    debit: int


class Check(NamedTuple):
    """One line of the reconciliation of the service."""

    name: str
    sub_ledger: str
    ledger: str
    difference: str
    first_offender: str

    @property
    def agrees(self) -> bool:
        """Whether the difference is zero."""
        return not self.difference.strip("-0.")


@dataclass(frozen=True, slots=True)
class MonthReports:
    """The service's reports on a closed month: movements of the month, balances at its end."""

    month: str
    movements: dict[str, int]
    balances: dict[str, int]
    trial_balance: list[AccountLine]
    total_debit: int
    total_credit: int
    checks: list[Check]


def close_month(api: Api, month: str) -> None:
    """Closes ``month``, unless it is closed already.

    Raises:
        ReplayFailed: the service refuses.
    """
    answer = api.post(f"/periods/{month}/close", b"{}", f"close-{month}")
    if not answer.ok and answer.code not in PERIOD_DONE_CODES:
        raise ReplayFailed(f"closing {month} was refused: {answer.status} {answer.body}")


def read_reports(api: Api, month: str) -> MonthReports:
    """The reports of ``month``.

    Raises:
        ReplayFailed: a report cannot be read.
    """
    first, last = f"{month}-01", last_day(month)
    profit = api.read("/reports/profit-and-loss", effective_from=first, effective_to=last)
    trial = api.read("/reports/trial-balance", as_of=last)
    reconciliation = api.read("/reports/reconciliation", as_of=last)
    try:
        balances = _lines(trial["lines"])
        return MonthReports(
            month=month,
            movements=_by_role(_amounts(profit["income"], -1) + _amounts(profit["expenses"], 1)),
            balances=_by_role(balances),
            trial_balance=sorted(balances),
            total_debit=pence(trial["total_debit"]),
            total_credit=pence(trial["total_credit"]),
            checks=[_check(line) for line in reconciliation["checks"]],
        )
    except (KeyError, TypeError, BadFigure) as error:
        raise ReplayFailed(f"cannot read {error!r} in the reports of {month}") from None


def _lines(lines: Any) -> list[AccountLine]:
    return [
        AccountLine(
            line["code"],
            line["name"],
            line["role"] or "",
            pence(line["debit"]) - pence(line["credit"]),
        )
        for line in lines
    ]


def _amounts(lines: Any, sign: int) -> list[AccountLine]:
    """Lines that show one amount, positive on the natural side of their group."""
    return [
        AccountLine(line["code"], line["name"], line["role"] or "", sign * pence(line["amount"]))
        for line in lines
    ]


def _by_role(lines: list[AccountLine]) -> dict[str, int]:
    return {line.role: line.debit for line in lines if line.role}


def _check(line: Any) -> Check:
    offender = line["first_offender"]
    return Check(
        name=line["name"],
        sub_ledger=line["sub_ledger"],
        ledger=line["ledger"],
        difference=line["difference"],
        first_offender="" if offender is None else str(offender),
    )
