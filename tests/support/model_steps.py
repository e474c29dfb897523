"""The commands of a trading company, each with what it does to the model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

from tests.support.model import Figures, Model, Sold, money
from tests.support.model_stock import Pool, Product, quantity_text

ROLES = {"cash": "cash", "card": "card_clearing", "bank": "bank"}  # of the account with the money
Booking = Callable[[Model, Any], Figures]


@dataclass(frozen=True)
class Command:
    """A command; ``book`` applies it to the model and returns what the service must show.

    ``other`` are members that make it another request.
    """

    path: str
    body: Any
    book: Booking
    other: dict[str, Any] = field(default_factory=dict)
    method: str = "POST"
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Names:
    """The ids of what the company is set up with; accounts are by their role."""

    locations: list[str]
    suppliers: list[str]
    customers: list[str]
    units: dict[str, str]
    accounts: dict[str, str]
    vat: str


def price_of(chance: Random) -> Fraction:
    """A price of one unit, from a penny to sixty pounds, finer than money."""
    return Fraction(chance.randint(100, 600_000), 10_000)


@dataclass
class Clerk:
    """Chooses commands that the state of the company allows."""

    model: Model
    names: Names

    def document(self, **members: Any) -> dict[str, Any]:
        """The body of a document of today."""
        return {"effective_at": f"{self.model.today}T12:00:00Z", **members}

    def later(self) -> dict[str, Any]:
        """What makes the same document another one."""
        return {"effective_at": f"{self.model.today}T12:00:01Z"}

    def quantity(self, chance: Random, product_id: str, most: Fraction) -> Fraction:
        """From one step of the product's unit to ``most``, which is often taken as a whole."""
        step = self.model.products[product_id].step
        return most if chance.random() < 0.2 else step * chance.randint(1, int(most / step))

    # What there is to do something with.

    def stocked(self, steps: int = 1) -> list[tuple[str, str]]:
        """The products, each with a location where at least so many steps of it lie."""
        return [
            (product_id, location)
            for product_id, product in self.model.products.items()
            for location, level in product.levels.items()
            if level >= steps * product.step
        ]

    def billable(self) -> list[str]:
        """The receipts that can be billed."""
        return [key for key, each in self.model.receipts.items() if each.billable]

    def sendable(self, key: str) -> Fraction:
        """How much of a receipt can go back to its supplier."""
        received = self.model.receipts[key]
        there = self.model.products[received.product].levels[received.location]
        return min(received.returnable, there)

    def returnable(self) -> list[str]:
        """The receipts of which something can go back."""
        return [key for key in self.model.receipts if self.sendable(key)]

    def sold(self) -> list[tuple[str, int]]:
        """The sale lines of which something can come back."""
        return [
            (sale_id, number)
            for sale_id, sale in self.model.sales.items()
            for number, line in enumerate(sale.lines, start=1)
            if line.quantity > line.returned
        ]

    # Goods.

    def product(self, chance: Random) -> Command:
        """A new product."""
        number = len(self.model.products)
        sku, price, taxed = f"P{number}", price_of(chance), chance.random() < 0.5
        unit, step = chance.choice([("pcs", Fraction(1)), ("kg", Fraction(1, 8))])
        fifo = number % 3 == 1
        tax = self.names.vat if taxed else None
        body = {
            "sku": sku,
            "name": sku,
            "unit_id": self.names.units[unit],
            "price": quantity_text(price),
            "tax_id": tax,
            "purchase_tax_id": tax,
            "costing": "fifo" if fifo else "average",
        }

        def book(model: Model, answer: Any) -> Figures:
            model.products[answer["id"]] = Product(sku, step, taxed, price, Pool(fifo))
            return {"sku": sku, "version": 1}

        return Command("/products", body, book, {"name": "Another"})

    def new_price(self, chance: Random) -> Command:
        """Another list price."""
        product_id, price = chance.choice(list(self.model.products)), price_of(chance)
        tag = f'"{self.model.products[product_id].version}"'

        def book(model: Model, _: Any) -> Figures:
            product = model.products[product_id]
            product.version += product.price != price  # a change to the same is none
            product.price = price
            return {"version": product.version}

        body, other = {"price": quantity_text(price)}, {"price": "77"}
        path = f"/products/{product_id}"
        return Command(path, body, book, other, "PATCH", 200, {"If-Match": tag})

    def receipt(self, chance: Random) -> Command:
        """One or two products from a supplier."""
        supplier = chance.choice(self.names.suppliers)
        location = chance.choice(self.names.locations)
        lines = []
        for _ in range(chance.randint(1, 2)):
            product_id = chance.choice(list(self.model.products))
            step = self.model.products[product_id].step
            lines.append((product_id, step * chance.randint(1, 200), price_of(chance)))
        asked = [
            {
                "product_id": product_id,
                "quantity": quantity_text(quantity),
                "unit_cost": quantity_text(cost),
            }
            for product_id, quantity, cost in lines
        ]
        body = self.document(supplier_id=supplier, location_id=location, lines=asked)

        def book(model: Model, answer: Any) -> Figures:
            return model.receive(answer["id"], supplier, location, lines)

        return Command("/receipts", body, book, self.later())

    def bill(self, chance: Random, *, same: bool) -> Command:
        """A bill of a receipt line, or of a part of it, at the price received or at another."""
        key = chance.choice(self.billable())
        received = self.model.receipts[key]
        quantity = self.quantity(chance, received.product, received.billable)
        price = received.cost if same else price_of(chance)

        def book(model: Model, answer: Any) -> Figures:
            return model.bill(answer["id"], key, quantity, price)

        return Command("/bills", self.bill_of(key, quantity, price), book, self.later())

    def bill_of(self, key: str, quantity: Fraction, price: Fraction) -> dict[str, Any]:
        """The body of a bill of a receipt line, which is named ``receipt:line``."""
        receipt_id, _, line = key.partition(":")
        billed = {
            "receipt_id": receipt_id,
            "receipt_line": int(line),
            "quantity": quantity_text(quantity),
            "unit_price": quantity_text(price),
        }
        number = f"INV-{self.model.documents['bills']}"
        supplier = self.model.receipts[key].supplier
        return self.document(supplier_id=supplier, supplier_number=number, lines=[billed])

    def supplier_return(self, chance: Random) -> Command:
        """Goods of a receipt go back."""
        key = chance.choice(self.returnable())
        product = self.model.receipts[key].product
        quantity = self.quantity(chance, product, self.sendable(key))

        def book(model: Model, answer: Any) -> Figures:
            return model.send_back(answer["id"], key, quantity)

        receipt_id, _, line = key.partition(":")
        lines = [{"receipt_line": int(line), "quantity": quantity_text(quantity)}]
        body = self.document(receipt_id=receipt_id, lines=lines)
        return Command("/supplier-returns", body, book, self.later())

    def sale(self, chance: Random, *, credit: bool, share: int = 1) -> Command:
        """Up to three products at a location; of each at most one part in ``share``."""
        stocked = self.stocked(share)
        location = chance.choice(stocked)[1]
        there = [product_id for product_id, where in stocked if where == location]
        sold: list[Sold] = []
        asked = []
        for product_id in chance.sample(there, chance.randint(1, min(3, len(there)))):
            product = self.model.products[product_id]
            most = product.levels[location] // (share * product.step) * product.step
            quantity = self.quantity(chance, product_id, most)
            line: dict[str, Any] = {"product_id": product_id, "quantity": quantity_text(quantity)}
            price, discount = product.price, Fraction(0)
            if chance.random() < 0.4:
                price = price_of(chance)
                line["unit_price"] = quantity_text(price)
            if chance.random() < 0.3:
                discount = Fraction(chance.randint(1, 4000), 100)
                line["discount_percent"] = quantity_text(discount)
            sold.append((product_id, quantity, price, discount))
            asked.append(line)
        return self._sale(chance, location, sold, asked, credit=credit)

    def _sale(
        self,
        chance: Random,
        location: str,
        sold: list[Sold],
        asked: list[dict[str, Any]],
        *,
        credit: bool,
    ) -> Command:
        customer = chance.choice(self.names.customers)
        total = self.model.total_of(sold)
        method = chance.choice(["cash", "card"])
        # What is sold on credit may be paid in part; what is paid in cash may need change.
        paid = chance.randint(0, total // 2) if credit else total
        given = paid + chance.randint(0, 999) if method == "cash" and not credit else paid
        tenders = [{"method": method, "amount": money(given)}]
        if credit:
            tenders.append({"method": "on_account"})
        named = customer if credit or chance.random() < 0.5 else None
        body = self.document(location_id=location, lines=asked, tenders=tenders)
        if named is not None:
            body["customer_id"] = named

        def book(model: Model, answer: Any) -> Figures:
            figures = model.sell(answer["id"], location, named, sold, {ROLES[method]: paid})
            return {**figures, "change": money(given - paid)}

        return Command("/sales", body, book, self.later())

    def customer_return(self, chance: Random) -> Command:
        """A line of a sale comes back, or a part of it, and another line of the same sale."""
        first = chance.choice(self.sold())
        others = [each for each in self.sold() if each[0] == first[0] and each != first]
        chosen = [first, *others[: chance.randint(0, 1)]]
        location, lines = chance.choice(self.names.locations), []
        for sale_id, number in chosen:
            line = self.model.sales[sale_id].lines[number - 1]
            quantity = self.quantity(chance, line.product, line.quantity - line.returned)
            lines.append((sale_id, number, quantity))
        customer = self.model.sales[first[0]].customer
        refund = chance.choice(["cash", "card", *(["on_account"] * 3 if customer else [])])
        settle = chance.random() < 0.5
        asked = [
            {"sale_id": sale_id, "sale_line": number, "quantity": quantity_text(quantity)}
            for sale_id, number, quantity in lines
        ]
        body = self.document(
            location_id=location,
            lines=asked,
            refund={"method": refund},
            allocate="oldest" if settle else "none",
        )
        role = ROLES.get(refund, "receivables")

        def book(model: Model, answer: Any) -> Figures:
            return model.take_back(answer["id"], location, lines, role, settle=settle)

        return Command("/returns", body, book, self.later())

    def adjustment(self, chance: Random, *, found: bool) -> Command:
        """Goods are found, at a stated cost or without, or they are lost."""
        line: dict[str, Any] = {}
        cost = None
        if found:
            location = chance.choice(self.names.locations)
            product_id = chance.choice(list(self.model.products))
            product = self.model.products[product_id]
            quantity = product.step * chance.randint(1, 40)
            if chance.random() < 0.5 or not (product.pool.quantity or product.pool.known):
                cost = price_of(chance)
                line["unit_cost"] = quantity_text(cost)
        else:
            product_id, location = chance.choice(self.stocked())
            level = self.model.products[product_id].levels[location]
            quantity = -self.quantity(chance, product_id, level)
        line |= {"product_id": product_id, "quantity": quantity_text(quantity)}
        reason = "found" if found else chance.choice(["damage", "theft"])
        body = self.document(location_id=location, reason=reason, lines=[line])

        def book(model: Model, _: Any) -> Figures:
            return model.adjust(location, product_id, quantity, cost)

        return Command("/adjustments", body, book, self.later())

    def scrap(self, chance: Random) -> Command:
        """Goods are thrown away, or given to a customer to try."""
        product_id, location = chance.choice(self.stocked())
        level = self.model.products[product_id].levels[location]
        quantity = self.quantity(chance, product_id, level)
        reason, role = chance.choice(
            [("damaged", "shrinkage"), ("sample", "marketing_and_samples")]
        )
        line = {"product_id": product_id, "quantity": quantity_text(quantity)}
        body = self.document(location_id=location, reason=reason, lines=[line])

        def book(model: Model, _: Any) -> Figures:
            return model.scrap(location, product_id, quantity, role)

        return Command("/scraps", body, book, self.later())

    def transfer(self, chance: Random) -> Command:
        """Goods go to another location."""
        product_id, origin = chance.choice(self.stocked())
        target = chance.choice([each for each in self.names.locations if each != origin])
        level = self.model.products[product_id].levels[origin]
        quantity = self.quantity(chance, product_id, level)
        line = {"product_id": product_id, "quantity": quantity_text(quantity)}
        body = self.document(from_location_id=origin, to_location_id=target, lines=[line])

        def book(model: Model, _: Any) -> Figures:
            return model.transfer(origin, target, product_id, quantity)

        return Command("/transfers", body, book, self.later())
