"""Sealing in the background: some time after a write, once, and never a reason to fail."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from structlog.testing import capture_logs

from app.application.identity.audit.seals import AuditPart
from app.application.identity.sign_in.sessions import LOGOUT_ALL
from app.application.shared.access import Principal
from app.application.shared.commands import Answer, Call, Outcome
from app.domain.identity.audit.chain import Seal, seal
from app.domain.shared.errors import ConcurrentChange, ServiceUnavailable
from app.domain.shared.ids import Id
from app.infrastructure.identity.audit.sealing import SealedRunner, Sealing

TENANT, OTHER, LAST = Id(b"t" * 16), Id(b"o" * 16), Id(b"l" * 16)
PART = AuditPart(0, LAST, (bytes(32),))
HEAD = seal(TENANT, None, PART.digests, LAST, datetime(2026, 3, 31, tzinfo=UTC))


class Chain:
    """One part waits for a seal, until ``done``."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.done = False

    async def next_part(self, tenant_id: bytes) -> AuditPart | None:
        self.asked.append(tenant_id)
        return None if self.done else PART

    async def head(self, tenant_id: bytes) -> Seal | None:
        return HEAD if self.done else None

    async def verify(self, tenant_id: bytes, **asked: Any) -> Any:
        raise AssertionError("whoever seals verifies nothing")


class Runner:
    """Seals, unless somebody else was faster."""

    def __init__(self, chain: Chain, *, refuses: bool = False) -> None:
        self.calls: list[str] = []
        self._chain = chain
        self._refuses = refuses

    async def run(
        self, calls: Sequence[Call[Any]], *, atomic: bool = False, dry_run: bool = False
    ) -> list[Outcome]:
        self.calls.extend(call.command.name for call in calls)
        if self._refuses:
            return [ConcurrentChange()]
        self._chain.done = True
        return [Answer(200, b"{}")]


def write(tenant_id: Id = TENANT) -> list[Call[Any]]:
    return [Call(LOGOUT_ALL, None, Principal(tenant_id, tenant_id))]


async def test_a_write_is_sealed_some_time_later_and_the_head_is_logged() -> None:
    chain = Chain()
    runner = Runner(chain)
    sealing = Sealing(runner, chain, wait_seconds=0.01)
    sealed = SealedRunner(Runner(Chain()), sealing)
    with capture_logs() as logs:
        for _ in range(3):
            await sealed.run(write())
        await sealed.run(write(OTHER), dry_run=True)
        assert chain.asked == []
        await asyncio.sleep(0.05)
    assert runner.calls == ["audit.seal"]
    assert chain.asked == [TENANT, TENANT]
    [line] = logs
    assert (line["event"], line["hash"], line["sequence"]) == ("audit_sealed", HEAD.hash.hex(), 1)
    await sealed.run(write())  # and again, after the first has ended
    await asyncio.sleep(0.05)
    assert chain.asked == [TENANT, TENANT, TENANT]


async def test_nothing_is_sealed_by_itself_without_a_time() -> None:
    chain = Chain()
    sealing = Sealing(Runner(chain), chain)
    sealing.begin(TENANT)
    await asyncio.sleep(0)
    assert chain.asked == []
    await sealing.stop()


async def test_to_be_slower_than_another_is_no_harm() -> None:
    chain = Chain()
    sealing = Sealing(Runner(chain, refuses=True), chain, wait_seconds=0.01)
    with capture_logs() as logs:
        sealing.begin(TENANT)
        await asyncio.sleep(0.05)
    assert [line["event"] for line in logs] == ["sealing_given_up"]


async def test_a_stop_ends_the_waiting() -> None:
    chain = Chain()
    sealing = Sealing(Runner(chain), chain, wait_seconds=60)
    sealing.begin(TENANT)
    await sealing.stop()
    assert chain.asked == []


async def test_what_was_left_at_the_last_end_is_sealed_after_a_start() -> None:
    chain = Chain()

    async def companies() -> list[Id]:
        return [OTHER, TENANT]

    async def away() -> list[Id]:
        raise ServiceUnavailable

    for wait_seconds, asked in ((0.0, []), (0.01, [OTHER, OTHER, TENANT])):
        sealing = Sealing(Runner(chain), chain, wait_seconds=wait_seconds)
        sealing.begin_all(companies)
        await asyncio.sleep(0.05)
        assert chain.asked == asked
        await sealing.stop()
    with capture_logs() as logs:
        sealing.begin_all(away)
        await asyncio.sleep(0.05)
    assert [line["code"] for line in logs] == ["common.unavailable"]
