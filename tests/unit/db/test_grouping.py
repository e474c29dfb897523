"""Group commit: who waits, who shares a transaction, and what each caller is told."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from app.application.shared.access import Principal
from app.application.shared.commands import Answer, Call, Command, Done, Outcome
from app.application.shared.kinds import Needs
from app.domain.shared.errors import NotFound, ServiceUnavailable
from app.domain.shared.ids import Id
from app.infrastructure.db.errors import TookTooLong
from app.infrastructure.db.grouping import GROUP_MAX, Grouping

SELL: Command[str] = Command("sell", "any", lambda *_: Needs(), lambda *_: Done({}))
RECEIVE: Command[str] = Command("receive", "any", lambda *_: Needs(), lambda *_: Done({}))


def call(name: str, command: Command[Any] = SELL, tenant: bytes = b"T" * 16) -> Call[Any]:
    return Call(command, name, Principal(Id(tenant), Id(b"U" * 16), permissions=frozenset()))


class Transactions:
    """Runs calls when it is let; ``groups`` are the inputs of each transaction so far."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.open = asyncio.Event()
        self.fails: dict[str, Exception] = {}  # by input: what its transaction raises

    async def __call__(self, calls: Sequence[Call[Any]]) -> list[Outcome]:
        self.groups.append([each.input for each in calls])
        await self.open.wait()
        for each in calls:
            if each.input in self.fails:
                raise self.fails[each.input]
        return [
            NotFound() if each.input == "refused" else Answer(201, each.input.encode())
            for each in calls
        ]


async def started(grouping: Grouping, *calls: Call[Any]) -> list[asyncio.Task[Outcome]]:
    """The calls under way, each as far as it comes."""
    tasks = [asyncio.ensure_future(grouping.run(each)) for each in calls]
    await asyncio.sleep(0)
    return tasks


async def outcomes(tasks: list[asyncio.Task[Outcome]]) -> list[Any]:
    """The body of each answer, the type of each refusal and failure."""
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    return [each.body if isinstance(each, Answer) else type(each) for each in outcomes]


async def test_a_lone_call_waits_for_nobody() -> None:
    run = Transactions()
    run.open.set()
    grouping = Grouping(run)
    assert await outcomes(await started(grouping, call("a"))) == [b"a"]
    assert await outcomes(await started(grouping, call("b"))) == [b"b"]
    assert run.groups == [["a"], ["b"]]


async def test_what_waits_at_the_same_moment_runs_as_one_group() -> None:
    run = Transactions()
    grouping = Grouping(run)
    tasks = await started(grouping, *map(call, ("first", "a", "refused", "b")))
    assert run.groups == [["first"]]
    run.open.set()
    assert await outcomes(tasks) == [b"first", b"a", NotFound, b"b"]
    assert run.groups == [["first"], ["a", "refused", "b"]]


async def test_a_group_is_bounded() -> None:
    run = Transactions()
    grouping = Grouping(run)
    names = [str(number) for number in range(GROUP_MAX + 4)]
    tasks = await started(grouping, *map(call, names))
    run.open.set()
    assert await outcomes(tasks) == [name.encode() for name in names]
    assert [len(group) for group in run.groups] == [1, GROUP_MAX, 3]


async def test_companies_and_commands_do_not_wait_for_each_other() -> None:
    run = Transactions()
    grouping = Grouping(run)
    others = (call("other", tenant=b"O" * 16), call("receipt", RECEIVE))
    tasks = await started(grouping, call("mine"), *others)
    assert run.groups == [["mine"], ["other"], ["receipt"]]
    run.open.set()
    assert await outcomes(tasks) == [b"mine", b"other", b"receipt"]


async def test_who_hung_up_while_in_line_is_left_out() -> None:
    run = Transactions()
    grouping = Grouping(run)
    first, gone, waits = await started(grouping, *map(call, ("first", "gone", "waits")))
    gone.cancel()
    await asyncio.sleep(0)
    run.open.set()
    assert await outcomes([first, gone, waits]) == [b"first", asyncio.CancelledError, b"waits"]
    assert run.groups == [["first"], ["waits"]]


async def test_a_first_that_hangs_up_holds_nobody_back() -> None:
    run = Transactions()
    grouping = Grouping(run)
    first, waits = await started(grouping, *map(call, ("first", "waits")))
    first.cancel()
    run.open.set()
    assert await outcomes([first, waits]) == [asyncio.CancelledError, b"waits"]


async def test_a_failed_transaction_is_told_to_all_of_its_group_and_to_nobody_else() -> None:
    run = Transactions()
    grouping = Grouping(run)
    tasks = await started(grouping, *map(call, ("first", "lost", "with it")))
    run.fails["lost"] = ServiceUnavailable()
    run.open.set()
    assert await outcomes(tasks) == [b"first", ServiceUnavailable, ServiceUnavailable]
    assert await outcomes(await started(grouping, call("later"))) == [b"later"]


async def test_a_row_that_somebody_holds_stops_only_who_needs_it() -> None:
    run = Transactions()
    grouping = Grouping(run)
    tasks = await started(grouping, *map(call, ("first", "a", "held", "b")))
    run.fails["held"] = TookTooLong()
    run.open.set()
    assert await outcomes(tasks) == [b"first", b"a", TookTooLong, b"b"]
    assert run.groups == [["first"], ["a", "held", "b"], ["a"], ["held"], ["b"]]


async def test_a_defect_that_one_call_meets_is_nobody_elses() -> None:
    run = Transactions()
    grouping = Grouping(run)
    tasks = await started(grouping, *map(call, ("first", "a", "poison", "b")))
    run.fails["poison"] = RuntimeError("a defect")
    run.open.set()
    assert await outcomes(tasks) == [b"first", b"a", RuntimeError, b"b"]


async def test_the_end_waits_for_the_groups_under_way() -> None:
    run = Transactions()
    grouping = Grouping(run)
    first, waits = await started(grouping, *map(call, ("first", "waits")))
    run.open.set()
    assert await first == Answer(201, b"first")
    await grouping.finish()
    assert waits.done()


@pytest.mark.parametrize("failure", [ServiceUnavailable(), RuntimeError("a defect")], ids=repr)
async def test_a_lone_call_raises_what_its_transaction_raises(failure: Exception) -> None:
    run = Transactions()
    run.open.set()
    run.fails["a"] = failure
    with pytest.raises(type(failure)):
        await Grouping(run).run(call("a"))
