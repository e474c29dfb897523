"""A plain Python model of a company: the expected stock, parties and books.

It shares no code with the service. Quantities and prices are fractions, money is whole pence, and
balances are kept by account role with positive debits. Each method books one document and returns
the figures that the service must show for it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.support.model_stock import (
    Billed,
    Item,
    Part,
    Product,
    Received,
    Sale,
    SaleLine,
    next_share,
    quantity_text,
    rounded,
)

BEGAN = date(2020, 1, 6)  # so that no day of the test is in the future
Figures = dict[str, Any]
# product, quantity, price of one unit, discount in percent
Sold = tuple[str, Fraction, Fraction, Fraction]


def money(pence: int) -> str:
    """An amount as the service writes it."""
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def amount(quantity: Fraction, price: Fraction) -> int:
    """Quantity times price in pence, rounded once (semantics 1.4)."""
    return rounded(quantity * price * 100)


def net_of(quantity: Fraction, price: Fraction, discount: Fraction) -> int:
    """The same less a discount in percent, rounded for itself."""
    gross = amount(quantity, price)
    return gross - rounded(gross * discount / 100)


def month_of(day: date) -> int:
    """The months since the year 0."""
    return day.year * 12 + day.month - 1


def label(month: int) -> str:
    """``YYYY-MM``."""
    return f"{month // 12}-{month % 12 + 1:02d}"


@dataclass
class Model:
    """The company: every figure that the service can be asked for."""

    products: dict[str, Product] = field(default_factory=dict)
    receipts: dict[str, Received] = field(default_factory=dict)
    sales: dict[str, Sale] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)  # by document, in the order of posting
    entries: dict[str, dict[str, int]] = field(default_factory=dict)  # by hand, not reversed
    reversed: list[str] = field(default_factory=list)
    balances: Counter[str] = field(default_factory=Counter)
    documents: Counter[str] = field(default_factory=Counter)  # posted, by the list that shows them
    today: date = BEGAN
    closed: int = month_of(BEGAN) - 1  # the last closed month
    posted: set[int] = field(default_factory=set)  # the months that took anything

    def post(self, kind: str, **amounts: int) -> None:
        """Book an entry of today: debits above zero, credits below."""
        self.posted.add(month_of(self.today))
        assert sum(amounts.values()) == 0, amounts
        self.documents[kind] += 1
        for role, pence in amounts.items():
            self.balances[role] += pence

    def receive(
        self,
        id_: str,
        supplier: str,
        location: str,
        lines: list[tuple[str, Fraction, Fraction]],
    ) -> Figures:
        """Goods come from a supplier; each line is kept as ``id:line``."""
        values = []
        for number, (product_id, quantity, cost) in enumerate(lines, start=1):
            value = amount(quantity, cost)
            part = self._come(product_id, location, quantity, value)
            self.receipts[f"{id_}:{number}"] = Received(
                supplier, product_id, location, quantity, cost, value, part
            )
            values.append(value)
        self.post("receipts", stock=sum(values), grni=-sum(values))
        return {"value": money(sum(values)), "lines": [{"value": money(each)} for each in values]}

    def bill(self, id_: str, key: str, quantity: Fraction, price: Fraction) -> Figures:
        """A supplier bills goods of a receipt line, perhaps at another price (rulings R-10)."""
        received = self.receipts[key]
        product = self.products[received.product]
        net = amount(quantity, price)
        tax = product.tax(net)
        value = received.clear(quantity)
        in_stock = product.pool.correct(received.part.lot, net - value)
        received.bills.append(Billed(quantity, net, tax))
        self.post(
            "bills",
            grni=value,
            stock=in_stock,
            cost_of_goods_sold=net - value - in_stock,
            input_tax=tax,
            payables=-net - tax,
        )
        self._owe(id_, "payable", received.supplier, net + tax)
        line = {"received_value": money(value), "difference_in_stock": money(in_stock)}
        return {"net": money(net), "tax": money(tax), "lines": [line]}

    def send_back(self, id_: str, key: str, quantity: Fraction) -> Figures:
        """Goods go back to their supplier: unbilled ones first, then those of the oldest bills."""
        received = self.receipts[key]
        pool = self.products[received.product].pool
        unbilled = min(quantity, received.billable)
        value = received.clear(unbilled) if unbilled else 0
        net = tax = 0
        left = quantity - unbilled
        for billed in received.bills:
            now = min(left, billed.quantity - billed.credited)
            if now:
                credited = billed.credit(now)
                net, tax, left = net + credited[0], tax + credited[1], left - now
        assert not left
        received.sent_back += quantity
        self.products[received.product].levels[received.location] -= quantity
        worth = pool.send_back(quantity, received.part.lot)
        self.post(
            "supplier-returns",
            stock=-worth,
            grni=value,
            payables=net + tax,
            input_tax=-tax,
            purchase_price_variance=worth - value - net,
        )
        self._owe(id_, "payable", received.supplier, -net - tax)
        return {
            "value": money(worth),
            "received_value": money(value),
            "credit": money(net + tax),
            "lines": [{"variance": money(worth - value - net)}],
        }

    def total_of(self, sold: list[Sold]) -> int:
        """The amounts of the lines of a sale with their tax."""
        nets = [(self.products[each[0]], net_of(*each[1:])) for each in sold]
        return sum(net + product.tax(net) for product, net in nets)

    def sell(
        self, id_: str, location: str, customer: str | None, sold: list[Sold], paid: dict[str, int]
    ) -> Figures:
        """Goods leave at their cost; what ``paid`` does not hold stays open."""
        lines = []
        for product_id, quantity, price, discount in sold:
            product, net = self.products[product_id], net_of(quantity, price, discount)
            cost, parts = self._go(product_id, location, quantity)
            lines.append(SaleLine(product_id, quantity, net, product.tax(net), cost, parts))
        net, tax, cost = (sum(getattr(each, n) for each in lines) for n in ("net", "tax", "cost"))
        owed = net + tax - sum(paid.values())
        roles = {"sales": -net, "output_tax": -tax, "receivables": owed, **paid}
        self.post("sales", **roles, cost_of_goods_sold=cost, stock=-cost)
        self.sales[id_] = Sale(customer, lines)
        self._owe(id_, "receivable", customer or "", owed)
        shown = [
            {"net": money(each.net), "tax": money(each.tax), "cost": money(each.cost)}
            for each in lines
        ]
        return {"total": money(net + tax), "tax": money(tax), "lines": shown}

    def take_back(
        self,
        id_: str,
        location: str,
        lines: list[tuple[str, int, Fraction]],
        refund: str,
        *,
        settle: bool,
    ) -> Figures:
        """Lines of sales come back at their price, tax and cost (rulings R-11)."""
        shown, nets, taxes, costs = [], 0, 0, 0
        for sale_id, number, quantity in lines:
            line = self.sales[sale_id].lines[number - 1]
            before, sold = line.returned, line.quantity
            net = next_share(line.net, sold, before, quantity, line.returned_net)
            tax = next_share(line.tax, sold, before, quantity, line.returned_tax)
            pool = self.products[line.product].pool
            left = max(pool.cost_by_now(line.cost, line.parts) - line.returned_cost, 0)
            cost = rounded(left * quantity / (sold - before))
            self._come(line.product, location, quantity, cost)
            line.returned += quantity
            line.returned_net += net
            line.returned_tax += tax
            line.returned_cost += cost
            shown.append({"net": money(net), "tax": money(tax), "cost": money(cost)})
            nets, taxes, costs = nets + net, taxes + tax, costs + cost
        self.post(
            "returns",
            sales_returns=nets,
            output_tax=taxes,
            stock=costs,
            cost_of_goods_sold=-costs,
            **{refund: -nets - taxes},
        )
        customer = self.sales[lines[0][0]].customer
        if refund == "receivables":
            self._owe(id_, "receivable", customer or "", -nets - taxes)
            if settle and id_ in self.items:
                self.settle_oldest([id_], self.debits(customer or "", "receivable"))
        return {"total": money(nets + taxes), "lines": shown}

    def adjust(
        self, location: str, product_id: str, quantity: Fraction, cost: Fraction | None
    ) -> Figures:
        """Goods are found, at the stated cost or the current or last one; or they are lost."""
        if quantity > 0:
            pool = self.products[product_id].pool
            value = pool.known_value(quantity) if cost is None else amount(quantity, cost)
            self._come(product_id, location, quantity, value)
            self.post("adjustments", stock=value, stock_gains=-value)
        else:
            value = -self._go(product_id, location, -quantity)[0]
            self.post("adjustments", stock=value, shrinkage=-value)
        return {"value": money(value)}

    def scrap(self, location: str, product_id: str, quantity: Fraction, role: str) -> Figures:
        """Goods are thrown away or given away, at their cost."""
        cost = self._go(product_id, location, quantity)[0]
        self.post("scraps", stock=-cost, **{role: cost})
        return {"cost": money(cost), "lines": [{"cost": money(cost)}]}

    def transfer(self, origin: str, target: str, product_id: str, quantity: Fraction) -> Figures:
        """Goods change their place; their cost is that of the company, so nothing is booked."""
        levels = self.products[product_id].levels
        levels[origin] -= quantity
        levels[target] += quantity
        self.documents["transfers"] += 1
        return {"lines": [{"quantity": quantity_text(quantity)}]}

    def pay(
        self,
        id_: str,
        side: str,
        party: str,
        role: str,
        pence: int,
        targets: list[tuple[str, int]] | None,
    ) -> Figures:
        """Money comes in or goes out; it settles the ``targets``, or the oldest for None."""
        taken = pence if side == "receivable" else -pence
        control = "receivables" if side == "receivable" else "payables"
        self.post("payments", **{role: taken, control: -taken})
        self._owe(id_, side, party, -pence)
        if targets is None:
            settled = self.settle_oldest([id_], self.debits(party, side))
        else:
            settled = sum(self._settle(id_, debit, each) for debit, each in targets)
        return {"allocated": money(settled), "unallocated": money(pence - settled)}

    def settle_oldest(self, credits_: Iterable[str], debits: Iterable[str]) -> int:
        """Match the oldest with the oldest as far as they reach; the sum of it."""
        settled = 0
        oldest = sorted(debits, key=lambda each: self.items[each].on)
        for credit in sorted(credits_, key=lambda each: self.items[each].on):
            for debit in oldest:
                reach = min(-self.items[credit].open, self.items[debit].open)
                settled += self._settle(credit, debit, reach)
        return settled

    def allocate(self, party: str, side: str, pair: tuple[str, str, int] | None) -> Figures:
        """Match a credit with a debit as named, or the oldest for None."""
        self.posted.add(month_of(self.today))
        if pair is None:
            settled = self.settle_oldest(self.credits(party, side), self.debits(party, side))
        else:
            settled = self._settle(*pair)
        return {"allocated": money(settled)}

    def debits(self, party: str, side: str) -> list[str]:
        """The open documents that a party owes, or is owed."""
        return [each for each, item in self._open(party, side) if item.open > 0]

    def credits(self, party: str, side: str) -> list[str]:
        """The open documents that count for a party."""
        return [each for each, item in self._open(party, side) if item.open < 0]

    def enter(self, id_: str, on: date, amounts: dict[str, int]) -> Figures:
        """Post an entry by hand, of any open day."""
        today, self.today = self.today, on
        self.post("journal-entries", **amounts)
        self.today = today
        self.entries[id_] = amounts
        return {"lines": [_shown(pence) for pence in amounts.values()]}

    def reverse(self, id_: str) -> Figures:
        """Undo an entry made by hand; that happens once."""
        amounts = {role: -pence for role, pence in self.entries.pop(id_).items()}
        self.reversed.append(id_)
        self.post("journal-entries", **amounts)
        return {"reverses_id": id_, "lines": [_shown(pence) for pence in amounts.values()]}

    def posted_before(self, month: int) -> bool:
        """Whether an open month before this one took anything."""
        return any(self.closed < each < month for each in self.posted)

    def pass_days(self, days: int) -> None:
        """Go on to a later day."""
        self.today += timedelta(days)

    def levels(self) -> dict[tuple[str, str], str]:
        """What lies of a product at a location."""
        return {
            (product_id, location): quantity_text(quantity)
            for product_id, product in self.products.items()
            for location, quantity in product.levels.items()
            if quantity
        }

    def valuation(self) -> dict[str, tuple[str, str]]:
        """Quantity and value of each product in stock."""
        return {
            product_id: (quantity_text(each.pool.quantity), money(each.pool.value))
            for product_id, each in self.products.items()
            if each.pool.quantity
        }

    def open_items(self) -> dict[str, tuple[str, str, str]]:
        """Side, party and open amount of each document that leaves something open."""
        return {
            id_: (item.side, item.party, money(item.open))
            for id_, item in self.items.items()
            if item.open
        }

    def trial_balance(self) -> dict[str, str]:
        """The balance of each account that has one, by its role."""
        return {role: money(pence) for role, pence in self.balances.items() if pence}

    def _come(self, product_id: str, location: str, quantity: Fraction, value: int) -> Part:
        product = self.products[product_id]
        product.levels[location] += quantity
        return product.pool.come(quantity, value)

    def _go(self, product_id: str, location: str, quantity: Fraction) -> tuple[int, list[Part]]:
        product = self.products[product_id]
        product.levels[location] -= quantity
        return product.pool.go(quantity)

    def _owe(self, id_: str, side: str, party: str, pence: int) -> None:
        if pence:
            self.items[id_] = Item(side, party, self.today, pence)

    def _open(self, party: str, side: str) -> list[tuple[str, Item]]:
        return [
            pair for pair in self.items.items() if (pair[1].party, pair[1].side) == (party, side)
        ]

    def _settle(self, credit: str, debit: str, pence: int) -> int:
        assert 0 <= pence <= min(-self.items[credit].open, self.items[debit].open)
        self.items[credit].open += pence
        self.items[debit].open -= pence
        return pence


def _shown(pence: int) -> Figures:
    return {"debit": money(max(pence, 0)), "credit": money(max(-pence, 0))}
