"""How close the service runs to what the machine and the database can do.

    scripts/bench [--short] [--check] [--json FILE]

Starts what it needs on free ports of the loopback: a PostgreSQL 18 with the durability of its
defaults, the service on it and on a SQLite file with synchronous=FULL, authentication, logs,
metrics and the rate limiter on. Each line is a ratio of CPU time (application and database per
operation) to that of its limit, which ran just before it in the same round; the table shows the
medians of several rounds. Requests a second and latencies stand beside it and depend on the
machine. What a request asks of PostgreSQL is counted: round trips, statements that write, plans.
``--check`` fails where a ratio falls short of its target or a count is not what it has to be;
``--short`` takes few rounds of few requests and fails where a ratio fell far below what was reached
before, for a machine that is not quiet; what seems to have fallen is measured once more.
"""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from load.bench_router import ROUTER_TARGET_US, routing
from load.measure.lines import FULL, SHORT, Size, on_postgres, on_sqlite
from load.measure.machine import postgres
from load.measure.table import Table

_SHORT_MARGIN = 0.7


def measure(size: Size) -> Table:
    """Run all lines."""
    table = Table()
    cores = os.cpu_count()
    table.facts["machine"] = (
        f"{cores} cores, {platform.system()}, Python {platform.python_version()}"
    )
    with postgres() as (server, folder):
        asyncio.run(on_postgres(table, size, server, folder))
    with tempfile.TemporaryDirectory(prefix="tradepost-bench-") as name:
        asyncio.run(on_sqlite(table, size, Path(name)))
    slowest = max(figure for _, figure in routing()[1:])
    table.facts["router, slowest match of 300 routes"] = f"{slowest:.2f} µs of {ROUTER_TARGET_US}"
    return table


def _lost_twice(table: Table) -> list[str]:
    """What was lost and is lost when it is measured again: a neighbour of a minute is no loss."""
    lost = table.lost(_SHORT_MARGIN)
    if not lost:
        return []
    print("Once more, because of", *lost, sep="\n  ")
    again = measure(SHORT)
    print(again.text())
    names = {each.rpartition(": ")[0] for each in lost}
    return [each for each in again.lost(_SHORT_MARGIN) if each.rpartition(": ")[0] in names]


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table, and with ``--check`` judge it."""
    parser = argparse.ArgumentParser(description="How close to the limit the service runs.")
    parser.add_argument("--short", action="store_true", help="few rounds, few requests")
    parser.add_argument("--check", action="store_true", help="fail below a target")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    chosen = parser.parse_args(arguments)
    table = measure(SHORT if chosen.short else FULL)
    print(table.text())
    if chosen.json:
        table.write(chosen.json)
    if not chosen.check:
        return 0
    fallen = _lost_twice(table) if chosen.short else table.missed() + table.lost(0)
    for each in fallen:
        print(f"MISSED {each}", file=sys.stderr)
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
