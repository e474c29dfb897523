"""RL-04, G-06: kill -9 of the server under load, again and again."""

import asyncio
import random

from tests.reliability.faults.limits import KILL_ROUNDS, KILL_ROUNDS_LONG
from tests.support.faults_load import under_load
from tests.support.faults_service import Service


async def test_kill_9_loses_doubles_and_unbalances_nothing(service: Service, long: bool) -> None:
    """RL-04, G-06: what was acknowledged is there once and unchanged; the rest is done by retry."""
    seed = random.SystemRandom().randrange(2**32)
    moments = random.Random(seed)
    print(f"seed {seed}")
    shop = service.shop
    acknowledged = retried = 0
    for _ in range(KILL_ROUNDS_LONG if long else KILL_ROUNDS):
        async with under_load(shop) as load:
            await asyncio.sleep(moments.uniform(0, 0.6))
            await service.kill()
        assert load.wrong == []
        await service.start()
        await shop.login()
        known, unknown = await shop.settle(load.records)
        await shop.assert_sound()
        acknowledged, retried = acknowledged + known, retried + unknown
    print(f"{acknowledged} sales acknowledged, {retried} retried")
    await shop.assert_each_once()
