"""The lines measured on each database, round by round, each next to its limit."""

import asyncio
import sys
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

import orjson

from load.measure import catalogue, limits
from load.measure.bulk import load_rows
from load.measure.client import Answers, ask, offer, request
from load.measure.company import BATCH, Company, login, open_company, product_id
from load.measure.counts import Counted, count
from load.measure.machine import cpu_seconds, process, resident_mb, service
from load.measure.table import Table
from tests.support.ports import free_port

HOT = 9
PRESSED = 32
_DEEP = 500  # pages


@dataclass(frozen=True, slots=True)
class Size:
    """The amount of work: ``rounds`` of each line, and operations per round.

    ``catalogue`` is the number of products for the large-catalogue lines; 0 skips them.
    """

    products: int
    rounds: int
    reads: int
    sales: int
    catalogue: int


SHORT = Size(products=1_000, rounds=2, reads=300, sales=240, catalogue=0)
FULL = Size(products=10_000, rounds=5, reads=1_000, sales=960, catalogue=1_000_000)


class Stand:
    """A company on a running service, and the CPU of the processes that serve it."""

    def __init__(self, table: Table, company: Company, *processes: int) -> None:
        self.table = table
        self.company = company
        self._processes = processes
        self.chance = Random(20261121)

    async def measure(
        self,
        name: str,
        requests: Iterable[bytes],
        *,
        clients: int,
        limit: str = "",
        least: float = 0.0,
        held: float = 0.0,
        each: int = 1,
        expected: tuple[int, ...] = (200, 201, 207),
    ) -> Answers:
        """One round of a line; each request does ``each`` operations."""
        prepared = list(requests)
        before = cpu_seconds(*self._processes)
        answers = await offer(self.company.port, prepared, clients)
        used = cpu_seconds(*self._processes) - before
        answers.check(*expected)
        self.table.line(name, limit, least, held).add(used, len(prepared) * each, answers)
        return answers

    async def sales(
        self, name: str, count: int, clients: int, products: int, **limit: object
    ) -> None:
        """A round of single sales."""
        made = self.company.sales(self.chance, count, products)
        await self.measure(name, made, clients=clients, **limit)  # type: ignore[arg-type]

    async def renew(self) -> None:
        """Get a new access token, because a run outlives one."""
        _, body = await ask(self.company.port, login())
        self.company.token = orjson.loads(body)["access_token"]


async def on_postgres(table: Table, size: Size, server: int, folder: Path) -> None:
    """The lines of PostgreSQL."""
    url = f"postgresql://postgres@/postgres?host={folder}"
    async with AsyncExitStack() as stack:
        pid, port = stack.enter_context(service(url))
        table.facts["memory idle, one process"] = f"{resident_mb(pid):.0f} MB"
        company = await open_company(port, size.products)
        facts = await limits.facts_of(company)
        stand = Stand(table, company, pid, server)
        await stand.sales("PostgreSQL: warm-up", 40, 8, size.products)
        await limits.analyze(url)
        await _counts(stand, url)
        script = limits.write_pgbench_script(folder, facts)
        raw = free_port()
        command = [sys.executable, "-m", "uvicorn", "load.measure.raw_app:app"]
        raw_pid = stack.enter_context(
            process(
                [*command, "--port", str(raw), "--log-level", "warning", "--no-access-log"],
                f"http://127.0.0.1:{raw}/ready",
                BENCH_URL=url,
                BENCH_TENANT=facts.tenant.hex(),
            )
        )
        for _ in range(size.rounds):
            await stand.renew()
            await _reads(stand, size, raw, raw_pid, server)
            await _sales(stand, size, folder, script, server)
            await _documents(stand, size, "PostgreSQL")
        await _last_units(stand, "PostgreSQL")
        await _catalogue(stand, size, url, facts.tenant, "PostgreSQL")
        table.facts["memory loaded, PostgreSQL"] = f"{resident_mb(pid):.0f} MB"
    del table.lines["PostgreSQL: warm-up"]


async def _counts(stand: Stand, url: str) -> None:
    """The database work of one request on PostgreSQL."""
    company, chance, table = stand.company, stand.chance, stand.table
    products = company.products
    sales = list(company.sales(chance, 21, products))
    batches = list(company.sale_batches(chance, 4, products))
    one = [company.get(f"/products/{product_id(1)}")] * 21
    page = [company.get("/products?limit=100&sort=name")] * 21
    for name, requests, expected in (
        ("a sale of 3 lines", sales, Counted(4, 1, 0)),
        ("100 sales in a batch", batches, Counted(4, 1, 0)),
        ("GET one product", one, Counted(3, 0, 0)),
        ("GET 100 products", page, Counted(3, 0, 0)),
    ):
        await count(table, url, company.port, name, requests, expected)


async def _reads(stand: Stand, size: Size, raw: int, raw_pid: int, server: int) -> None:
    company, table = stand.company, stand.table
    ids = [product_id(stand.chance.randint(1, size.products)) for _ in range(size.reads)]
    # As many lists as objects: the CPU time of a few would be a few ticks of its clock (10 ms).
    for name, paths in (
        ("limit: GET one, raw ASGI + asyncpg + orjson", [f"/one/{each}" for each in ids]),
        ("limit: GET 100, raw ASGI + asyncpg + orjson", ["/list"] * size.reads),
    ):
        before = cpu_seconds(raw_pid, server)
        answers = await offer(raw, [request("GET", path) for path in paths], 8)
        used = cpu_seconds(raw_pid, server) - before
        answers.check(200)
        table.line(name).add(used, len(paths), answers)
    await stand.measure(
        "GET one product",
        [company.get(f"/products/{each}") for each in ids],
        clients=8,
        limit="limit: GET one, raw ASGI + asyncpg + orjson",
        least=0.33,
    )
    await stand.measure(
        "GET 100 products",
        [company.get("/products?limit=100&sort=name")] * size.reads,
        clients=8,
        limit="limit: GET 100, raw ASGI + asyncpg + orjson",
        least=0.60,
    )
    found = [
        company.get(f"/products?limit=20&q=product%200{n:06d}") for n in range(size.reads // 4)
    ]
    await stand.measure("search a product", found, clients=8)


async def _sales(stand: Stand, size: Size, folder: Path, script: Path, server: int) -> None:
    spread, hot = "limit: a sale by pgbench, spread", "limit: a sale by pgbench, 9 hot products"
    for name, products in ((spread, size.products), (hot, HOT)):
        before, started = cpu_seconds(server), time.perf_counter()
        own = await asyncio.to_thread(
            limits.run_pgbench, folder, script, products=products, clients=8, sales=size.sales
        )
        answers = Answers(wall=time.perf_counter() - started)
        stand.table.line(name).add(own + cpu_seconds(server) - before, size.sales, answers)
    for clients in (1, 8, 32, 64):
        await stand.sales(
            f"PostgreSQL: a sale, {clients} clients, spread",
            size.sales,
            clients,
            size.products,
            limit=spread,
            least={8: 0.90}.get(clients, 0.0),
        )
    for clients in (8, 32):
        await stand.sales(
            f"PostgreSQL: a sale, {clients} clients, 9 hot products",
            size.sales,
            clients,
            HOT,
            limit=hot,
            least={8: 1.10}.get(clients, 0.0),
        )


async def _documents(stand: Stand, size: Size, database: str) -> None:
    company = stand.company
    batches = company.sale_batches(stand.chance, max(1, size.sales // 2 // BATCH), size.products)
    await stand.measure(f"{database}: a sale in batches of 100", batches, clients=2, each=BATCH)
    receipts = company.receipts(stand.chance, size.sales // 20)
    await stand.measure(f"{database}: a receipt of 50 lines", receipts, clients=4)
    loading = company.product_batches(size.products // 5)
    await stand.measure(
        f"{database}: a product with opening stock, batches of 100", loading, clients=4, each=BATCH
    )
    for report in ("trial-balance", "stock-valuation"):
        asked = [company.get(f"/reports/{report}")] * 10
        await stand.measure(f"{database}: {report}", asked, clients=1)
    await stand.measure(f"{database}: log in", [login()] * 20, clients=4)


async def _last_units(stand: Stand, database: str) -> None:
    """32 buyers of the last 10 units."""
    company = stand.company
    number = 10_000_000
    item = company.product_item(number, quantity="10")
    status, body = await ask(
        company.port, company.post("/products/batch", {"atomic": True, "items": [item]})
    )
    if status != 200:
        raise RuntimeError(f"POST /products/batch: {status} {body.decode()}")
    sale = {
        "location_id": company.location,
        "lines": [{"product_id": product_id(number), "quantity": "1"}],
        "tenders": [{"method": "cash", "amount": "2.50"}],
    }
    buyers = [company.post("/sales", sale, f"last-{place}") for place in range(PRESSED)]
    answers = await offer(company.port, buyers, PRESSED)
    statuses = " · ".join(
        f"{count} × {status}" for status, count in sorted(answers.statuses.items())
    )
    stand.table.facts[f"{PRESSED} buyers of the last 10 units, {database}"] = (
        f"{statuses} in {answers.wall * 1000:.0f} ms"
    )
    bad = {status: n for status, n in answers.statuses.items() if status >= 500}
    if bad or answers.statuses.get(201) != 10:
        raise RuntimeError(f"{PRESSED} buyers of the last 10 units: {answers.statuses}")


async def _catalogue(stand: Stand, size: Size, url: str, tenant: bytes, database: str) -> None:
    """Pages and searches of a large catalogue; a deep page is reached by its cursor."""
    company = stand.company
    if not size.catalogue:
        return
    await load_rows(
        url, catalogue.products(tenant, company.unit, company.products + 1, size.catalogue)
    )
    company.products = size.catalogue
    first = deep = f"/products?limit={BATCH}&sort=name"
    for _ in range(_DEEP - 1):
        page = await company.read(deep)
        deep = f"{first}&cursor={page['next_cursor']}"
    numbers = [stand.chance.randint(1, size.catalogue) for _ in range(20)]
    for _ in range(size.rounds):
        for name, paths in (
            ("GET 100 products, page 1", [first] * 100),
            (f"GET 100 products, page {_DEEP}", [deep] * 100),
            ("search one", [f"/products?limit=20&q=product%20{n:07d}" for n in numbers]),
            ("search in vain", ["/products?limit=20&q=no%20such%20thing"] * 10),
        ):
            asked = [company.get(path) for path in paths]
            line = f"{database}, {size.catalogue:,} products: {name}"
            await stand.measure(line, asked, clients=2)


async def on_sqlite(table: Table, size: Size, folder: Path) -> None:
    """The lines of SQLite, synchronous=FULL."""
    path = folder / "bench.db"
    with service(f"sqlite:///{path}") as (pid, port):
        company = await open_company(port, size.products)
        facts = await limits.facts_of(company)
        stand = Stand(table, company, pid)
        await stand.sales("SQLite: warm-up", 40, 8, size.products)
        copy = folder / "limit.db"
        await asyncio.to_thread(limits.copy_database, path, copy)
        loop = limits.SqliteLoop(copy, facts, size.products)
        limit = "limit: a sale in a plain loop on SQLite, one commit each"
        for _ in range(size.rounds):
            await stand.renew()
            started = time.perf_counter()
            used = await asyncio.to_thread(loop.run, size.sales // 2)
            table.line(limit).add(
                used, size.sales // 2, Answers(wall=time.perf_counter() - started)
            )
            await stand.sales(
                "SQLite: a sale, 32 clients, spread",
                size.sales,
                32,
                size.products,
                limit=limit,
                least=1 / 0.65,
                held=0.40,
            )
            await stand.sales("SQLite: a sale, 1 client", size.sales // 4, 1, size.products)
            await _documents(stand, size, "SQLite")
        loop.close()
        await _last_units(stand, "SQLite")
        await _catalogue(stand, size, f"sqlite:///{path}", facts.tenant, "SQLite")
        table.facts["memory loaded, SQLite"] = f"{resident_mb(pid):.0f} MB"
    del table.lines["SQLite: warm-up"]
