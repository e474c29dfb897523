#!/usr/bin/env python3
"""Control totals of a retail file, computed from the file and from nothing else.

    python load/control_totals.py FILE

FILE is a ``.csv`` or ``.csv.gz``. Prints JSON per month and in total, each line rounded to pence
(halves away from zero): (a) the positive invoices, by goods and each service code, (b) the returned
goods, (c) each returned service code, and the bad debts (A-rows). Together they are the whole file.
A row belongs to the month of the first time stamp of its invoice.

This program shares no code with the replay whose books it checks.
"""

import csv
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

SERVICE_CODES = frozenset(("POST", "DOT", "C2", "AMAZONFEE", "BANK CHARGES", "M", "D", "S", "CRUK"))
PENNY = Decimal("0.01")
NOTHING = Decimal("0.00")


class Totals:
    """Sums of rounded lines, and of the same lines before rounding."""

    def __init__(self) -> None:
        self.rows = 0
        self.exact_positive = NOTHING
        self.exact_cancelled = NOTHING
        self.exact_bad_debts = NOTHING
        self.sold: defaultdict[str, Decimal] = defaultdict(lambda: NOTHING)
        self.returned: defaultdict[str, Decimal] = defaultdict(lambda: NOTHING)
        self.bad_debts = NOTHING
        self.file = NOTHING

    def add(self, invoice: str, code: str, exact: Decimal) -> None:
        """One row of the file; ``exact`` is quantity times price."""
        amount = exact.quantize(PENNY, ROUND_HALF_UP)  # halves away from zero, as decimal calls it
        self.rows += 1
        self.file += amount
        if invoice.startswith("A"):
            self.exact_bad_debts += exact
            self.bad_debts += amount
        elif invoice.startswith("C"):
            self.exact_cancelled += exact
            self.returned[_line_of(code)] += amount
        else:
            self.exact_positive += exact
            self.sold[_line_of(code)] += amount

    def report(self) -> dict[str, Any]:
        """The totals as texts, codes in order."""
        positive = sum(self.sold.values(), NOTHING)
        cancelled = sum(self.returned.values(), NOTHING)
        if positive + cancelled + self.bad_debts != self.file:
            raise ArithmeticError("the parts do not add up to the file")
        return {
            "rows": self.rows,
            "positive": str(positive),
            "positive_goods": str(self.sold["goods"]),
            "positive_services": _texts(self.sold),
            "cancelled": str(cancelled),
            "returned_goods": str(self.returned["goods"]),
            "returned_services": _texts(self.returned),
            "bad_debts": str(self.bad_debts),
            "file": str(self.file),
            "before_rounding": {
                "positive": str(self.exact_positive),
                "cancelled": str(self.exact_cancelled),
                "bad_debts": str(self.exact_bad_debts),
                "file": str(self.exact_positive + self.exact_cancelled + self.exact_bad_debts),
            },
        }


def _line_of(code: str) -> str:
    upper = code.strip().upper()
    return upper if upper in SERVICE_CODES or upper.startswith("GIFT_") else "goods"


def _texts(sums: dict[str, Decimal]) -> dict[str, str]:
    return {code: str(sums[code]) for code in sorted(sums) if code != "goods"}


def control_totals(lines: Iterable[str]) -> dict[str, Any]:
    """The control totals of the lines of a file, the header first."""
    months: defaultdict[str, Totals] = defaultdict(Totals)
    whole = Totals()
    month_of_invoice: dict[str, str] = {}
    for row in csv.DictReader(lines):
        invoice, code = row["InvoiceNo"], row["StockCode"]
        exact = Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
        month = month_of_invoice.setdefault(invoice, row["InvoiceDate"][:7])
        months[month].add(invoice, code, exact)
        whole.add(invoice, code, exact)
    return {
        "months": {month: months[month].report() for month in sorted(months)},
        "all": whole.report(),
    }


def main() -> int:
    """Prints the totals of the file named on the command line."""
    if len(sys.argv) != 2:
        print("usage: control_totals.py FILE", file=sys.stderr)
        return 2
    name = sys.argv[1]
    opener = gzip.open if name.endswith(".gz") else open
    with opener(name, "rt", encoding="utf-8-sig", newline="") as file:
        totals = control_totals(file)
    json.dump(totals, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
