"""Money, books and months of the company, and the commands that must be refused."""

from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from random import Random
from typing import Any

from tests.support.model import BEGAN, Figures, Model, label, money, month_of
from tests.support.model_steps import ROLES, Clerk, Command
from tests.support.model_stock import quantity_text

DIRECTIONS = {"receivable": "in", "payable": "out"}
BY_HAND = ("cash", "bank", "output_tax", "merchant_fees", "marketing_and_samples", "sales")


@dataclass(frozen=True)
class Refused:
    """A command that must be refused with this code, and change nothing."""

    path: str
    body: Any
    code: str
    status: int = 409
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)


class Bookkeeper(Clerk):
    """Chooses commands on money and months, and commands that must be refused."""

    def owing(self, side: str) -> list[str]:
        """The customers who owe something, or the suppliers who are owed something."""
        parties = self.names.customers if side == "receivable" else self.names.suppliers
        return [each for each in parties if self.model.debits(each, side)]

    def matchable(self) -> list[tuple[str, str]]:
        """The sides and parties with both debits and credits."""
        return [
            (side, party)
            for side in DIRECTIONS
            for party in self.owing(side)
            if self.model.credits(party, side)
        ]

    def closable(self) -> list[int]:
        """The months that are over and that no open month with postings precedes."""
        months = range(self.model.closed + 1, month_of(self.model.today))
        return [each for each in months if not self.model.posted_before(each)]

    def reopenable(self) -> bool:
        """Whether a month of the company is closed."""
        return self.model.closed >= month_of(BEGAN)

    def payment(self, chance: Random, side: str) -> Command:
        """A party pays, or is paid, for the oldest documents, for named ones or in advance."""
        party = chance.choice(self.owing(side))
        debits = self.model.debits(party, side)
        owed = sum(self.model.items[each].open for each in debits)
        pence = chance.randint(1, owed + chance.choice([0, 0, 5000]))
        how = chance.choice(["oldest", "none", "named"])
        targets: list[tuple[str, int]] | None = None if how == "oldest" else []
        if how == "named":
            some = chance.sample(debits, min(len(debits), chance.randint(1, 3)))
            targets = [(each, chance.randint(1, self.model.items[each].open)) for each in some]
            pence = sum(part for _, part in targets) + chance.choice([0, 0, 125])
        named = [{"document_id": each, "amount": money(part)} for each, part in targets or ()]
        method = chance.choice(list(ROLES))
        body = self.document(
            direction=DIRECTIONS[side],
            contact_id=party,
            method=method,
            amount=money(pence),
            **({"allocations": named} if named else {"allocate": how}),
            excess="credit",
        )

        def book(model: Model, answer: Any) -> Figures:
            return model.pay(answer["id"], side, party, ROLES[method], pence, targets)

        return Command("/payments", body, book, self.later())

    def allocation(self, chance: Random, *, named: bool) -> Command:
        """Credits of a party settle its debits: the oldest ones, or two that are named."""
        side, party = chance.choice(self.matchable())
        body = self.document(contact_id=party, side=side)
        pair: tuple[str, str, int] | None = None
        if named:
            credit = chance.choice(self.model.credits(party, side))
            debit = chance.choice(self.model.debits(party, side))
            most = min(-self.model.items[credit].open, self.model.items[debit].open)
            pair = credit, debit, chance.randint(1, most)
            line = {"credit_id": credit, "debit_id": debit, "amount": money(pair[2])}
            body["lines"] = [line]

        def book(model: Model, _: Any) -> Figures:
            return model.allocate(party, side, pair)

        return Command("/allocations", body, book, self.later())

    def entry(self, chance: Random) -> Command:
        """An entry by hand of two or three accounts, today or earlier in an open month."""
        roles = chance.sample(BY_HAND, chance.randint(2, 3))
        first = chance.randint(1, 100_000)
        parts = [first, -first] if len(roles) == 2 else [first, chance.randint(1, 999)]
        parts += [-sum(parts)] if len(roles) == 3 else []
        amounts = dict(zip(roles, parts, strict=True))
        lines = [
            {
                "account_id": self.names.accounts[role],
                "debit": money(max(pence, 0)),
                "credit": money(max(-pence, 0)),
            }
            for role, pence in amounts.items()
        ]
        month = self.model.closed + 1
        earlier = self.model.today - timedelta(chance.choice([0, 0, 3, 30]))
        on = earlier if month_of(earlier) >= month else self.model.today
        body = {"effective_at": f"{on}T12:00:00Z", "memo": "By hand", "lines": lines}

        def book(model: Model, answer: Any) -> Figures:
            return model.enter(answer["id"], on, amounts)

        return Command("/journal-entries", body, book, {"memo": "By another hand"})

    def reversal(self, chance: Random) -> Command:
        """An entry made by hand is undone today."""
        id_ = chance.choice(list(self.model.entries))

        def book(model: Model, _: Any) -> Figures:
            return model.reverse(id_)

        path = f"/journal-entries/{id_}/reverse"
        return Command(path, self.document(), book, self.later())

    def closing(self, chance: Random) -> Command:
        """An open month is closed, and with it those before it that nothing was posted to."""
        month = chance.choice(self.closable())

        def book(model: Model, _: Any) -> Figures:
            model.closed = month
            return {"period": label(month), "status": "closed"}

        return Command(f"/periods/{label(month)}/close", {}, book, status=200)

    def reopening(self) -> Command:
        """The last closed month is opened again."""
        month = self.model.closed

        def book(model: Model, _: Any) -> Figures:
            model.closed = month - 1
            model.posted.add(month)  # it is explicitly open now
            return {"period": label(month), "status": "open", "reason": "Forgotten"}

        path, body = f"/periods/{label(month)}/reopen", {"reason": "Forgotten"}
        return Command(path, body, book, {"reason": "Another"}, status=200)

    # Commands that must be refused.

    def over_sale(self, chance: Random) -> Refused:
        """More than lies at the location, in one line or in two together."""
        product_id, location = chance.choice(self.stocked())
        product = self.model.products[product_id]
        parts = [product.levels[location], product.step]
        if chance.random() < 0.5:
            parts = [sum(parts, Fraction(0))]
        lines = [{"product_id": product_id, "quantity": quantity_text(each)} for each in parts]
        body = self.document(location_id=location, lines=lines, tenders=[{"method": "cash"}])
        return Refused("/sales", body, "inventory.insufficient_stock")

    def over_return(self, chance: Random) -> Refused:
        """More than was sold, less what came back."""
        sale_id, number = chance.choice(self.sold())
        line = self.model.sales[sale_id].lines[number - 1]
        quantity = line.quantity - line.returned + self.model.products[line.product].step
        asked = {"sale_id": sale_id, "sale_line": number, "quantity": quantity_text(quantity)}
        location = chance.choice(self.names.locations)
        body = self.document(location_id=location, lines=[asked], refund={"method": "cash"})
        return Refused("/returns", body, "sales.over_return")

    def over_send_back(self, chance: Random) -> Refused:
        """More of a receipt than is there to go back."""
        key = chance.choice(list(self.model.receipts))
        received = self.model.receipts[key]
        quantity = received.returnable + self.model.products[received.product].step
        receipt_id, _, line = key.partition(":")
        lines = [{"receipt_line": int(line), "quantity": quantity_text(quantity)}]
        body = self.document(receipt_id=receipt_id, lines=lines)
        return Refused("/supplier-returns", body, "purchasing.over_returned")

    def over_bill(self, chance: Random) -> Refused:
        """More of a receipt than came and was not billed."""
        key = chance.choice(list(self.model.receipts))
        received = self.model.receipts[key]
        quantity = received.billable + self.model.products[received.product].step
        body = self.bill_of(key, quantity, received.cost)
        return Refused("/bills", body, "purchasing.over_billed")

    def over_payment(self, chance: Random, side: str) -> Refused:
        """More than is open, in all or on the document that is named."""
        party = chance.choice(self.owing(side))
        debits = self.model.debits(party, side)
        pence = sum(self.model.items[each].open for each in debits) + 1
        body = self.document(direction=DIRECTIONS[side], contact_id=party, method="bank")
        if chance.random() < 0.5:
            return Refused(
                "/payments", body | {"amount": money(pence)}, "accounting.excess_payment"
            )
        debit = chance.choice(debits)
        pence = self.model.items[debit].open + 1
        named = {"allocations": [{"document_id": debit, "amount": money(pence)}]}
        body |= {"amount": money(pence), **named}
        return Refused("/payments", body, "accounting.over_allocation")

    def stale(self, chance: Random) -> Refused:
        """A change of a version that is not the present one."""
        product_id = chance.choice(list(self.model.products))
        version = self.model.products[product_id].version + chance.choice([-1, 1])
        tag = {"If-Match": f'"{version}"'}
        body, path = {"price": quantity_text(Fraction(1))}, f"/products/{product_id}"
        return Refused(path, body, "common.stale_version", 412, "PATCH", tag)

    def too_late(self, chance: Random) -> Refused:
        """A document of a closed month."""
        month = chance.randint(month_of(BEGAN), self.model.closed)
        at = f"{label(month)}-02T12:00:00Z"
        body = {**self.entry(chance).body, "effective_at": at}
        return Refused("/journal-entries", body, "accounting.period_closed")

    def out_of_order(self) -> list[Refused]:
        """To close a month before an earlier one, or to reopen one before a later one."""
        refused = []
        now = month_of(self.model.today)
        if self.model.posted_before(now):
            path = f"/periods/{label(now)}/close"
            refused.append(Refused(path, {}, "accounting.earlier_period_open"))
        if self.model.closed > month_of(BEGAN):
            path = f"/periods/{label(self.model.closed - 1)}/reopen"
            refused.append(Refused(path, {"reason": "Forgotten"}, "accounting.later_period_closed"))
        return refused

    def twice_reversed(self, chance: Random) -> Refused:
        """An entry that was reversed before."""
        path = f"/journal-entries/{chance.choice(self.model.reversed)}/reverse"
        return Refused(path, self.document(), "accounting.already_reversed")
