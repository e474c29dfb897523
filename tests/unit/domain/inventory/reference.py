"""Cost pools written again, naively: a queue of goods, fractions, no counters and no gaps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor


def rounded(value: Fraction) -> int:
    """To the nearest integer, ties away from zero."""
    size = floor(abs(value) + Fraction(1, 2))
    return size if value >= 0 else -size


@dataclass
class Batch:
    """Goods that came in together; ``worth`` is kept under FIFO only."""

    seq: int
    came: int
    left: int
    worth: int
    taken_back: int = 0
    differences: list[tuple[int, Fraction]] = field(default_factory=list)  # when, per good


@dataclass
class Issued:
    """Goods of one batch that were sold at step ``when``."""

    batch: Batch
    quantity: int
    value: int
    when: int


class Reference:
    """Quantity and value of an item, and what every issue would cost by later knowledge."""

    def __init__(self, *, fifo: bool) -> None:
        self.fifo = fifo
        self.queue: list[Batch] = []
        self.total = 0  # the value of an average pool
        self.last: Fraction | None = None
        self.when = 0

    @property
    def quantity(self) -> int:
        return sum(batch.left for batch in self.queue)

    @property
    def value(self) -> int:
        return sum(batch.worth for batch in self.queue) if self.fifo else self.total

    @property
    def unit_cost(self) -> Fraction | None:
        return Fraction(self.value, self.quantity) if self.quantity else self.last

    def come(self, quantity: int, value: int) -> None:
        self.when += 1
        self.queue.append(Batch(self.when, quantity, quantity, value))
        self.total += value

    def go(self, quantity: int) -> tuple[int, list[Issued]]:
        """What leaves oldest first is worth, and from which batches it is."""
        self.when += 1
        return self._out([(self._oldest, quantity)])

    def send_back(self, seq: int, quantity: int) -> int:
        """The value of goods of one batch that leave, then of the oldest, if it has too few."""
        self.when += 1
        batch = self._batch(seq)
        own = min(quantity, batch.left)
        value, _ = self._out([(lambda: batch, own), (self._oldest, quantity - own)])
        batch.taken_back += own
        return value

    def bill(self, seq: int, difference: int) -> int:
        """The part of ``difference`` that stays in stock."""
        self.when += 1
        batch = self._batch(seq)
        kept = batch.came - batch.taken_back
        if kept:
            batch.differences.append((self.when, Fraction(difference, kept)))
        part = rounded(Fraction(difference * batch.left, kept)) if kept else 0
        part = max(part, -(batch.worth if self.fifo else self.total))
        batch.worth += part
        self.total += part
        return part

    def revalue(self, delta: int, worths: list[int]) -> None:
        """How FIFO layers share a revaluation is taken over; the test judges the shares."""
        self.when += 1
        self.total += delta
        there = [batch for batch in self.queue if batch.left]
        for batch, worth in zip(there, worths, strict=False):
            batch.worth = worth

    def cost_now(self, issued: list[Issued]) -> Fraction:
        """Posted value and all later differences on these goods, never negative by batch."""
        total = Fraction(0)
        for piece in issued:
            cost = Fraction(piece.value)
            for when, per_good in piece.batch.differences:
                if when > piece.when:
                    cost += per_good * piece.quantity
            total += max(cost, Fraction(0))
        return total

    def _batch(self, seq: int) -> Batch:
        return next(batch for batch in self.queue if batch.seq == seq)

    def _oldest(self) -> Batch:
        return next(batch for batch in self.queue if batch.left)

    def _out(self, taken: list[tuple[Callable[[], Batch], int]]) -> tuple[int, list[Issued]]:
        there, worth = self.quantity, self.value
        cost = self.unit_cost
        pieces: list[Issued] = []
        gone = 0
        for choose, wanted in taken:
            left = wanted
            while left:
                batch = choose()
                count = min(left, batch.left)
                value = rounded(Fraction(batch.worth * count, batch.left))
                batch.left -= count
                batch.worth -= value
                pieces.append(Issued(batch, count, value, self.when))
                left -= count
                gone += count
        if not self.fifo:
            total = rounded(Fraction(worth * gone, there))
            self.total -= total
        else:
            total = sum(piece.value for piece in pieces)
        if gone == there:
            self.last = cost
        return total, pieces
