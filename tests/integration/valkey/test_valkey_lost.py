"""Valkey killed, stopped, full in mid-load: limits go on, logins stay throttled (RL-06, G-08)."""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.main import create_app
from tests.api.edge.support import problem
from tests.conftest import settings_for
from tests.support.company import PASSWORD, register_company
from tests.support.valkey import Valkey

API = "/api/v1"
PLENTY = 1_000_000
Node = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """What Valkey is for does not touch the database; the embedded one will do."""
    path = tmp_path / "valkey.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
async def node(server: Valkey, database_url: str) -> AsyncIterator[Node]:
    """Starts nodes of one service: applications with nothing in common but database and Valkey."""
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> httpx.AsyncClient:
            limits = {
                "rate_limit_enabled": True,
                "rate_limit_auth_per_minute": PLENTY,
                "rate_limit_auth_burst": PLENTY,
                "valkey_url": server.url,
                **changes,
            }
            app = create_app(settings_for(database_url, **limits))
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://test")
            return await stack.enter_async_context(client)

        yield start


def link_of(client: httpx.AsyncClient) -> Any:
    return client._transport.app.state.container.valkey  # type: ignore[attr-defined]


async def until(up: bool, *clients: httpx.AsyncClient) -> None:
    """Wait until the nodes have noticed."""
    end = time.monotonic() + 10
    while any(link_of(each).up is not up for each in clients):
        assert time.monotonic() < end, "it was not noticed"
        await asyncio.sleep(0.01)


async def shown(client: httpx.AsyncClient) -> tuple[bool, str]:
    """What an operator sees: a replacement stands in, and the figure."""
    figures = (await client.get("/metrics")).text.splitlines()
    [line] = [each for each in figures if each.startswith("valkey_up ")]
    return (await client.get("/healthz")).json()["fallback_active"], line


async def token(client: httpx.AsyncClient) -> dict[str, str]:
    app = client._transport.app  # type: ignore[attr-defined]
    async with register_company(app) as company:
        return {"Authorization": company.client.headers["authorization"]}


class Load:
    """Requests of one caller, as fast as they are answered."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []

    async def run(self, count: int, at_once: int = 8) -> None:
        left = iter(range(count))

        async def one() -> None:
            for _ in left:
                began = time.perf_counter()
                answer = await self._client.get(f"{API}/units", headers=self._headers)
                self.seconds.append(time.perf_counter() - began)
                self.statuses[answer.status_code] += 1
                assert "ratelimit" in answer.headers

        await asyncio.gather(*(one() for _ in range(at_once)))

    @property
    def p95(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]


async def hurt(server: Valkey, how: str) -> None:
    {"killed": server.kill, "stopped": server.stand_still, "full": server.fill}[how]()


async def healed(server: Valkey, how: str) -> None:
    {"killed": server.start, "stopped": server.go_on, "full": server.empty}[how]()


@pytest.mark.parametrize("how", ["killed", "stopped", "full"])
async def test_no_request_fails_and_the_limit_holds(node: Node, server: Valkey, how: str) -> None:
    """S0-25, G-08: 0 × 5xx, p95 bounded, at most the budget from this node, back by itself."""
    client = await node(rate_limit_principal_per_minute=600)
    load = Load(client, await token(client))
    try:
        await load.run(150)
        during = asyncio.create_task(load.run(250))
        await asyncio.sleep(0.05)
        await hurt(server, how)
        await during
        assert load.statuses == {200: 400}
        await until(False, client)
        assert await shown(client) == (True, "valkey_up 0.0")
        load.seconds.clear()
        began = time.monotonic()
        await load.run(300)
        assert set(load.statuses) == {200, 429}
        # What came back meanwhile is ten tokens a second.
        assert 600 <= load.statuses[200] <= 600 + 10 * (time.monotonic() - began + 5)
        assert load.p95 < 0.25
    finally:
        await healed(server, how)
    await until(True, client)
    assert await shown(client) == (False, "valkey_up 1.0")
    answer = await client.get(f"{API}/units", headers=load._headers)
    assert answer.status_code in {200, 429}


@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_a_throttled_login_stays_throttled(node: Node, server: Valkey, how: str) -> None:
    """RL-06: while Valkey is away, and after it came back with nothing in memory."""
    client = await node()
    guess = {"email": "olga@north.example", "password": PASSWORD}
    for _ in range(11):
        assert (await client.post(f"{API}/auth/login", json=guess)).status_code == 401

    async def throttled() -> None:
        answer = await client.post(f"{API}/auth/login", json=guess)
        problem(answer, 429, "auth.throttled")

    _wait_longer(client)
    await throttled()
    await hurt(server, how)
    try:
        for _ in range(4):
            await throttled()
        await until(False, client)
        await throttled()
    finally:
        await healed(server, how)
    await until(True, client)
    if how == "killed":
        assert not [each for each in server.names() if each.startswith("tp:login")]
    await throttled()


def _wait_longer(client: httpx.AsyncClient) -> None:
    """Hold the clock of both counts, for the first delay is one second only."""
    identity = client._transport.app.state.container.identity  # type: ignore[attr-defined]
    throttle = identity.passwords.throttle._counts
    throttle.now_us = time.time_ns() // 1_000
    now = time.monotonic()
    throttle._local._now = lambda: now


async def test_nodes_share_budgets_and_throttle(node: Node, server: Valkey) -> None:
    """S0-25: two applications with memories of their own; parted while Valkey is away."""
    limits = {"rate_limit_anonymous_per_minute": 6, "rate_limit_anonymous_burst": 6}
    nodes = [await node(**limits), await node(**limits)]

    async def codes(count: int) -> list[int]:
        asked = [await nodes[n % 2].get(f"{API}/units") for n in range(count)]
        return [each.status_code for each in asked]

    assert await codes(8) == [401] * 6 + [429] * 2
    server.kill()
    # Each goes on with what it has admitted itself: three, so three more.
    assert await codes(8) == [401] * 6 + [429] * 2
    server.start()
    await until(True, *nodes)
    assert await codes(2) == [429] * 2


async def test_a_key_without_a_good_secret_counts_by_address(node: Node) -> None:
    """S3-26: made-up keys and tokens open no budget, a route that nobody guards has its own."""
    client = await node(rate_limit_anonymous_per_minute=3, rate_limit_anonymous_burst=3)
    made_up = [f"tp_live_{n:0101d}" for n in range(4)]
    answers = [
        await client.get(f"{API}/units", headers={"Authorization": f"Bearer {each}"})
        for each in made_up
    ]
    assert [each.status_code for each in answers] == [401] * 3 + [429]
    assert answers[3].headers["ratelimit-policy"] == '"anonymous";q=3;w=60'
    public = await client.get("/.well-known/jwks.json")
    assert public.headers["ratelimit-policy"] == '"public";q=100;w=60'


async def test_a_service_starts_without_its_valkey(node: Node, server: Valkey) -> None:
    """It is no reason to be down: limits are local until it is there."""
    server.kill()
    client = await node()
    assert (await client.get("/readyz")).status_code == 200
    assert not link_of(client).up
    server.start()
    await until(True, client)
