"""The commands of the file, month by month, and the resulting balances."""

from collections import Counter
from collections.abc import Iterator, Sequence

from load.replay.codes import service_accounts
from load.replay.contract import BATCH_BYTES, BATCH_ITEMS
from load.replay.debtors import Debtors
from load.replay.figures import last_day, line_pence, next_month
from load.replay.goods_in import SUPPLIERS, Costs, Receipt, Warehouse, billed_price
from load.replay.matching import ReturnLine, SoldLines
from load.replay.reading import Book, Correction, Document, Return, Sale, month_of
from load.replay.wire import Command, Wire


class Plan:
    """The year as commands. Months must be requested in order, each in its three parts.

    Taking a part updates the stock, the debtors and the balances. ``guessed`` has the items that
    the month received at a cost without a known price.
    """

    def __init__(self, book: Book, wire: Wire) -> None:
        self.book = book
        self.costs = Costs(book)
        self.warehouse = Warehouse(self.costs)
        self.debtors = Debtors()
        self._balances: Counter[str] = Counter()
        self.guessed: list[str] = []
        self._wire = wire
        self._sold = SoldLines()
        self._received: list[Receipt] = []
        self._unpaid: list[tuple[Receipt, int]] = []
        self._documents: dict[str, list[Document]] = {month: [] for month in book.months}
        for document in book.documents:
            self._documents[month_of(document)].append(document)

    def set_up(self) -> Iterator[Command]:
        """Products, suppliers and customers of the whole file."""
        for code, (written, description) in self.book.names.items():
            yield self._wire.product(code, written, description)
        for supplier in SUPPLIERS:
            yield self._wire.supplier(supplier)
        for customer in self.book.customers:
            yield self._wire.customer(customer)

    def goods_in(self, month: str) -> Iterator[Command]:
        """The receipts at the start of ``month``. ``guessed`` becomes the items without a price."""
        self._received = self.warehouse.order(month, self._documents[month])
        self.guessed = []
        for receipt in self._received:
            for line in receipt.lines:
                self._note_guess(line.code)
            yield self._wire.receipt(receipt, f"{month}-01T00:00:00Z")

    def trade(self, month: str) -> Iterator[Command]:
        """The documents of ``month``, in the order of the file."""
        for document in self._documents[month]:
            if isinstance(document, Sale):
                yield self._sale(document)
            elif isinstance(document, Return):
                yield self._return(document, month)
            elif isinstance(document, Correction):
                yield self._correction(document, month)
            else:
                yield self._wire.write_off(document)

    def month_end(self, month: str) -> Iterator[Command]:
        """Last month's bills are paid, this month's booked, credit used, and old debts paid."""
        day = last_day(month)
        # The last minute of the day, so that no document of the file is later than its payment.
        at = f"{day}T23:59:00Z"
        due_on = last_day(next_month(month))
        paid_now, self._unpaid = self._unpaid, []
        for receipt in self._received:
            total = sum(
                line_pence(line.quantity, billed_price(receipt.supplier, line.unit_cost))
                for line in receipt.lines
            )
            self._unpaid.append((receipt, total))
            self._balances["payables"] -= total
            yield self._wire.bill(receipt, total, at, due_on)
        for receipt, total in paid_now:
            if total:
                self._balances["payables"] += total
                self._balances["bank"] -= total
                yield self._wire.pay_bill(receipt, total, at)
        for customer in self.debtors.use_credit():
            yield self._wire.use_credit(customer, month, at)
        for customer, amount in self.debtors.pay(day):
            self._balances["bank"] += amount
            yield self._wire.pay_in(customer, amount, month, at)

    def balances(self) -> dict[str, int]:
        """The balances that follow from the file alone, in pence, debits positive, by role."""
        return {
            "cash": self._balances["cash"],
            "bank": self._balances["bank"],
            "receivables": self.debtors.balance(),
            "payables": self._balances["payables"],
        }

    def _sale(self, sale: Sale) -> Command:
        total = 0
        for line in sale.lines:
            self.warehouse.issue(line.code, line.quantity)
            total += line.pence
        self._sold.sell(sale)
        if sale.customer:
            self.debtors.owe(sale.customer, sale.at[:10], total)
        else:
            self._balances["cash"] += total
        return self._wire.sale(sale)

    def _return(self, document: Return, month: str) -> Command:
        lines = self._sold.take_back(document)
        costs = [self._cost_of(line, month) for line in lines]
        total = sum(line.pence for line in lines)
        if document.customer:
            self.debtors.give_credit(document.customer, total)
        else:
            self._balances["cash"] -= total
        return self._wire.take_back(document, lines, costs)

    def _cost_of(self, line: ReturnLine, month: str) -> int | None:
        if service_accounts(line.code) is not None:
            return None
        return self._bring_in(line.code, line.quantity, month)

    def _bring_in(self, code: str, quantity: int, month: str) -> int | None:
        cost = self.warehouse.bring_in(code, quantity, month)
        if cost is not None:
            self._note_guess(code)
        return cost

    def _note_guess(self, code: str) -> None:
        if not self.costs.has_price(code):
            self.guessed.append(code)

    def _correction(self, correction: Correction, month: str) -> Command:
        cost = None
        if correction.quantity > 0:
            cost = self._bring_in(correction.code, correction.quantity, month)
        else:
            self.warehouse.issue(correction.code, -correction.quantity)
        return self._wire.correction(correction, cost)


def batches(commands: Iterator[Command]) -> Iterator[list[Command]]:
    """Groups adjacent commands of one kind, up to the size of a request, in order."""
    batch: list[Command] = []
    size = 0
    for command in commands:
        if batch and not _fits(batch, size, command):
            yield batch
            batch, size = [], 0
        batch.append(command)
        size += len(command.body)
    if batch:
        yield batch


def _fits(batch: Sequence[Command], size: int, command: Command) -> bool:
    return (
        command.kind.batched
        and batch[-1].kind is command.kind
        and len(batch) < BATCH_ITEMS
        and size + len(command.body) <= BATCH_BYTES
    )
