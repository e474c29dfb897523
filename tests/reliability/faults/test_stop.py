"""RL-12, G-09: SIGTERM under load."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.reliability.faults.limits import STOP_SECONDS_MAX, STOPS, STOPS_LONG
from tests.support.faults_load import settled, under_load
from tests.support.faults_service import Service, serving
from tests.support.recording_client import Recorded, RecordingClient

SALES_BEFORE = 5


async def first_not_ready(url: str) -> Recorded:
    """The first answer of /readyz that is not 200, asked as a balancer does: on a fresh connection.

    It ends with the refusal of the connection at the latest.
    """
    asked: list[Recorded] = []
    while not asked or asked[-1].status == 200:
        async with RecordingClient(url, "", asked) as client:
            await client.get("/readyz")
    return asked[-1]


@pytest.fixture
async def service(database: str, tmp_path: Path) -> AsyncIterator[Service]:
    """The service as it is operated, with some time between the signal and the end."""
    async with serving(database, tmp_path, STOP_GRACE_SECONDS="1.5") as running:
        yield running


async def test_sigterm_cuts_off_no_answer(service: Service, long: bool) -> None:
    """RL-12, G-09: every request that was accepted gets its whole answer; exit code 0 in time.

    The clients send nothing more once readiness has turned, or nobody listens.
    """
    cut: list[str] = []
    for _ in range(STOPS_LONG if long else STOPS):
        async with under_load(service.shop) as load:
            await load.successes(SALES_BEFORE)
            asked = time.monotonic()
            stopping = asyncio.create_task(service.stop())
            await first_not_ready(service.url)
            load.end()
            code = await stopping
            seconds = time.monotonic() - asked
        print(f"answers: {load.counts()}; exit {code} after {seconds:.1f} s")
        cut += [str(each) for each in load.unknown if not each.never_accepted]
        await service.start()
        await service.shop.login()
        await settled(service.shop, load)
        assert (code, seconds < STOP_SECONDS_MAX) == (0, True)
        assert load.wrong == []
    assert cut == []


async def test_readiness_turns_before_the_listener_closes(service: Service) -> None:
    """RL-12, G-09: the load balancer is told that this process ends while it still listens."""
    async with under_load(service.shop) as load:
        await load.successes(SALES_BEFORE)
        stopping = asyncio.create_task(service.stop())
        refused = await first_not_ready(service.url)
        load.end()
        code = await stopping
    print(f"exit {code}; {refused}")
    await service.start()
    await service.shop.login()
    await settled(service.shop, load)
    assert code == 0
    assert refused.status == 503, refused
