"""Reads the retail file into documents, in the order of the file.

The interpretation is fixed, so that the books are a function of the file alone:

* invoice ``A…``: one journal entry against the allowance for bad debt;
* invoice ``C…``: one return, quantities turned positive;
* a zero-price row without a customer: a stock correction, a document of its own;
* every other row: a line of the invoice's sale, which takes the place, time and customer of its
  first line. Duplicated rows are separate lines.

A row that cannot be booked is listed with its reason. A malformed row stops the reading, so that no
file is replayed in part.
"""

import csv
import gzip
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from load.replay.codes import bucket_of, normal, service_accounts
from load.replay.figures import BadFigure, line_pence, micro, month_range

HEADER: Final = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]


class BadFile(Exception):
    """The file does not have the form that can be replayed."""


class Line(NamedTuple):
    """One row of a document: whole pieces, price in millionths, value in pence."""

    code: str
    quantity: int
    price: int
    pence: int


@dataclass(slots=True)
class Sale:
    """A positive invoice. ``customer`` is empty for a walk-in."""

    invoice: str
    at: str
    customer: str
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Return:
    """A cancellation invoice, with quantities that come back as positive numbers."""

    invoice: str
    at: str
    customer: str
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Correction:
    """A stock correction of one row: a gain if ``quantity`` is positive, else a loss."""

    reference: str
    at: str
    code: str
    quantity: int


@dataclass(slots=True)
class WriteOff:
    """Bad debts of one invoice: each amount as the file has it, negative when written off."""

    invoice: str
    at: str
    memo: str
    amounts: list[int] = field(default_factory=list)


Document = Sale | Return | Correction | WriteOff


class Listed(NamedTuple):
    """A row that is not booked."""

    row: int
    invoice: str
    code: str
    quantity: int
    pence: int
    month: str
    reason: str

    @property
    def bucket(self) -> str:
        """The control line of the stock code."""
        return bucket_of(self.code)


@dataclass(slots=True)
class Book:
    """The whole file as documents.

    ``names`` has, by code, the code as first written and the first description. A row belongs to
    the month of its invoice, even if the row itself is later.
    """

    digest: str
    rows: int = 0
    months: list[str] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    rows_of_month: dict[str, int] = field(default_factory=dict)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    customers: dict[str, None] = field(default_factory=dict)


class _Row(NamedTuple):
    number: int
    invoice: str
    code: str
    code_as_written: str
    quantity: int
    at: str
    price: int
    customer: str
    description: str


def month_of(document: Document) -> str:
    """The calendar month that a document is booked in."""
    return document.at[:7]


def read_file(path: Path) -> Book:
    """The documents of ``path`` (``.csv``, or ``.csv.gz``).

    Raises:
        BadFile: the file is not readable, has another header, or has a malformed row.
    """
    try:
        content = path.read_bytes()
        if path.name.endswith(".gz"):
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: {error}") from None
    return read_text(text, sha256(content).hexdigest())


def read_text(text: str, digest: str) -> Book:
    """The documents of the file with the content ``text``.

    Raises:
        BadFile: the header differs, or a row is malformed.
    """
    reader = csv.reader(io.StringIO(text, newline=""))
    if next(reader, None) != HEADER:
        raise BadFile("the first line must be " + ",".join(HEADER))
    reading = _Reading(Book(digest))
    for number, cells in enumerate(reader, start=1):
        reading.add(number, cells)
    return reading.finish()


class _Reading:
    def __init__(self, book: Book) -> None:
        self.book = book
        self.sales: dict[str, Sale] = {}
        self.returns: dict[str, Return] = {}
        self.write_offs: dict[str, WriteOff] = {}
        self.first_at: dict[str, str] = {}
        self.prices: dict[str, int] = {}
        self.times: dict[str, str] = {}

    def add(self, number: int, cells: list[str]) -> None:
        row = self._row(number, cells)
        book = self.book
        book.rows += 1
        month = self.first_at.setdefault(row.invoice, row.at)[:7]
        book.rows_of_month[month] = book.rows_of_month.get(month, 0) + 1
        reason = self._book_row(row)
        if reason is None:
            return
        value = line_pence(row.quantity, row.price)
        book.listed.append(
            Listed(number, row.invoice, row.code, row.quantity, value, month, reason)
        )

    def finish(self) -> Book:
        book = self.book
        if not book.rows:
            raise BadFile("the file has no rows")
        book.months = month_range(min(book.rows_of_month), max(book.rows_of_month))
        return book

    def _row(self, number: int, cells: list[str]) -> _Row:
        try:
            invoice, code, description, quantity, at, price, customer, _ = cells
            if not invoice or not code.strip():
                raise BadFile(f"row {number}: no invoice or no stock code")
            return _Row(
                number,
                invoice,
                normal(code),
                code.strip(),
                int(quantity),
                self.times.get(at) or self._time(at),
                self.prices[price] if price in self.prices else self._price(price),
                customer.strip(),
                description.strip(),
            )
        except (ValueError, BadFigure) as error:
            raise BadFile(f"row {number}: {error}") from None

    def _time(self, text: str) -> str:
        read = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        self.times[text] = at = read.strftime("%Y-%m-%dT%H:%M:00Z")
        return at

    def _price(self, text: str) -> int:
        self.prices[text] = micro(text)
        return self.prices[text]

    def _book_row(self, row: _Row) -> str | None:
        """Puts the row into its document; returns the reason if no document can hold it."""
        if row.invoice[0] == "A":
            return self._write_off(row)
        if row.price < 0:
            return "a negative price outside the bad debts"
        if row.invoice[0] == "C":
            return self._return(row)
        if row.price == 0 and not row.customer:
            return self._correction(row)
        return self._sale(row)

    def _write_off(self, row: _Row) -> str | None:
        amount = line_pence(row.quantity, row.price)
        if amount == 0:
            return "a bad debt of nothing"
        entry = self.write_offs.get(row.invoice)
        if entry is None:
            memo = row.description or "Bad debt"
            entry = self.write_offs[row.invoice] = WriteOff(row.invoice, row.at, memo)
            self.book.documents.append(entry)
        entry.amounts.append(amount)
        return None

    def _return(self, row: _Row) -> str | None:
        if row.quantity >= 0:
            return "a cancellation that takes nothing back"
        document = self.returns.get(row.invoice)
        if document is None:
            document = self.returns[row.invoice] = Return(row.invoice, row.at, row.customer)
            self.book.documents.append(document)
        elif document.customer != row.customer:
            return "another customer than the first row of the invoice"
        quantity = -row.quantity
        value = line_pence(quantity, row.price)
        document.lines.append(Line(row.code, quantity, row.price, value))
        self._know(row)
        return None

    def _correction(self, row: _Row) -> str | None:
        if row.quantity == 0:
            return "a correction by nothing"
        if service_accounts(row.code) is not None:
            return "a stock correction of a service, which has no stock"
        reference = f"{row.invoice}-row-{row.number}"
        self.book.documents.append(Correction(reference, row.at, row.code, row.quantity))
        self._know(row)
        return None

    def _sale(self, row: _Row) -> str | None:
        if row.quantity <= 0:
            return "a quantity that is not positive on an invoice"
        document = self.sales.get(row.invoice)
        if document is None:
            document = self.sales[row.invoice] = Sale(row.invoice, row.at, row.customer)
            self.book.documents.append(document)
        elif document.customer != row.customer:
            return "another customer than the first row of the invoice"
        value = line_pence(row.quantity, row.price)
        document.lines.append(Line(row.code, row.quantity, row.price, value))
        self._know(row)
        return None

    def _know(self, row: _Row) -> None:
        """Records the first description and the customer of a booked row."""
        if row.customer:
            self.book.customers.setdefault(row.customer)
        known = self.book.names.get(row.code)
        if known is None or (not known[1] and row.description):
            code_as_written = known[0] if known else row.code_as_written
            self.book.names[row.code] = (code_as_written, row.description)
