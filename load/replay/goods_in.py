"""Purchases and their costs: a function of the file, not of the service's answers."""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from load.replay.codes import service_accounts
from load.replay.figures import divide
from load.replay.ids import draw
from load.replay.reading import Book, Correction, Document, Sale, month_of

SUPPLIERS: Final = (1, 2, 3)
LINES_PER_RECEIPT: Final = 2000
FALLBACK_COST: Final = 10_000  # 0.01, in millionths
DEAR_SUPPLIER: Final = 3  # bills 2 % above the receipt price


class ReceiptLine(NamedTuple):
    """Pieces of one item at a unit cost in millionths (four decimals)."""

    code: str
    quantity: int
    unit_cost: int


class Receipt(NamedTuple):
    """One delivery of a supplier; ``name`` is unique, such as ``2010-12-S1-1``."""

    name: str
    supplier: int
    lines: list[ReceiptLine]


def supplier_of(code: str) -> int:
    """The supplier of an item, derived from its code."""
    return SUPPLIERS[draw("supplier", code, len(SUPPLIERS))]


def costing_of(code: str) -> str:
    """``fifo`` for about a quarter of the items, derived from the code, else ``average``."""
    return "fifo" if draw("costing", code, 4) == 0 else "average"


def billed_price(supplier: int, unit_cost: int) -> int:
    """The billed price of a piece received at ``unit_cost``; exact, in millionths."""
    return divide(unit_cost * 102, 100) if supplier == DEAR_SUPPLIER else unit_cost


class Costs:
    """Unit costs: 60 % of the median sales price of the item, to four decimals.

    The median is over the priced sales lines of the month, else of the nearest month that has any
    (the earlier of two); without any price it is 0.01.
    """

    def __init__(self, book: Book) -> None:
        self._month_index = {month: index for index, month in enumerate(book.months)}
        self._prices: dict[str, dict[int, list[int]]] = defaultdict(dict)
        for document in book.documents:
            if isinstance(document, Sale):
                month = self._month_index[month_of(document)]
                for line in document.lines:
                    if line.price:
                        insort(self._prices[line.code].setdefault(month, []), line.price)

    def has_price(self, code: str) -> bool:
        """Whether the item is sold at a price in any month."""
        return code in self._prices

    def unit_cost(self, code: str, month: str) -> int:
        """The cost of one piece in ``month``, in millionths."""
        by_month = self._prices.get(code)
        if not by_month:
            return FALLBACK_COST
        here = self._month_index[month]
        prices = by_month[min(by_month, key=lambda index: (abs(index - here), index))]
        middle_two = prices[(len(prices) - 1) // 2] + prices[len(prices) // 2]
        # 60 % of half the sum, rounded to four decimals, which are hundreds of millionths.
        return divide(middle_two * 3, 10 * 100) * 100


class Warehouse:
    """Pieces on hand according to the file, and whether the service can know a cost yet."""

    def __init__(self, costs: Costs) -> None:
        self.on_hand: Counter[str] = Counter()
        self.costed: set[str] = set()
        self._costs = costs

    def order(self, month: str, documents: Iterable[Document]) -> list[Receipt]:
        """The receipts for what the month needs beyond the stock on hand; adds them to the stock.

        Returns and gains of the month are ignored, so stock never runs short within it.
        """
        by_supplier: dict[int, list[ReceiptLine]] = {supplier: [] for supplier in SUPPLIERS}
        for code, quantity in sorted(_taken_out(documents).items()):
            missing = quantity - self.on_hand[code]
            if missing > 0:
                cost = self._costs.unit_cost(code, month)
                by_supplier[supplier_of(code)].append(ReceiptLine(code, missing, cost))
                self.on_hand[code] += missing
                self.costed.add(code)
        return [
            Receipt(f"{month}-S{supplier}-{start // LINES_PER_RECEIPT + 1}", supplier, part)
            for supplier, lines in by_supplier.items()
            for start in range(0, len(lines), LINES_PER_RECEIPT)
            if (part := lines[start : start + LINES_PER_RECEIPT])
        ]

    def issue(self, code: str, quantity: int) -> None:
        """Takes pieces out; a service has none."""
        if service_accounts(code) is None:
            self.on_hand[code] -= quantity

    def bring_in(self, code: str, quantity: int, month: str) -> int | None:
        """Puts pieces in; returns the unit cost to state, None if the service knows one."""
        self.on_hand[code] += quantity
        if code in self.costed:
            return None
        self.costed.add(code)
        return self._costs.unit_cost(code, month)


def _taken_out(documents: Iterable[Document]) -> Counter[str]:
    out: Counter[str] = Counter()
    for document in documents:
        if isinstance(document, Correction):
            if document.quantity < 0:
                out[document.code] -= document.quantity
        elif isinstance(document, Sale):
            for line in document.lines:
                if service_accounts(line.code) is None:
                    out[line.code] += line.quantity
    return out
