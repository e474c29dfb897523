"""The cost of authentication: checking tokens, 32 logins at once, known and unknown addresses.

    python -m load.measure.authentication [--samples 200]

The service runs in this process, on SQLite and on a separate PostgreSQL, with full-cost password
hashing. Costs are CPU of this process, without that of PostgreSQL.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

from app.infrastructure.db import migrate
from app.infrastructure.observability.logging import configure_logging
from app.infrastructure.security.throttle import Rule, Rules
from app.main import create_app
from app.settings import Settings
from load.measure.machine import postgres
from load.measure.ranks import p_value

API = "/api/v1/auth"
ACCOUNT = {
    "email": "olga@north.example",
    "password": "plum basket over quiet water",  # pragma: allowlist secret
}
WRONG = "nothing like it at all"
COMPANY = {"name": "North", "currency": "GBP", "time_zone": "UTC"}
TICK_SECONDS = 0.001


async def _cost(name: str, count: int, once: Callable[[], Awaitable[Any]]) -> None:
    started = time.process_time()
    for _ in range(count):
        await once()
    print(f"  {name}: {(time.process_time() - started) / count * 1e6:.1f} µs")


async def costs(identity: Any, token: str) -> None:
    """A token with signature and session cached, and with one or both checked again."""
    tokens = identity.tokens._tokens

    async def anew(*stores: dict[Any, Any]) -> None:
        for store in stores:
            store.clear()
        await identity.tokens.verify(token)

    await identity.tokens.verify(token)
    await _cost("both known", 20_000, anew)
    await _cost("signature anew", 2_000, lambda: anew(tokens._verified))
    await _cost("session anew", 500, lambda: anew(tokens._known._known))
    await _cost("both anew", 500, lambda: anew(tokens._verified, tokens._known._known))


async def _lags(lags: list[float]) -> None:
    while True:
        due = time.perf_counter() + TICK_SECONDS
        await asyncio.sleep(TICK_SECONDS)
        lags.append((time.perf_counter() - due) * 1e3)


async def logins(api: httpx.AsyncClient, clients: int, each: int) -> None:
    """The lag of the event loop during concurrent logins; the clients share the loop."""
    seconds: list[float] = []

    async def client() -> None:
        for _ in range(each):
            started = time.perf_counter()
            answer = await api.post(f"{API}/login", json=ACCOUNT)
            seconds.append(time.perf_counter() - started)
            if answer.status_code != 200:
                raise RuntimeError(answer.text)

    for count in (0, clients):
        lags: list[float] = []
        ticker = asyncio.create_task(_lags(lags))
        started = time.perf_counter()
        await (asyncio.gather(*(client() for _ in range(count))) if count else asyncio.sleep(2))
        wall = time.perf_counter() - started
        ticker.cancel()
        shares = quantiles(lags, n=100)
        what = f"{count} logins at once" if count else "idle"
        print(f"  {what}: lag p50 {shares[49]:.2f} ms, p99 {shares[98]:.2f}, worst {max(lags):.1f}")
    shares = quantiles(seconds, n=100)
    rate = len(seconds) / wall
    print(
        f"  a login: p50 {shares[49] * 1e3:.0f} ms, p99 {shares[98] * 1e3:.0f}, {rate:.0f} a second"
    )


async def known(api: httpx.AsyncClient, samples: int) -> None:
    """Times for known and unknown addresses, in turns."""

    async def login(email: str) -> None:
        await api.post(f"{API}/login", json={"email": email, "password": WRONG})

    async def forget(email: str) -> None:
        await api.post(f"{API}/password/reset-request", json={"email": email})

    async def register(email: str) -> None:
        await api.post(f"{API}/register", json={**ACCOUNT, "email": email, "company": COMPANY})

    for name, ask in (("login", login), ("reset", forget), ("register", register)):
        took: tuple[list[float], list[float]] = ([], [])
        for turn in range(samples + 5):
            emails = [(0, ACCOUNT["email"]), (1, f"nobody-{name}-{turn}@north.example")]
            for side, email in emails if turn % 2 else emails[::-1]:
                started = time.perf_counter()
                await ask(email)
                took[side].append(time.perf_counter() - started)
        one, other = (each[5:] for each in took)
        middles = [median(each) * 1e3 for each in (one, other)]
        print(
            f"  {name}, {samples} samples each: known {middles[0]:.1f} ms, "
            f"unknown {middles[1]:.1f}, {(middles[0] / middles[1] - 1) * 100:+.1f} %, "
            f"p = {p_value(one, other):.2f}"
        )


async def measure(url: str, samples: int) -> None:
    """All measurements on one database."""
    app = create_app(Settings(_env_file=None, database_url=url, rate_limit_enabled=False))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://bench", timeout=60) as api,
    ):
        identity = app.state.container.identity
        unlimited = Rules(*[Rule(10**9, 1)] * 3)
        identity.passwords.throttle._counts._rules = identity.recovery.requests._rules = unlimited
        await api.post(f"{API}/register", json={**ACCOUNT, "company": COMPANY})
        answer = await api.post(f"{API}/login", json=ACCOUNT)
        await costs(identity, answer.json()["access_token"])
        await logins(api, clients=32, each=10)
        await known(api, samples)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="load.measure.authentication")
    parser.add_argument("--samples", type=int, default=200)
    samples = parser.parse_args().samples
    configure_logging(level="ERROR", form="json")
    with tempfile.TemporaryDirectory(prefix="tradepost-bench-") as name, postgres() as (_, folder):
        file = Path(name) / "bench.db"
        for title, url in (
            ("SQLite", f"sqlite:///{file}"),
            ("PostgreSQL", f"postgresql://postgres@/postgres?host={folder}"),
        ):
            migrate.upgrade(url)
            print(title)
            asyncio.run(measure(url, samples))


if __name__ == "__main__":
    main()
