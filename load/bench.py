"""Compares the service with the limits of the machine and the database.

    scripts/bench [--short] [--check] [--json FILE]

Starts everything on free loopback ports: a PostgreSQL 18 with its default durability, and the
service on it and on a SQLite file with synchronous=FULL, with authentication, logs, metrics and the
rate limiter on. Each line is the CPU time of its limit divided by its own (application and database
per operation); the limit runs just before it in the same round. The table shows medians of several
rounds. Requests per second and latencies depend on the machine. The database work of a request is
counted on PostgreSQL: round trips, writing statements, plans. ``--check`` fails if a ratio misses
its target or a count differs from the expected one. ``--short`` runs few rounds of few requests
and, for a busy machine, fails only if a ratio fell far below the recorded one; such a ratio is
measured a second time.
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
    """The regressions that a second measurement confirms; short disturbances do not count."""
    lost = table.lost(_SHORT_MARGIN)
    if not lost:
        return []
    print("Measuring again, because of", *lost, sep="\n  ")
    again = measure(SHORT)
    print(again.text())
    names = {each.rpartition(": ")[0] for each in lost}
    return [each for each in again.lost(_SHORT_MARGIN) if each.rpartition(": ")[0] in names]


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table, and with ``--check`` check it."""
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
