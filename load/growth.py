"""How the cost of an operation grows with the history behind it.

    python -m load.growth [--database sqlite|postgres] [--to 10000000] [--json FILE]

At 10,000 postings, then ten times as many, up to ``--to``, each line is measured in rounds that
alternate with a fixed piece of work in Python. Its CPU time is divided by that of the fixed work,
because the speed of the machine varies. The last column is the cost at the largest history divided
by that at the smallest; the aim for point operations is at most 1.3. The history is described in
``load.measure.history``.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

from load.measure.client import offer
from load.measure.company import Company, open_company, product_id, sign_in
from load.measure.history import History, write
from load.measure.limits import facts_of
from load.measure.machine import cpu_seconds, postgres, service

PRODUCTS = 10_000
ROUNDS = 7
GROWTH_MAX = 1.3
_SETTLING_SECONDS_MAX = 1_200

Figures = dict[str, dict[int, tuple[float, float, float]]]


def _reference() -> float:
    """The CPU seconds of a fixed piece of work, at this moment."""
    started = time.thread_time()
    table: dict[int, tuple[int, str]] = {}
    for number in range(100_000):
        table[number % 997] = (number, str(number))
    return time.thread_time() - started


def _lines(company: Company, chance: Random) -> dict[str, tuple[Iterable[bytes], int]]:
    """The requests of one round of each line, and the number of concurrent clients.

    There are enough of each for their CPU time to be many ticks of its clock (10 ms).
    """
    a_year_ago = datetime.now(UTC).date() - timedelta(days=365)
    ids = [product_id(chance.randint(1, PRODUCTS)) for _ in range(200)]
    return {
        "GET one product": ([company.get(f"/products/{each}") for each in ids], 8),
        "GET 100 products": ([company.get("/products?limit=100&sort=name")] * 30, 8),
        "newest 100 entries": (
            [company.get("/journal-entries?limit=100&sort=-effective_on")] * 20,
            8,
        ),
        "moves of a product": (
            [company.get(f"/stock-moves?product_id={each}&limit=20") for each in ids[:100]],
            8,
        ),
        "a sale of 3 lines, 1 client": (company.sales(chance, 100, PRODUCTS), 1),
        "a sale of 3 lines, 8 clients": (company.sales(chance, 200, PRODUCTS), 8),
        "a receipt of 50 lines": (company.receipts(chance, 10), 4),
        "trial balance": ([company.get("/reports/trial-balance")] * 20, 1),
        "trial balance a year ago": (
            [company.get(f"/reports/trial-balance?as_of={a_year_ago}")] * 20,
            1,
        ),
        "stock valuation": ([company.get("/reports/stock-valuation")] * 60, 1),
    }


async def _measure(figures: Figures, lines: int, port: int, *processes: int) -> None:
    company = await sign_in(port)
    company.products = PRODUCTS
    await _settle(company, *processes)
    chance = Random(lines)
    costs: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    for number in range(ROUNDS + 1):
        for name, (requests, clients) in _lines(company, chance).items():
            prepared = list(requests)
            speed = _reference()
            before = cpu_seconds(*processes)
            answers = await offer(port, prepared, clients)
            used = cpu_seconds(*processes) - before
            answers.check(200, 201)
            if number:  # the first round fills caches
                costs.setdefault(name, []).append(used / len(prepared) / (speed + _reference()) * 2)
                seconds.setdefault(name, []).extend(answers.seconds)
    for name, each in costs.items():
        times = sorted(seconds[name])
        p95 = times[int(len(times) * 0.95)] * 1000
        figures.setdefault(name, {})[lines] = (median(each), median(times) * 1000, p95)


async def _settle(company: Company, *processes: int) -> None:
    """Wait until the fold started by the first report has ended and the service is idle."""
    deadline = time.monotonic() + _SETTLING_SECONDS_MAX
    busy = True
    while busy and time.monotonic() < deadline:
        await company.read("/reports/trial-balance")
        before = cpu_seconds(*processes)
        await asyncio.sleep(2)
        busy = cpu_seconds(*processes) - before > 0.1


async def _run(figures: Figures, url: str, sizes: Sequence[int], server: int) -> None:
    with service(url) as (_, port):
        facts = await facts_of(await open_company(port, PRODUCTS))
    history = History(facts, PRODUCTS)
    for lines in sizes:
        started = time.monotonic()
        await write(url, history, lines)
        print(f"{lines:,} postings after {time.monotonic() - started:.0f} s", file=sys.stderr)
        with service(url) as (pid, port):
            await _measure(figures, lines, port, pid, *([server] if server else []))
        print(_text(figures, [size for size in sizes if size <= lines]), flush=True)


def _text(figures: Figures, sizes: Sequence[int]) -> str:
    head = " | ".join(f"{size:,}: ms (p95)" for size in sizes)
    rows = [
        f"| line | {head} | cost, largest : smallest |",
        "| --- |" + " ---: |" * (len(sizes) + 1),
    ]
    for name, by_size in figures.items():
        cells = " | ".join(f"{by_size[size][1]:.1f} ({by_size[size][2]:.1f})" for size in sizes)
        growth = by_size[sizes[-1]][0] / by_size[sizes[0]][0]
        rows.append(f"| {name} | {cells} | {growth:.2f} |")
    return "\n".join(rows)


def main(arguments: Sequence[str]) -> int:
    """Measure and print the table after each step."""
    parser = argparse.ArgumentParser(description="Cost against history.")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="postgres")
    parser.add_argument("--to", type=int, default=10_000_000, help="postings of the last step")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    chosen = parser.parse_args(arguments)
    sizes = [10**power for power in range(4, 9) if 10**power <= chosen.to]
    figures: Figures = {}
    with ExitStack() as stack:
        if chosen.database == "postgres":
            server, folder = stack.enter_context(postgres())
            url = f"postgresql://postgres@/postgres?host={folder}"
        else:
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="tradepost-growth-"))
            url, server = f"sqlite:///{name}/growth.db", 0
        asyncio.run(_run(figures, url, sizes, server))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
