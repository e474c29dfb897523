"""Clients that sell continuously, and a monitor of the health of the service."""

import asyncio
import statistics
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.faults_shop import Shop
from tests.support.recording_client import Recorded, RecordingClient

CLIENTS = 8
RECOVERY_SECONDS_MAX = 3.0
_FIRST_SECONDS_MAX = 30.0
_READ_EVERY = 4
_PAUSE_SECONDS = 0.05


async def pause(over: asyncio.Event, seconds: float) -> None:
    """Sleep for this long, or until the end."""
    try:
        async with asyncio.timeout(seconds):
            await over.wait()
    except TimeoutError:
        return


class Load:
    """Clients that sell (and look at the stock) until ``end``, each on a connection of its own.

    After a refusal a client pauses for less than Retry-After; the service must tolerate that.
    """

    def __init__(self, shop: Shop, *, reads_only: str = "") -> None:
        self.records: list[Recorded] = []
        self._shop = shop
        self._reads_only = reads_only
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._awaited: list[tuple[float, asyncio.Future[float]]] = []

    def add(self, clients: int) -> None:
        """Let more clients begin."""
        for _ in range(clients):
            self._tasks.append(asyncio.create_task(self._work(len(self._tasks))))

    def end(self) -> None:
        """Let no client begin another request."""
        self._stopping.set()

    async def stop(self) -> None:
        """Let every client finish the request that it has under way."""
        self.end()
        await asyncio.gather(*self._tasks)

    async def success_since(self, moment: float, seconds_max: float) -> float:
        """Seconds from ``moment`` to the first success of a request that was sent after it."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._awaited.append((moment, future))
        done, _ = await asyncio.wait({future}, timeout=seconds_max)
        if not done:
            latest = "\n".join(map(str, self.records[-5:]))
            raise AssertionError(f"no success within {seconds_max} s; the latest:\n{latest}")
        return future.result() - moment

    async def successes(self, count: int) -> None:
        """Wait for so many more."""
        for _ in range(count):
            await self.success_since(time.monotonic(), RECOVERY_SECONDS_MAX)

    async def recovered(self) -> float:
        """Seconds until the first success from now on, also of a client that comes now."""
        moment = time.monotonic()
        self.add(1)
        seconds = await self.success_since(moment, RECOVERY_SECONDS_MAX)
        print(f"recovered after {seconds:.2f} s")
        return seconds

    @property
    def unknown(self) -> list[Recorded]:
        """Requests with an unknown outcome."""
        return [each for each in self.records if each.status is None]

    @property
    def wrong(self) -> list[str]:
        """Answers that are neither a success nor a refusal in the promised form."""
        wrong = Counter(
            str(each.status) + " " + str((each.answer or {}).get("code"))
            for each in self.records
            if each.status is not None and not each.succeeded and not each.refused_for_now
        )
        return [f"{count} × {what}" for what, count in wrong.items()]

    def counts(self) -> dict[str, int]:
        """How many requests ended in which way."""
        return dict(Counter(each.error or str(each.status) for each in self.records))

    def goodput(self, since: float, until: float) -> float:
        """Sales a second that were acknowledged between two moments."""
        good = [
            each
            for each in self.records
            if each.method == "POST" and each.succeeded and since <= each.ended < until
        ]
        return len(good) / (until - since)

    def assert_only_success_or_503(self) -> None:
        """Every request had a whole answer of one of the two kinds."""
        slowest = max(each.seconds for each in self.records)
        print(f"answers: {self.counts()}, the slowest after {slowest:.1f} s")
        assert self.wrong == []
        assert list(map(str, self.unknown)) == []

    async def _work(self, number: int) -> None:
        async with self._shop.client(self.records) as client:
            turn = number
            while not self._stopping.is_set():
                turn += 1
                recorded = await self._request(client, turn)
                self._tell(recorded)
                if not recorded.succeeded:
                    await pause(self._stopping, _PAUSE_SECONDS)

    async def _request(self, client: RecordingClient, turn: int) -> Recorded:
        if self._reads_only:
            return await client.get(self._reads_only)
        if turn % _READ_EVERY == 0:
            return await client.get("/stock-levels?limit=10")
        key = uuid.uuid4().hex
        return await client.post("/sales", self._shop.sale(turn, key), key)

    def _tell(self, recorded: Recorded) -> None:
        if not recorded.succeeded or (recorded.method == "GET" and not self._reads_only):
            return
        for moment, future in self._awaited:
            if recorded.began >= moment and not future.done():
                future.set_result(recorded.ended)


@asynccontextmanager
async def under_load(
    shop: Shop, clients: int = CLIENTS, *, reads_only: str = ""
) -> AsyncIterator[Load]:
    """A load that has had its first success, and that ends with the block."""
    load = Load(shop, reads_only=reads_only)
    load.add(clients)
    try:
        await load.success_since(time.monotonic(), _FIRST_SECONDS_MAX)
        yield load
    finally:
        await load.stop()


async def settled(shop: Shop, load: Load) -> None:
    """All of its requests are resolved, and the books agree with them."""
    acknowledged, unknown = await shop.settle(load.records)
    print(f"{acknowledged} sales acknowledged, {unknown} retried")
    await shop.assert_sound()


class HealthWatch:
    """Asks for the health of the service over and over."""

    def __init__(self) -> None:
        self.records: list[Recorded] = []

    def assert_fast(self) -> None:
        """Every check was answered, half of them in 200 ms and all within a second."""
        seconds = [each.seconds for each in self.records]
        counts = dict(Counter(each.error or str(each.status) for each in self.records))
        print(
            f"health: {counts}, median {statistics.median(seconds) * 1000:.0f} ms, "
            f"max {max(seconds) * 1000:.0f} ms"
        )
        assert set(counts) <= {"200", "503"}
        assert statistics.median(seconds) < 0.2
        assert max(seconds) < 1.0


@asynccontextmanager
async def health_watched(shop: Shop, path: str = "/healthz") -> AsyncIterator[HealthWatch]:
    """Ask twenty times a second while the block runs."""
    watch = HealthWatch()
    over = asyncio.Event()

    async def ask() -> None:
        async with RecordingClient(shop.api, "", watch.records) as client:
            while not over.is_set():
                await client.get(path)
                await pause(over, _PAUSE_SECONDS)

    asking = asyncio.create_task(ask())
    try:
        yield watch
    finally:
        over.set()
        await asking
