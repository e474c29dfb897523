"""RL-02: whatever a company does, in whatever order, the service is equal to a plain model."""

import copy
import functools
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies._internal.featureflags import FeatureFlags

from tests.reliability.faults.limits import LONG
from tests.support.model import Model
from tests.support.model_house import House, InProcess, Sent, Served, Trader, agree
from tests.support.model_money import Bookkeeper
from tests.support.model_steps import Command

SEEDS = (1, 2, 3)
STEPS = 500
STEPS_SERVED = 150
COMPARED_EVERY = 10
PRODUCTS_MAX = 8

Step = Callable[["Trade", Random], Coroutine[Any, Any, None]]
RULES: list[str] = []


def step(
    when: Callable[["Trade"], Any] = lambda _: True,
) -> Callable[[Step], Callable[["Trade", int], None]]:
    """A rule of the machine, done on the loop of its house while ``when`` holds.

    It draws one number and makes its choices from that: 500 steps must do with 8 KiB of choices.
    """

    def made(work: Step) -> Any:
        RULES.append(work.__name__)

        @functools.wraps(work)
        def counted(self: "Trade", number: int) -> None:
            self.equal = False
            self.house.run(work(self, Random(number)))
            self.counts[work.__name__] += 1

        drawn = rule(number=st.integers(0, 2**16 - 1))(counted)
        return precondition(lambda self: bool(when(self)))(drawn)

    return made


class Trade(RuleBasedStateMachine):
    """A company that does everything that the model knows, and is refused what it must not do."""

    def __init__(self, house: House, counts: Counter[str]) -> None:
        super().__init__()
        # Hypothesis leaves out half of the rules of a run; here each run has all.
        self._rules_strategy.enabled_rules_strategy = st.builds(FeatureFlags)
        self.house, self.counts = house, counts
        self.trader = Trader(house)
        self.steps = 0
        self.equal = False  # as far as the last step has been looked at

    @property
    def model(self) -> Model:
        return self.trader.model

    @initialize(number=st.integers(0, 255))
    def open(self, number: int) -> None:
        # The first example is always the simplest: the same rule 500 times.
        assume(number)
        self.clerk = Bookkeeper(self.model, self.house.run(self.trader.open()))

    @invariant()
    def the_service_is_equal_to_the_model(self) -> None:
        if self.trader.changed:
            self.house.run(self.trader.assert_sound())
        self.steps += 1
        if self.steps % COMPARED_EVERY == 0:
            self.house.run(self.trader.assert_equal())
        self.equal = True

    def teardown(self) -> None:
        try:
            if self.equal:
                self.house.run(self.trader.assert_equal())
        finally:
            self.house.run(self.trader.close())

    # Goods.

    @step(lambda self: len(self.model.products) < PRODUCTS_MAX)
    async def make_a_product(self, chance: Random) -> None:
        await self.trader.do(self.clerk.product(chance))

    @step(lambda self: self.model.products)
    async def change_a_price(self, chance: Random) -> None:
        await self.trader.do(self.clerk.new_price(chance))

    @step(lambda self: self.model.products)
    async def receive(self, chance: Random) -> None:
        await self.trader.do(self.clerk.receipt(chance))

    @step(lambda self: self.clerk.billable())
    async def bill_at_the_same_price(self, chance: Random) -> None:
        await self.trader.do(self.clerk.bill(chance, same=True))

    @step(lambda self: self.clerk.billable())
    async def bill_at_another_price(self, chance: Random) -> None:
        await self.trader.do(self.clerk.bill(chance, same=False))

    @step(lambda self: self.clerk.returnable())
    async def return_to_a_supplier(self, chance: Random) -> None:
        await self.trader.do(self.clerk.supplier_return(chance))

    @step(lambda self: self.clerk.stocked())
    async def sell_for_money(self, chance: Random) -> None:
        await self.trader.do(self.clerk.sale(chance, credit=False))

    @step(lambda self: self.clerk.stocked())
    async def sell_on_credit(self, chance: Random) -> None:
        await self.trader.do(self.clerk.sale(chance, credit=True))

    @step(lambda self: self.clerk.sold())
    async def take_back(self, chance: Random) -> None:
        await self.trader.do(self.clerk.customer_return(chance))

    @step(lambda self: self.model.products)
    async def find_goods(self, chance: Random) -> None:
        await self.trader.do(self.clerk.adjustment(chance, found=True))

    @step(lambda self: self.clerk.stocked())
    async def lose_goods(self, chance: Random) -> None:
        await self.trader.do(self.clerk.adjustment(chance, found=False))

    @step(lambda self: self.clerk.stocked())
    async def scrap_goods(self, chance: Random) -> None:
        await self.trader.do(self.clerk.scrap(chance))

    @step(lambda self: self.clerk.stocked())
    async def move_goods(self, chance: Random) -> None:
        await self.trader.do(self.clerk.transfer(chance))

    # Money, books and months.

    @step(lambda self: self.clerk.owing("receivable"))
    async def take_a_payment(self, chance: Random) -> None:
        await self.trader.do(self.clerk.payment(chance, "receivable"))

    @step(lambda self: self.clerk.owing("payable"))
    async def pay_a_supplier(self, chance: Random) -> None:
        await self.trader.do(self.clerk.payment(chance, "payable"))

    @step(lambda self: self.clerk.matchable())
    async def allocate_the_oldest(self, chance: Random) -> None:
        await self.trader.do(self.clerk.allocation(chance, named=False))

    @step(lambda self: self.clerk.matchable())
    async def allocate_what_is_named(self, chance: Random) -> None:
        await self.trader.do(self.clerk.allocation(chance, named=True))

    @step()
    async def post_an_entry(self, chance: Random) -> None:
        await self.trader.do(self.clerk.entry(chance))

    @step(lambda self: self.model.entries)
    async def reverse_an_entry(self, chance: Random) -> None:
        await self.trader.do(self.clerk.reversal(chance))

    @step()
    async def let_days_pass(self, chance: Random) -> None:
        self.model.pass_days(chance.choice([1, 2, 5, 14, 31, 62]))

    @step(lambda self: self.clerk.closable())
    async def close_a_month(self, chance: Random) -> None:
        await self.trader.do(self.clerk.closing(chance))

    @step(lambda self: self.clerk.reopenable())
    async def reopen_a_month(self, _: Random) -> None:
        await self.trader.do(self.clerk.reopening())

    # What must be refused, and change nothing.

    @step(lambda self: self.clerk.stocked())
    async def sell_too_much(self, chance: Random) -> None:
        """The refusal does not burn the key."""
        key = uuid.uuid4().hex
        await self.trader.refuse(self.clerk.over_sale(chance), key)
        await self.trader.do(self.clerk.sale(chance, credit=False), key)

    @step(lambda self: self.clerk.sold())
    async def bring_back_too_much(self, chance: Random) -> None:
        await self.trader.refuse(self.clerk.over_return(chance))

    @step(lambda self: self.model.receipts)
    async def send_back_too_much(self, chance: Random) -> None:
        await self.trader.refuse(self.clerk.over_send_back(chance))

    @step(lambda self: self.model.receipts)
    async def be_billed_too_much(self, chance: Random) -> None:
        await self.trader.refuse(self.clerk.over_bill(chance))

    @step(lambda self: self.clerk.owing("receivable"))
    async def be_paid_too_much(self, chance: Random) -> None:
        await self.trader.refuse(self.clerk.over_payment(chance, "receivable"))

    @step(lambda self: self.clerk.owing("payable"))
    async def pay_too_much(self, chance: Random) -> None:
        await self.trader.refuse(self.clerk.over_payment(chance, "payable"))

    @step(lambda self: self.model.products)
    async def change_what_others_changed(self, chance: Random) -> None:
        await self.trader.refuse(self.clerk.stale(chance))

    @step(lambda self: self.clerk.reopenable())
    async def post_into_a_closed_month(self, chance: Random) -> None:
        await self.trader.refuse(self.clerk.too_late(chance))

    @step(lambda self: self.clerk.out_of_order())
    async def close_or_reopen_out_of_order(self, chance: Random) -> None:
        await self.trader.refuse(chance.choice(self.clerk.out_of_order()))

    @step(lambda self: self.model.reversed)
    async def reverse_twice(self, chance: Random) -> None:
        await self.trader.refuse(self.clerk.twice_reversed(chance))

    # Retries, trials and losses.

    @step(lambda self: self.trader.sent)
    async def retry(self, chance: Random) -> None:
        """The last command or an earlier one: the same answer to the byte, and nothing changes."""
        sent = self.one_sent(chance)
        before = await self.trader.rows()
        again = await self.trader.send(sent.command, sent.key)
        assert again.headers["idempotent-replayed"] == "true"
        assert (again.status_code, again.content) == (sent.answer.status_code, sent.answer.content)
        assert again.headers.get("etag") == sent.answer.headers.get("etag")
        await self.trader.assert_unchanged(before)

    @step(lambda self: any(sent.command.other for sent in self.trader.sent))
    async def use_a_key_for_another_request(self, chance: Random) -> None:
        sent = self.one_sent(chance, lambda each: bool(each.command.other))
        before = await self.trader.rows()
        other = await self.trader.send(sent.command, sent.key, **sent.command.other)
        assert (other.status_code, other.json()["code"]) == (422, "common.idempotency_key_reused")
        await self.trader.assert_unchanged(before)

    @step()
    async def try_without_keeping(self, chance: Random) -> None:
        """The trial shows the figures of the real command, which follows half of the time."""
        command = self.any_command(chance)
        before = await self.trader.rows()
        request = self.trader.request(command, "tried")
        request.url = request.url.copy_merge_params({"dry_run": "true"})
        answer = await self.house.client.send(request)
        assert answer.status_code == command.status, answer.text
        agree(command.book(copy.deepcopy(self.model), answer.json()), answer.json())
        await self.trader.assert_unchanged(before)
        if chance.random() < 0.5:
            await self.trader.do(command)

    @step(lambda self: self.clerk.stocked(3))
    async def sell_in_a_batch(self, chance: Random) -> None:
        """One of three is refused: the others are done, or with ``atomic`` none is."""
        sales = [self.clerk.sale(chance, credit=credit, share=3) for credit in (True, False)]
        refused = self.clerk.over_sale(chance)
        if chance.random() < 0.5:
            await self.trader.refuse_batch(sales[0], refused, sales[1])
        else:
            await self.trader.do_batch(sales[0], refused, sales[1])

    @step()
    async def lose_an_answer(self, chance: Random) -> None:
        await self.done_once(self.any_command(chance), self.house.lose)

    @step()
    async def crash(self, chance: Random) -> None:
        await self.done_once(self.any_command(chance), self.house.crash)

    async def done_once(self, command: Command, around: Callable[[Any], Awaitable[None]]) -> None:
        """Nobody gets the answer, so the command is sent again: its effect is there once."""
        key = uuid.uuid4().hex
        await around(self.trader.request(command, key))
        await self.trader.do(command, key)

    def one_sent(self, chance: Random, fits: Callable[[Sent], bool] = lambda _: True) -> Sent:
        """The last command, or by the same chance one of all before."""
        fitting = [each for each in self.trader.sent if fits(each)]
        return chance.choice([fitting[-1], chance.choice(fitting)])

    def any_command(self, chance: Random) -> Command:
        """A command of any kind that is possible now."""
        clerk = self.clerk
        possible: list[Callable[[], Command]] = [lambda: clerk.entry(chance)]
        if self.model.products:
            possible += [
                lambda: clerk.receipt(chance),
                lambda: clerk.new_price(chance),
                lambda: clerk.adjustment(chance, found=True),
            ]
        if clerk.stocked():
            possible += [
                lambda: clerk.sale(chance, credit=False),
                lambda: clerk.sale(chance, credit=True),
                lambda: clerk.adjustment(chance, found=False),
                lambda: clerk.scrap(chance),
                lambda: clerk.transfer(chance),
            ]
        if clerk.billable():
            possible.append(lambda: clerk.bill(chance, same=False))
        if clerk.returnable():
            possible.append(lambda: clerk.supplier_return(chance))
        if clerk.sold():
            possible.append(lambda: clerk.customer_return(chance))
        for side in ("receivable", "payable"):
            if clerk.owing(side):
                possible.append(functools.partial(clerk.payment, chance, side))
        if clerk.matchable():
            possible.append(lambda: clerk.allocation(chance, named=True))
        if clerk.closable():
            possible.append(lambda: clerk.closing(chance))
        return chance.choice(possible)()


@contextmanager
def opened(house: House) -> Iterator[House]:
    """The house with its service running."""
    house.run(house.start())
    try:
        yield house
    finally:
        house.close()


def trade(house: House, number: int, steps: int) -> None:
    """Let one company trade as the seed says; in a long run every rule has its turn."""
    counts: Counter[str] = Counter()
    how = settings(
        max_examples=1,
        stateful_step_count=steps + 1,  # the first opens the company
        phases=[Phase.generate, *([Phase.shrink] if LONG else [])],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    machine: Any = seed(number)(functools.partial(Trade, house, counts))
    run_state_machine_as_test(machine, settings=how)
    print(f"{counts.total()} steps:", ", ".join(f"{n} {counts[n]}" for n in sorted(counts)))
    assert counts.total() == steps
    assert steps < STEPS or set(counts) == set(RULES)


@pytest.mark.parametrize("number", SEEDS)
def test_in_process(own_database_url: str, number: int) -> None:
    """RL-02: 500 steps through ASGI; after each that changed a row the auditor looks."""
    with opened(InProcess(own_database_url)) as house:
        trade(house, number, STEPS)


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"] if LONG else ["sqlite"])
@pytest.mark.parametrize("number", SEEDS if LONG else SEEDS[:1])
def test_served(own_database_url: str, tmp_path: Path, number: int) -> None:
    """RL-02: the same over real HTTP, where a crash is a SIGKILL."""
    with opened(Served(own_database_url, tmp_path)) as house:
        trade(house, number, STEPS if LONG else STEPS_SERVED)
