"""What customers owe according to the file, and who pays how much at a month end."""

from collections import deque
from datetime import date, timedelta
from typing import Final

PAYMENT_DAYS: Final = 30


class Debtors:
    """Open amounts of named customers in pence, oldest first, and their unused credit."""

    def __init__(self) -> None:
        self._debits: dict[str, deque[tuple[str, int]]] = {}
        self._credit: dict[str, int] = {}

    def owe(self, customer: str, day: str, amount: int) -> None:
        """A sale on account on ``day`` (``YYYY-MM-DD``)."""
        if amount:
            self._debits.setdefault(customer, deque()).append((day, amount))

    def give_credit(self, customer: str, amount: int) -> None:
        """A return on account: settles the oldest open amounts, and the rest stays as credit."""
        rest = amount - self._settle(customer, amount)
        if rest:
            self._credit[customer] = self._credit.get(customer, 0) + rest

    def use_credit(self) -> list[str]:
        """Settles open amounts with unused credit; returns the customers concerned, in order."""
        users = sorted(name for name in self._credit if self._debits.get(name))
        for name in users:
            left = self._credit.pop(name)
            left -= self._settle(name, left)
            if left:
                self._credit[name] = left
        return users

    def pay(self, month_end: str) -> list[tuple[str, int]]:
        """The payments at ``month_end``: everything that is at least 30 days old by then."""
        last = (date.fromisoformat(month_end) - timedelta(days=PAYMENT_DAYS)).isoformat()
        paid: list[tuple[str, int]] = []
        for name in sorted(self._debits):
            debits = self._debits[name]
            amount = 0
            while debits and debits[0][0] <= last:
                amount += debits.popleft()[1]
            if amount:
                paid.append((name, amount))
            if not debits:
                del self._debits[name]
        return paid

    def balance(self) -> int:
        """What all customers owe less what they have as credit."""
        owed = sum(amount for debits in self._debits.values() for _, amount in debits)
        return owed - sum(self._credit.values())

    def _settle(self, customer: str, amount: int) -> int:
        """Uses up to ``amount`` for the oldest open amounts; what was used."""
        debits = self._debits.get(customer)
        used = 0
        while debits and used < amount:
            day, open_amount = debits[0]
            part = min(open_amount, amount - used)
            used += part
            if part == open_amount:
                debits.popleft()
            else:
                debits[0] = (day, open_amount - part)
        if debits is not None and not debits:
            del self._debits[customer]
        return used
