"""The replay: set up, then for each month buy, trade, settle, close, print and check."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from load.replay.booking import Booked, Desk
from load.replay.client import Api, ReplayFailed
from load.replay.codes import GOODS_ACCOUNTS, service_accounts
from load.replay.control import (
    Agreement,
    balances_agree,
    documents_agree,
    ledger_agrees,
    to_be_booked,
)
from load.replay.plan import Plan, batches
from load.replay.reading import Book, Listed
from load.replay.reports import MonthReports, close_month, read_reports
from load.replay.statement import Statement, heading, render
from load.replay.timing import MonthTime, Timing
from load.replay.wire import Command, Places, Wire

COMPANY: Final = "Online retail replay"


class Control(Protocol):
    """The source of the control totals."""

    def month(self, month: str) -> dict[str, Any]:
        """The totals of ``month``; empty if the file has no row in it."""


class Progress(Protocol):
    """Shows progress."""

    def phase(self, text: str) -> None:
        """Start a phase."""

    def advance(self, documents: int) -> None:
        """Count documents of the file as booked."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """The outputs of the replay: statements go to ``write`` and, if given, to a folder."""

    write: Callable[[str], None]
    progress: Progress
    folder: Path | None = None


class Replay:
    """One run over the file. Every run sends all commands; those already booked are replayed."""

    def __init__(self, book: Book, api: Api, control: Control, outlets: Outlets) -> None:
        self._book = book
        self._api = api
        self._control = control
        self._outlets = outlets
        self._heading = heading(book)
        self._balances_before: dict[str, int] = {}

    def run(self, until: str = "") -> Timing:
        """Replays the months of the file, up to and including ``until``.

        Raises:
            ReplayFailed: the service refuses, stays unreachable, or does not agree with the file.
        """
        timing = Timing()
        self._outlets.progress.phase("sign in")
        self._api.sign_in(COMPANY)
        plan = Plan(self._book, Wire(self._find_places()))
        self._outlets.progress.phase("products and contacts")
        desk = Desk(self._api)
        self._send(desk, plan.set_up(), advance=False)
        timing.set_up = self._time("set-up", timing, desk.booked)
        for month in self._book.months:
            if not until or month <= until:
                booked = self._month(plan, month)
                timing.months.append(self._time(month, timing, booked))
        return timing

    def _month(self, plan: Plan, month: str) -> Booked:
        desk = Desk(self._api)
        show = self._outlets.progress.phase
        show(f"{month} goods in")
        self._send(desk, plan.goods_in(month), advance=False)
        show(f"{month} trade")
        self._send(desk, plan.trade(month), advance=True)
        show(f"{month} month end")
        self._send(desk, plan.month_end(month), advance=False)
        close_month(self._api, month)
        show(f"{month} statement")
        self._state(plan, month, desk.booked, read_reports(self._api, month))
        return desk.booked

    def _send(self, desk: Desk, commands: Iterator[Command], *, advance: bool) -> None:
        for batch in batches(commands):
            desk.send(batch)
            if advance:
                self._outlets.progress.advance(len(batch))

    def _state(self, plan: Plan, month: str, booked: Booked, reports: MonthReports) -> None:
        listed = [row for row in self._book.listed if row.month == month]
        control = self._control.month(month)
        statement = Statement(
            month=month,
            reports=reports,
            rows_in=self._book.rows_of_month.get(month, 0),
            rows_booked=booked.rows,
            listed=listed,
            guessed=plan.guessed,
            agreements=self._agreements(plan, control, booked, reports, listed),
        )
        self._balances_before = reports.balances
        text = render(statement, self._heading)
        self._outlets.write(text)
        if self._outlets.folder is not None:
            _write_whole(self._outlets.folder / f"{month}.txt", text)
        faults = statement.faults()
        if faults:
            raise ReplayFailed(f"{month} does not agree: " + "; ".join(faults))

    def _agreements(
        self,
        plan: Plan,
        control: dict[str, Any],
        booked: Booked,
        reports: MonthReports,
        listed: list[Listed],
    ) -> list[Agreement]:
        file = to_be_booked(control, listed)
        movements = dict(reports.movements)
        # Vouchers are a liability: their movement is the difference of two balances.
        before = self._balances_before.get("customer_credit", 0)
        movements["customer_credit"] = reports.balances.get("customer_credit", 0) - before
        return [
            *documents_agree(file, booked),
            *ledger_agrees(file, movements),
            *balances_agree(plan.balances(), reports.balances),
        ]

    def _find_places(self) -> Places:
        codes = self._book.names
        services = [found for code in codes if (found := service_accounts(code))]
        roles = {"bad_debt", "allowance_for_bad_debt", *GOODS_ACCOUNTS}
        roles |= {role for accounts in services for role in accounts}
        return Places(
            unit_id=self._only("/units", code="pcs"),
            location_id=self._only("/locations", code="MAIN"),
            accounts={role: self._only("/accounts", role=role) for role in sorted(roles)},
        )

    def _only(self, path: str, **query: str) -> str:
        found = self._api.read(path, **query).get("data", [])
        if len(found) != 1:
            raise ReplayFailed(f"GET {path} {query}: {len(found)} found, expected one")
        return str(found[0]["id"])

    def _time(self, name: str, timing: Timing, booked: Booked) -> MonthTime:
        return timing.lap(name, booked, self._api.requests, self._api.repeats)


def _write_whole(path: Path, text: str) -> None:
    """Writes atomically: a kill leaves no half statement."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
