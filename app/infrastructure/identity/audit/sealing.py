"""Seals audit trails in the background, some time after something was written."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from app.application.identity.audit.seals import SEAL_AUDIT, AuditChain, sealer_of
from app.application.shared.commands import Answer, Call, CommandRunner, Outcome
from app.domain.shared.errors import DomainError
from app.domain.shared.ids import Id, show
from app.infrastructure.background import CompanyTasks

_ALL = b""  # no company's
_log = structlog.get_logger("app.audit")


class Sealing:
    """One sealing at a time for each company of this process; losing to another is no harm.

    A company that was written to is looked at ``wait_seconds`` later, so what is written meanwhile
    costs nothing more. With 0 nothing is sealed unless somebody asks.
    """

    def __init__(
        self, runner: CommandRunner, chain: AuditChain, *, wait_seconds: float = 0.0
    ) -> None:
        self._runner = runner
        self._chain = chain
        self._wait_seconds = wait_seconds
        self._tasks = CompanyTasks(self.seal, "sealing_given_up")

    def begin(self, tenant_id: bytes) -> None:
        """Something was written: seal it when it may be."""
        if self._wait_seconds:
            self._tasks.begin(tenant_id, self._wait_seconds)

    def begin_all(self, companies: Callable[[], Awaitable[Sequence[Id]]]) -> None:
        """Seal what another life of this process left, one company after the other."""
        if self._wait_seconds:
            self._tasks.start(_ALL, self._all_later(companies))

    async def stop(self) -> None:
        """End what is under way; each part is sealed whole or not at all."""
        await self._tasks.stop()

    async def seal(self, tenant_id: bytes) -> int:
        """Seal part by part until nothing waits; how many seals.

        Raises:
            DomainError: the database is away, or another process seals the same company.
        """
        seals = 0
        while (part := await self._chain.next_part(tenant_id)) is not None:
            [outcome] = await self._runner.run([Call(SEAL_AUDIT, part, sealer_of(tenant_id))])
            if not isinstance(outcome, Answer):
                raise outcome
            seals += 1
        if seals:
            head = await self._chain.head(tenant_id)
            if head is not None:
                # A head outside of the database shows that nothing was cut off its end.
                _log.info(
                    "audit_sealed",
                    company=show("cmp", tenant_id),
                    sequence=head.sequence,
                    hash=head.hash.hex(),
                    seals=seals,
                )
        return seals

    async def _all_later(self, companies: Callable[[], Awaitable[Sequence[Id]]]) -> None:
        await asyncio.sleep(self._wait_seconds)
        try:
            found = await companies()
        except DomainError as error:
            _log.info("sealing_given_up", code=error.code)
            return
        for tenant_id in found:
            await self._tasks.run(tenant_id)


class SealedRunner:
    """A ``CommandRunner`` behind which what was written comes to be sealed."""

    def __init__(self, runner: CommandRunner, sealing: Sealing) -> None:
        self._runner = runner
        self._sealing = sealing

    async def run(
        self, calls: Sequence[Call[Any]], *, atomic: bool = False, dry_run: bool = False
    ) -> list[Outcome]:
        """See ``CommandRunner.run``."""
        outcomes = await self._runner.run(calls, atomic=atomic, dry_run=dry_run)
        if not dry_run:
            self._sealing.begin(calls[0].principal.tenant_id)
        return outcomes
