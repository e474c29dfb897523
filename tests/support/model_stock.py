"""Goods in plain Python: their cost, as queues of lots (semantics 2.1 to 2.3), and documents."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

NONE = Fraction(0)
VAT = Fraction(20, 100)


def rounded(exact: Fraction | int) -> int:
    """A whole number, ties away from zero (rulings R-04)."""
    whole = int(abs(Fraction(exact)) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def next_share(total: int, whole: Fraction, before: Fraction, now: Fraction, given: int) -> int:
    """What ``now`` more of ``whole`` take of a total of which ``before`` of it took ``given``.

    All that was taken is in proportion, rounded once, and the last takes what is left (1.6).
    """
    return rounded(total * (before + now) / whole) - given


def quantity_text(quantity: Fraction) -> str:
    """A quantity as the service writes it."""
    exact = Decimal(quantity.numerator) / Decimal(quantity.denominator)
    return f"{exact.normalize():f}"


@dataclass
class Lot:
    """Goods that came together; ``left`` of them are there when the oldest go first.

    ``kept`` are those that did not go back to their supplier. Under FIFO ``value`` is what the ones
    left are worth. ``correction`` is what the kept ones cost more than they came in at.
    """

    left: Fraction
    kept: Fraction
    value: int
    correction: int = 0

    def give(self, quantity: Fraction) -> "Part":
        """Let goods go, each at its share; the last take all that is left."""
        value = rounded(self.value * quantity / self.left)
        correction = rounded(self.correction * quantity / self.kept)
        self.left -= quantity
        self.value -= value
        return Part(self, quantity, value, correction)


@dataclass
class Part:
    """Goods of one lot that came or went, with their value and the corrections in it."""

    lot: Lot
    quantity: Fraction
    value: int
    correction: int = 0


@dataclass
class Pool:
    """All goods of a product in the company; ``known`` is what was there before the last went."""

    fifo: bool
    quantity: Fraction = NONE
    value: int = 0
    known: tuple[Fraction, int] | None = None
    lots: list[Lot] = field(default_factory=list)

    def come(self, quantity: Fraction, value: int) -> Part:
        """Goods come in at a value."""
        lot = Lot(quantity, quantity, value if self.fifo else 0)
        self.lots.append(lot)
        self.quantity += quantity
        self.value += value
        return Part(lot, quantity, value)

    def go(self, quantity: Fraction, first: Lot | None = None) -> tuple[int, list[Part]]:
        """Goods leave, the oldest first unless a lot is named; their value and their parts."""
        before = self.quantity, self.value
        parts, missing = [], quantity
        for lot in [*([] if first is None else [first]), *self.lots]:
            now = min(missing, lot.left)
            if now:
                parts.append(lot.give(now))
                missing -= now
        assert not missing
        average = rounded(self.value * quantity / self.quantity)
        value = sum(part.value for part in parts) if self.fifo else average
        self.lots = [lot for lot in self.lots if lot.left]
        self.quantity -= quantity
        self.value -= value
        assert self.quantity or not self.value
        if not self.quantity:
            self.known = before
        return value, parts

    def send_back(self, quantity: Fraction, lot: Lot) -> int:
        """Goods of a lot go back to their supplier, as far as they are there; their value."""
        own = min(quantity, lot.left)
        correction = rounded(lot.correction * own / lot.kept) if own else 0
        value, _ = self.go(quantity, lot)
        lot.correction -= correction
        lot.kept -= own
        return value

    def correct(self, lot: Lot, difference: int) -> int:
        """The goods of a lot cost more or less; what of it the goods still there take.

        They never lose more than they are worth.
        """
        share = rounded(difference * lot.left / lot.kept) if lot.kept else 0
        share = max(share, -(lot.value if self.fifo else self.value))
        lot.correction += difference
        self.value += share
        if self.fifo:
            lot.value += share
        return share

    def cost_by_now(self, posted: int, parts: list[Part]) -> int:
        """What sold goods cost: as posted, under FIFO with what was corrected since (R-11)."""
        if not self.fifo:
            return posted
        cost = 0
        for part in parts:
            lot = part.lot
            by_now = rounded(lot.correction * part.quantity / lot.kept) if lot.kept else 0
            cost += max(part.value + by_now - part.correction, 0)
        return cost

    def known_value(self, quantity: Fraction) -> int:
        """The value of goods found: at the current cost, else at the last known (2.7.3)."""
        known = (self.quantity, self.value) if self.quantity else self.known
        assert known is not None
        return rounded(known[1] * quantity / known[0])


@dataclass
class Product:
    """A product; ``taxed`` ones carry VAT when bought and when sold."""

    sku: str
    step: Fraction
    taxed: bool
    price: Fraction
    pool: Pool
    version: int = 1
    levels: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))

    def tax(self, net: int) -> int:
        return rounded(net * VAT) if self.taxed else 0


@dataclass
class Billed:
    """A line of a bill, and what was credited of it."""

    quantity: Fraction
    net: int
    tax: int
    credited: Fraction = NONE
    credited_net: int = 0
    credited_tax: int = 0

    def credit(self, quantity: Fraction) -> tuple[int, int]:
        net = next_share(self.net, self.quantity, self.credited, quantity, self.credited_net)
        tax = next_share(self.tax, self.quantity, self.credited, quantity, self.credited_tax)
        self.credited += quantity
        self.credited_net += net
        self.credited_tax += tax
        return net, tax


@dataclass
class Received:
    """A receipt of one product: ``cleared`` of it were billed or went back before any bill."""

    supplier: str
    product: str
    location: str
    quantity: Fraction
    cost: Fraction
    value: int
    part: Part
    cleared: Fraction = NONE
    cleared_value: int = 0
    sent_back: Fraction = NONE
    bills: list[Billed] = field(default_factory=list)

    @property
    def billable(self) -> Fraction:
        return self.quantity - self.cleared

    @property
    def returnable(self) -> Fraction:
        return self.quantity - self.sent_back

    def clear(self, quantity: Fraction) -> int:
        """The received value of the next goods that are billed, or gone before a bill."""
        value = next_share(self.value, self.quantity, self.cleared, quantity, self.cleared_value)
        self.cleared += quantity
        self.cleared_value += value
        return value


@dataclass
class SaleLine:
    """Goods sold, and what came back of them."""

    product: str
    quantity: Fraction
    net: int
    tax: int
    cost: int
    parts: list[Part]
    returned: Fraction = NONE
    returned_net: int = 0
    returned_tax: int = 0
    returned_cost: int = 0


@dataclass
class Sale:
    """A sale with its lines."""

    customer: str | None
    lines: list[SaleLine]


@dataclass
class Item:
    """What a document leaves open: a debit above zero, a credit of the party below."""

    side: str
    party: str
    on: date
    open: int
