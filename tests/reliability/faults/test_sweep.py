"""RL-03: each call of each port fails once, in each way, in each command of the trade cycle.

A fault is over when the request is sent again: what is proven is that one failure, wherever it
happens, does no harm that lasts.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from app.domain.shared.ids import Id, read
from app.infrastructure.db.schema import driver_url
from app.infrastructure.security import passwords
from app.main import create_app
from tests.conftest import drop, fresh_url, settings_for
from tests.reliability.faults.limits import LONG
from tests.support.company import register_company
from tests.support.racing import Request
from tests.support.route import Answer, encoded, send
from tests.support.sweep import LOST, Fault, Port, RowCounts, SweptClock, swept_ports
from tests.support.sweep_commands import COMMANDS, Requests, Shop, open_shop

PLENTY = 1_000_000
UNLIMITED = {
    "rate_limit_enabled": True,
    "rate_limit_auth_per_minute": PLENTY,
    "rate_limit_auth_burst": PLENTY,
    "rate_limit_anonymous_per_minute": PLENTY,
    "rate_limit_anonymous_burst": PLENTY,
    "rate_limit_public_per_minute": PLENTY,
    "rate_limit_principal_per_minute": PLENTY,
}
Log = list[Any]
DATABASES = ("sqlite", "postgres")
# The short form sweeps each command on one database, the next one on the other.
SWEPT = [
    (database, command)
    for place, command in enumerate(COMMANDS)
    for database in (DATABASES if LONG else (DATABASES[place % 2],))
]


@dataclass
class Stand:
    """The service on one database, its rows, and its ports."""

    app: Any
    url: str
    rows: RowCounts
    ports: list[Port]


@pytest.fixture(scope="module")
async def stand_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Callable[[str], Awaitable[Stand]]]:
    """One of each database."""
    made: dict[str, Stand] = {}
    async with AsyncExitStack() as stack:

        async def stand(dialect: str) -> Stand:
            if dialect not in made:
                url = fresh_url(dialect, request, tmp_path_factory.mktemp(dialect))
                stack.callback(drop, url)
                clock, owner = SweptClock(), None
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(passwords, "ARGON2_MEMORY_KIB", 64)
                    patch.setattr(passwords, "ARGON2_PASSES", 1)
                    app = create_app(settings_for(url, **UNLIMITED), clock)
                await stack.enter_async_context(app.router.lifespan_context(app))
                if dialect == "postgres":
                    owner = await asyncpg.connect(driver_url(url))
                    stack.push_async_callback(owner.close)
                rows = RowCounts(url, owner)
                stack.callback(rows.close)
                ports = stack.enter_context(swept_ports(app, clock, owner))
                made[dialect] = Stand(app, url, rows, ports)
            return made[dialect]

        yield stand


@pytest.fixture
async def stand(stand_of: Callable[[str], Awaitable[Stand]], dialect: str) -> Stand:
    """The one of this database."""
    return await stand_of(dialect)


@pytest.fixture
def log() -> Iterator[Log]:
    """What is logged; it is not printed, which would take more time than all the rest."""
    with capture_logs() as entries:
        yield entries


@dataclass
class Swept:
    """A company of the trade cycle; ``last`` are the rows that it had before the next command."""

    stand: Stand
    shop: Shop
    tenant: Id
    last: Counter[str] = field(default_factory=Counter)

    async def send(self, requests: Requests) -> list[Answer]:
        """Put them to the service at the same moment."""
        return await asyncio.gather(*map(self._send, requests))

    async def _send(self, request: Request) -> Answer:
        headers = {"Idempotency-Key": request.key, **dict(request.headers)}
        body = encoded(request.body)
        return await send(self.shop.company, request.method, request.path, headers, body)

    async def rows(self) -> Counter[str]:
        """How many there are."""
        return await self.stand.rows.of(self.tenant)

    async def books(self) -> dict[str, Any]:
        """What the books and the shelves hold."""
        company = self.shop.company
        stock = (await company.get("/reports/stock-valuation", limit=200))["data"]
        return {
            "balances": await company.balances(),
            "stock": sorted((each["sku"], each["quantity"], each["value"]) for each in stock),
        }


async def swept_company(stand: Stand, stack: AsyncExitStack) -> Swept:
    """A fresh company with a shop."""
    company = await stack.enter_async_context(register_company(stand.app))
    tenant = read("cmp", (await company.get("/auth/me"))["company_id"])
    return Swept(stand, await open_shop(company), tenant)


def items_of(answer: Answer) -> list[Any]:
    """What a batch answers for each of its items; else nothing."""
    return list(answer.json()["items"]) if answer.body.startswith(b'{"items":') else []


def succeeded(answer: Answer) -> bool:
    """Whether all that was asked for was done."""
    done = all(item["status"] == 201 for item in items_of(answer))
    return done and answer.status in {200, 201, 207}


def replayed(answer: Answer) -> bool:
    """Whether it is the answer that was stored, as a whole."""
    items = items_of(answer)
    if not items:
        return answer.headers.get("idempotent-replayed") == "true"
    told_each = {item["replayed"] for item in items}
    assert len(told_each) == 1, items
    return told_each == {True}


def content(answer: Answer) -> Any:
    """What it says, whether for the first time or not."""
    return answer.status, [item["body"] for item in items_of(answer)] or answer.body


def is_clean(answer: Answer, port: Port) -> bool:
    """Whether it is a success, a refusal for now or, where the machine is broken, a defect."""
    if succeeded(answer):
        return True
    if answer.headers["content-type"] != "application/problem+json":
        return False
    if answer.status == 503:
        return int(answer.headers["retry-after"]) >= 1
    return port.may_break and answer.status == 500


async def count_calls(
    swept: Swept, counted: list[Requests]
) -> tuple[list[tuple[Port, Fault]], Counter[str]]:
    """Every fault of every port, and the rows that a command without one makes."""
    faults, once = [], Counter[str]()
    for port, requests in zip(swept.stand.ports, counted, strict=True):
        before = await swept.rows()
        port.prepare()
        with port.calls.watched():
            answers = await swept.send(requests)
        made = list(port.calls.made)
        assert all(map(succeeded, answers)), [each.body for each in answers]
        assert not any(map(replayed, answers))
        once = await swept.rows() - before
        faults += [(port, Fault(kind, at)) for at in range(1, len(made) + 1) for kind in port.kinds]
        print(f"{port.name}: {len(made)} × {len(port.kinds)} faults: {' '.join(made)}")
    return faults, once


async def fail_once(
    swept: Swept, port: Port, requests: Requests, fault: Fault, once: Counter[str], log: Log
) -> Counter[int]:
    """Send with a fault, send again; how many were told what the first time."""
    log.clear()
    before = swept.last
    port.prepare()
    with port.calls.watched(fault):
        first = await swept.send(requests)
    after = await swept.rows()
    what = f"{port.name}, call {fault.number} ({port.calls.met}): {fault.kind}"
    assert port.calls.met is not None, what
    assert [each.body for each in first if not is_clean(each, port)] == [], what
    defects = [each for each in log if each["event"] == "unexpected exception"]
    statuses = Counter(each.status for each in first)
    assert len(defects) == statuses[500], what

    port.prepare()
    second = await swept.send(requests)
    assert [each.body for each in second if not succeeded(each)] == [], what
    unknown = fault.kind == LOST and port.calls.met == "COMMIT"
    for one, other in zip(first, second, strict=True):
        # Who was refused did nothing, except where only the answer to the COMMIT was lost.
        assert replayed(other) == (succeeded(one) or unknown), what
        assert not succeeded(one) or content(one) == content(other), what
    done = sum(map(replayed, second))
    parts = Counter({table: count * done // len(requests) for table, count in once.items()})
    assert after - before == parts, what
    swept.last = await swept.rows()
    assert swept.last - before == once, what
    if fault.kind == LOST:
        third = await swept.send(requests)
        assert [(replayed(each), content(each)) for each in third] == [
            (True, content(each)) for each in second
        ], what
        assert await swept.rows() == swept.last, what
    return statuses


def assert_whole(command: str, ports: list[Port], faults: list[tuple[Port, Fault]]) -> None:
    """The sweep met a transaction from its begin to its commit, and every other port."""
    met = Counter(port.name for port, _ in faults)
    assert met.keys() == {port.name for port in ports}
    store = ports[0]
    calls = {fault.number for port, fault in faults if port is store}
    trips = 5 if store.name == "database" else 9
    transactions = 2 if command == "sales-at-once" else 1
    assert len(calls) >= trips * transactions
    assert len(faults) >= 40


@pytest.mark.parametrize(("dialect", "command"), SWEPT)
async def test_each_call_fails_once(stand: Stand, command: str, log: Log) -> None:
    """RL-03, RL-01: a success or a clean refusal; a retry has the effect once; the auditor holds.

    In the end the company is equal to its twin, which did the same without a fault.
    """
    make, ports = COMMANDS[command], stand.ports
    async with AsyncExitStack() as stack:
        swept, twin = [await swept_company(stand, stack) for _ in range(2)]
        first_of_all, *counted = await make(swept.shop, 0, 1 + len(ports))
        await swept.send(first_of_all)
        faults, once = await count_calls(swept, counted)
        assert_whole(command, ports, faults)
        statuses: Counter[int] = Counter()
        todo = await make(swept.shop, 1 + len(ports), len(faults))
        swept.last = await swept.rows()
        for (port, fault), requests in zip(faults, todo, strict=True):
            statuses += await fail_once(swept, port, requests, fault, once, log)
        print(f"{command}: {len(faults)} faults, first told {dict(statuses)}")
        for first, count in ((0, 1 + len(ports)), (1 + len(ports), len(faults))):
            for requests in await make(twin.shop, first, count):
                await twin.send(requests)
        assert await swept.rows() == await twin.rows()
        assert await swept.books() == await twin.books()
        await swept.shop.company.assert_sound()
