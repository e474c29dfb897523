"""Refusals are kept behind the answer and in bounds; whatever fails there, no request does."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from app.application.identity.audit import refusals as module
from app.application.identity.audit.refusals import Refusals
from app.application.shared.access import Principal
from app.application.shared.commands import Answer, Call, Outcome
from app.domain.shared.errors import ConcurrentChange, ServiceUnavailable
from app.domain.shared.ids import NO_ID, Id
from tests.unit.identity.fakes import HandClock

TENANT = Id(b"t" * 16)
STRANGER = Principal(NO_ID, NO_ID)


class Keeper:
    """A runner that keeps calls, and a directory: ``outcome`` is what becomes of the calls."""

    def __init__(self) -> None:
        self.calls: list[Call[Any]] = []
        self.outcome: Outcome = Answer(201, b"null")
        self.company: Id | None = TENANT
        self.gate = asyncio.Event()
        self.gate.set()

    async def run(
        self, calls: Sequence[Call[Any]], *, atomic: bool = False, dry_run: bool = False
    ) -> list[Outcome]:
        await self.gate.wait()
        self.calls.extend(calls)
        if isinstance(self.outcome, ServiceUnavailable):
            raise self.outcome
        return [self.outcome]

    async def company_of(self, _: Id) -> Id | None:
        return self.company

    @property
    def counts(self) -> list[Any]:
        return [call.input.facts.get("more", 1) for call in self.calls]


def caller(number: int) -> Principal:
    return Principal(TENANT, Id(bytes([number]) * 16))


def refuse(refusals: Refusals, principal: Principal, times: int = 1) -> None:
    for _ in range(times):
        refusals.permission(principal, "GET /x", "auth.permission_missing")


async def test_what_is_too_much_is_counted_until_the_end() -> None:
    """Nothing that was counted is lost by a stop."""
    keeper, clock = Keeper(), HandClock()
    refusals = Refusals(keeper, keeper.company_of, per_minute=2, monotonic=clock.monotonic)
    refuse(refusals, caller(1), 5)
    refuse(refusals, caller(2), 1)
    refusals.login(caller(1).user_id, STRANGER)
    await refusals.settle()
    assert keeper.counts == [1, 1, 1, 1]
    await refusals.stop()
    assert keeper.counts == [1, 1, 1, 1, 3]
    last = keeper.calls[-1]
    assert (last.principal, last.input.action, last.input.entity_id) == (
        caller(1),
        "permission_refused",
        NO_ID,
    )
    await refusals.stop()
    assert len(keeper.calls) == 5


async def test_a_minute_that_is_over_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without another refusal too; whose minute goes on is looked at again."""
    monkeypatch.setattr(module, "_WINDOW_SECONDS", 0.02)
    keeper, clock = Keeper(), HandClock()
    refusals = Refusals(keeper, keeper.company_of, per_minute=1, monotonic=clock.monotonic)
    refuse(refusals, caller(1), 3)
    refusals.login(caller(7).user_id, STRANGER)
    refusals.login(caller(7).user_id, STRANGER)
    await asyncio.sleep(0.03)
    assert keeper.counts == [1, 1]  # by the clock that is asked the minute goes on
    clock.move(seconds=0.02)
    await asyncio.sleep(0.05)
    await refusals.settle()
    assert sorted(keeper.counts) == [1, 1, 1, 2]
    user = keeper.calls[-1].input
    assert (user.action, user.entity_kind, user.entity_id) == (
        "login_refused",
        "user",
        caller(7).user_id,
    )
    await refusals.stop()


async def test_memory_and_waiting_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand callers at once, and a database that does not answer."""
    monkeypatch.setattr(module, "_CALLERS_MAX", 2)
    monkeypatch.setattr(module, "_WAITING_MAX", 3)
    keeper, clock = Keeper(), HandClock()
    refusals = Refusals(keeper, keeper.company_of, per_minute=10, monotonic=clock.monotonic)
    keeper.gate.clear()
    for number in range(1, 7):
        refuse(refusals, caller(number))
        await asyncio.sleep(0)
    keeper.gate.set()
    await refusals.stop()
    assert sum(keeper.counts) == 6
    assert len(keeper.counts) == 6  # three at once, and one for each that was put off


async def test_a_refused_sign_in_is_kept_in_the_trail_of_the_users_company() -> None:
    """In none for a user without a company."""
    keeper = Keeper()
    refusals = Refusals(keeper, keeper.company_of)
    refusals.login(caller(1).user_id, Principal(NO_ID, NO_ID, request_id="request"))
    await refusals.settle()
    keeper.company = None
    refusals.login(caller(2).user_id, STRANGER)
    await refusals.settle()
    [kept] = keeper.calls
    assert kept.principal == Principal(TENANT, NO_ID, request_id="request")
    assert kept.input.entity_id == caller(1).user_id


@pytest.mark.parametrize("raised", [True, False])
async def test_a_failure_is_nobodys_but_the_logs(raised: bool) -> None:
    keeper = Keeper()
    keeper.outcome = ServiceUnavailable() if raised else ConcurrentChange()
    refusals = Refusals(keeper, keeper.company_of)
    refuse(refusals, caller(1))
    await refusals.settle()
    assert keeper.counts == [1]
    await refusals.stop()
