"""Compares the service's figures with the control totals, which another program computes."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from load.replay.booking import Booked
from load.replay.client import ReplayFailed
from load.replay.codes import GOODS, accounts_of
from load.replay.figures import pence
from load.replay.reading import Listed

_PROGRAM: Final = Path(__file__).resolve().parent.parent / "control_totals.py"


class Agreement(NamedTuple):
    """A figure of the file and the same figure of the service, both in pence."""

    name: str
    file: int
    booked: int

    @property
    def agrees(self) -> bool:
        """Whether the two are the same."""
        return self.file == self.booked


class ControlTotals:
    """The totals computed by a separate process that is started early."""

    def __init__(self, file: Path) -> None:
        command = [sys.executable, str(_PROGRAM), str(file)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603
        self._months: dict[str, Any] | None = None

    def month(self, month: str) -> dict[str, Any]:
        """The totals of ``month``; empty if the file has no row in it.

        Raises:
            ReplayFailed: the program failed.
        """
        if self._months is None:
            output, _ = self._process.communicate()
            self._months = {}
            if self._process.returncode != 0:
                raise ReplayFailed(f"{_PROGRAM.name} ended with {self._process.returncode}")
            self._months = orjson.loads(output)["months"]
        found: dict[str, Any] = self._months.get(month, {})
        return found

    def close(self) -> None:
        """Ends the program if its totals were never needed."""
        if self._months is None:
            self._process.kill()
            self._process.communicate()


class FileTotals(NamedTuple):
    """What must be booked in a month: the control totals without the listed rows, in pence."""

    rows: int
    sold: Counter[str]
    returned: Counter[str]
    bad_debts: int


def to_be_booked(control: Mapping[str, Any], listed: Iterable[Listed]) -> FileTotals:
    """The control totals of a month less the rows that are listed instead of booked."""
    sold: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    rows = bad_debts = 0
    if control:
        rows = control["rows"]
        bad_debts = pence(control["bad_debts"])
        sold[GOODS] = pence(control["positive_goods"])
        returned[GOODS] = pence(control["returned_goods"])
        sold.update({code: pence(text) for code, text in control["positive_services"].items()})
        returned.update({code: pence(text) for code, text in control["returned_services"].items()})
    for row in listed:
        rows -= 1
        if row.invoice.startswith("A"):
            bad_debts -= row.pence
        else:
            tally = returned if row.invoice.startswith("C") else sold
            tally[row.bucket] -= row.pence
    return FileTotals(rows, sold, returned, bad_debts)


def documents_agree(file: FileTotals, booked: Booked) -> list[Agreement]:
    """The lines that the service answered, by goods and by each service code."""
    lines = [
        Agreement(f"sold, {bucket}", file.sold[bucket], booked.sold[bucket])
        for bucket in _buckets(file.sold, booked.sold)
    ]
    # The file has returns as negative amounts, the service as positive amounts of a return.
    lines += [
        Agreement(f"returned, {bucket}", file.returned[bucket], -booked.returned[bucket])
        for bucket in _buckets(file.returned, booked.returned)
    ]
    return lines


def ledger_agrees(file: FileTotals, movements: Mapping[str, int]) -> list[Agreement]:
    """Compares the accounts of the month with the sums of the file; credits positive.

    ``movements`` has the movement of the month by role, debits positive.
    """
    expected: Counter[str] = Counter()
    for bucket, amount in file.sold.items():
        expected[accounts_of(bucket).sold] += amount
    for bucket, amount in file.returned.items():
        expected[accounts_of(bucket).returned] += amount
    expected["bad_debt"] += file.bad_debts
    return [
        Agreement(f"account {role.replace('_', ' ')}", expected[role], -movements.get(role, 0))
        for role in sorted(expected)
    ]


def balances_agree(expected: Mapping[str, int], balances: Mapping[str, int]) -> list[Agreement]:
    """Compares the balances computed from the file with those of the ledger; debits positive."""
    return [
        Agreement(f"balance of {role.replace('_', ' ')}", amount, balances.get(role, 0))
        for role, amount in expected.items()
    ]


def _buckets(one: Counter[str], other: Counter[str]) -> list[str]:
    codes = sorted(code for code in one.keys() | other.keys() if code != GOODS)
    return [GOODS, *(code for code in codes if one[code] or other[code])]
