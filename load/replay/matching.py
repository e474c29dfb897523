"""Finds the sale lines that a return takes back.

A returned row of goods is matched to earlier sales of the same customer, code and price, newest
first, as far as they reach. Walk-ins and services are never matched. The rest is returned without a
sale.
"""

from typing import NamedTuple

from load.replay.codes import service_accounts
from load.replay.figures import line_pence, whole_pence
from load.replay.reading import Line, Return, Sale


class ReturnLine(NamedTuple):
    """A line of a return: of line ``number`` of the sale ``invoice``, or of no sale ("" and 0)."""

    code: str
    quantity: int
    price: int
    pence: int
    invoice: str
    number: int


class _Left:
    """The part of a sale line that was not returned yet."""

    __slots__ = ("invoice", "number", "quantity")

    def __init__(self, invoice: str, number: int, quantity: int) -> None:
        self.invoice = invoice
        self.number = number
        self.quantity = quantity


_Key = tuple[str, str, int]


class SoldLines:
    """All lines sold so far to named customers, by customer, code and price."""

    def __init__(self) -> None:
        self._left: dict[_Key, list[_Left]] = {}

    def sell(self, sale: Sale) -> None:
        """Records the lines of ``sale`` as returnable."""
        if not sale.customer:
            return
        for number, line in enumerate(sale.lines, start=1):
            key = (sale.customer, line.code, line.price)
            left = _Left(sale.invoice, number, line.quantity)
            self._left.setdefault(key, []).append(left)

    def take_back(self, document: Return) -> list[ReturnLine]:
        """The lines of ``document`` as sale lines and as goods without a sale, in its order.

        A sale line that several rows reach is named once, with the sum of their quantities.
        """
        lines: list[ReturnLine] = []
        place: dict[tuple[str, int], int] = {}
        for row in document.lines:
            for part in self._parts(document.customer, row):
                seen = place.get((part.invoice, part.number)) if part.invoice else None
                if seen is None:
                    place[(part.invoice, part.number)] = len(lines)
                    lines.append(part)
                else:
                    lines[seen] = _joined(lines[seen], part)
        return lines

    def _parts(self, customer: str, row: Line) -> list[ReturnLine]:
        wanted = row.quantity
        parts: list[ReturnLine] = []
        # A price with fractions of a penny is not matched: rounded parts of a line might not add
        # up.
        if customer and whole_pence(row.price) and service_accounts(row.code) is None:
            stack = self._left.get((customer, row.code, row.price), [])
            while wanted and stack:
                newest = stack[-1]
                taken = min(wanted, newest.quantity)
                parts.append(_line(row, taken, newest.invoice, newest.number))
                newest.quantity -= taken
                wanted -= taken
                if not newest.quantity:
                    stack.pop()
        if wanted:
            parts.append(_line(row, wanted, "", 0))
        return parts


def _line(row: Line, quantity: int, invoice: str, number: int) -> ReturnLine:
    value = line_pence(quantity, row.price)
    return ReturnLine(row.code, quantity, row.price, value, invoice, number)


def _joined(one: ReturnLine, other: ReturnLine) -> ReturnLine:
    return one._replace(quantity=one.quantity + other.quantity, pence=one.pence + other.pence)
