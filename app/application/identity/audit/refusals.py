"""Refusals that the audit trail keeps: of a sign-in, and of a caller who lacks a permission.

A refusal changes nothing, so its entry is a command of its own, run after the answer: neither its
time nor its failure shows. Repeated refusals fill no disk: of each caller so many a minute are kept
one by one, the others are counted in one entry afterwards. What waits when the process is killed is
lost; what was counted is in the log as well.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import structlog

from app.application.shared.access import Principal
from app.application.shared.commands import Call, Command, CommandRunner, Done
from app.application.shared.kinds import Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.shared.errors import DomainError
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id

PER_MINUTE: Final = 30
_WINDOW_SECONDS: Final = 60.0
_WAITING_MAX: Final = 1_000
_CALLERS_MAX: Final = 20_000
_log = structlog.get_logger("app.audit")


@frozen
class Refusal:
    """What was refused, of which object; ``facts`` hold no secret."""

    action: str
    entity_kind: str
    entity_id: Id
    facts: dict[str, Any]


def _decide(refusal: Refusal, work: Work) -> Done:
    work.note(refusal.action, refusal.entity_kind, refusal.entity_id, **refusal.facts)
    return Done(None)


KEEP_REFUSAL: Command[Refusal] = Command(
    "audit.keep_refusal",
    PUBLIC,
    lambda _refusal, _principal: Needs(),
    _decide,
    always_kept=True,
)


@dataclass(slots=True)
class _Caller:
    """What a caller was refused within this minute."""

    principal: Principal
    since: float
    kept: int = 0
    counted: dict[str, int] = field(default_factory=dict)

    def keeps(self, action: str, *, most: int, free: bool) -> bool:
        """Whether one more is kept by itself; otherwise it is counted."""
        if self.kept < most and free:
            self.kept += 1
            return True
        self.counted[action] = self.counted.get(action, 0) + 1
        return False


class Refusals:
    """Keeps refusals, in bounds; ``company_of`` finds the first company of a user."""

    def __init__(
        self,
        runner: CommandRunner,
        company_of: Callable[[Id], Awaitable[Id | None]],
        *,
        per_minute: int = PER_MINUTE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runner = runner
        self._company_of = company_of
        self.per_minute = per_minute
        self._monotonic = monotonic
        self._callers: OrderedDict[tuple[Id, Id, Id], _Caller] = OrderedDict()
        self._writing: set[asyncio.Task[None]] = set()
        self._closing: asyncio.TimerHandle | None = None

    def permission(self, principal: Principal, operation: str, code: str, **facts: Any) -> None:
        """A known caller may not do what was asked for."""
        facts = {"operation": operation, "code": code, **facts}
        self._keep(principal, Refusal("permission_refused", "operation", NO_ID, facts))

    def login(self, user_id: Id, stranger: Principal) -> None:
        """A sign-in as the user was refused; kept in the trail of the user's first company.

        ``stranger`` is who tried, without a company.

        The company is looked up after the answer: done before, it would tell by the time taken
        that the address is known.
        """
        self._keep(stranger, Refusal("login_refused", "user", user_id, {}))

    async def settle(self) -> None:
        """Wait until what was refused so far is kept."""
        while self._writing:
            await asyncio.gather(*self._writing)

    async def stop(self) -> None:
        """Keep what was only counted so far, and end."""
        if self._closing is not None:
            self._closing.cancel()
        while self._callers:
            self._close(*self._callers.popitem(last=False))
        await self.settle()

    def _keep(self, principal: Principal, refusal: Refusal) -> None:
        key = principal.tenant_id, principal.user_id, refusal.entity_id
        caller = self._callers.get(key)
        if caller is not None and self._over(caller):
            self._close(key, self._callers.pop(key))
            caller = None
        if caller is None:
            caller = self._callers[key] = _Caller(principal, self._monotonic())
            if len(self._callers) > _CALLERS_MAX:
                self._close(*self._callers.popitem(last=False))
        free = len(self._writing) < _WAITING_MAX
        if caller.keeps(refusal.action, most=self.per_minute, free=free):
            self._write(principal, refusal)
        elif self._closing is None:
            loop = asyncio.get_running_loop()
            self._closing = loop.call_later(_WINDOW_SECONDS, self._close_all_over)

    def _over(self, caller: _Caller) -> bool:
        return self._monotonic() - caller.since >= _WINDOW_SECONDS

    def _close_all_over(self) -> None:
        """End the minutes that are over; those who go on are looked at again."""
        self._closing = None
        for key, caller in [each for each in self._callers.items() if self._over(each[1])]:
            del self._callers[key]
            self._close(key, caller)
        if any(caller.counted for caller in self._callers.values()):
            loop = asyncio.get_running_loop()
            self._closing = loop.call_later(_WINDOW_SECONDS, self._close_all_over)

    def _close(self, key: tuple[Id, Id, Id], caller: _Caller) -> None:
        """Keep in one entry what was only counted."""
        for action, times in caller.counted.items():
            kind = "user" if action == "login_refused" else "operation"
            self._write(caller.principal, Refusal(action, kind, key[2], {"more": times}))

    def _write(self, principal: Principal, refusal: Refusal) -> None:
        task = asyncio.create_task(self._run(principal, refusal))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _run(self, principal: Principal, refusal: Refusal) -> None:
        try:
            if principal.tenant_id == NO_ID:
                company_id = await self._company_of(refusal.entity_id)
                if company_id is None:
                    return
                principal = replace(principal, tenant_id=company_id)
            [outcome] = await self._runner.run([Call(KEEP_REFUSAL, refusal, principal)])
        except DomainError as error:
            outcome = error
        if isinstance(outcome, DomainError):
            _log.warning("refusal_not_kept", action=refusal.action, code=outcome.code)
