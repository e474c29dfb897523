"""Sealing goes on while many write: no entry stays outside of the chain, and none waits for it."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

from app.domain.shared.errors import ConcurrentChange
from app.infrastructure.identity.audit.chain import DatabaseAuditChain
from app.infrastructure.identity.audit.sealing import Sealing
from tests.support.audit import Trail
from tests.support.company import Company

WRITERS, EACH, EACH_MAX = 64, 4, 100
# Longer than any of these writers takes, as the real one is longer than any transaction lives.
LAG = timedelta(seconds=0.5)


async def test_no_gap_under_parallel_writers(application: Any, company: Company) -> None:
    """AU-03: 64 writers at once, two who seal beside them: each entry is sealed once, in order."""
    trail = await Trail.of(application, company)
    container = application.state.container
    chain = DatabaseAuditChain(container.database, container.clock, lag=LAG, part_max=40)
    written = seals = 0
    writing = True

    async def write(writer: int) -> None:
        nonlocal written
        number = 0
        while number < EACH or (number < EACH_MAX and seals < 3):  # some while they write
            await company.post("/units", {"code": f"u{writer}-{number}", "name": "U"})
            number += 1
        written += number

    async def seal() -> None:
        nonlocal seals
        sealing = Sealing(container.database, chain)
        while writing:
            with contextlib.suppress(ConcurrentChange):  # the other one was faster
                await sealing.seal(trail.tenant_id)
            head = await chain.head(trail.tenant_id)
            seals = 0 if head is None else head.sequence
            await asyncio.sleep(0.02)

    sealers = [asyncio.create_task(seal()) for _ in range(2)]
    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    for _ in range(100):
        if not (await trail.verdict())["unsealed"]:
            break
        await asyncio.sleep(0.05)
    writing = False
    await asyncio.gather(*sealers)
    made = await company.get("/audit-entries", entity_kind="unit", limit=1, include_total=True)
    assert made["total"] == written
    total = (await company.get("/audit-entries", limit=1, include_total=True))["total"]
    found = await trail.verdict()
    assert (found["ok"], found["first_break"]) == (True, None)
    assert (found["entry_count"], found["unsealed"]) == (total, 0)
    assert found["last_sequence"] >= 3
