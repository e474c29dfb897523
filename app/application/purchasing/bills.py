"""Bills: what a supplier charges for goods received.

A bill clears goods received not invoiced at the value of the receipt. Where its price differs, the
difference goes to the goods on hand and to the cost of those sold, or all of it to the price
variance, as the company has chosen (rulings R-10).

The command asks four times at most, in the order of the locks: for what the request names, for the
products of the receipts, for the cost pools whose value changes, and, once these are locked, for
their layers together with the month and the number.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import compress
from typing import Final

from app.application.accounting.contract import (
    ALL_TAXES,
    BOOKS,
    DAY_REFUSALS,
    TAXES,
    account_of,
    next_number,
    open_day,
    owe,
    post,
    posting_needs,
)
from app.application.catalog.contract import CONTACTS, PRODUCTS
from app.application.inventory.contract import COST_LAYERS, COST_POOLS, correct_price, goods_of
from app.application.purchasing.input_tax import claimed, kept
from app.application.purchasing.receipts import RECEIPT_PROGRESS, RECEIPTS, progress_of
from app.application.shared.documents import Asked, Document, document_view, summary_view
from app.application.shared.kinds import Finder, Kind, LockRank, Needs
from app.application.shared.nouns import Access, Noun, by, by_id
from app.application.shared.work import Work
from app.domain.accounting.amounts import PricedLine, document_amounts
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.accounting.periods import Books, PriceDifferencePolicy
from app.domain.accounting.tax import TaxCode
from app.domain.accounting.tax_calculation import DocumentTax, TaxableLine, TaxedLine, compute_tax
from app.domain.catalog.contact import ContactRoleMissing
from app.domain.inventory.errors import Backdated
from app.domain.inventory.moves import Source
from app.domain.purchasing.bills import Bill, BilledLine, BillIn, BillLine, BillLineIn, taxes
from app.domain.purchasing.errors import OtherSupplier, OverBilled, SupplierNumberTaken
from app.domain.purchasing.receipts import ReceiptLine, check_lines
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import Fault, ReferenceNotFound
from app.domain.shared.fields import UNSET
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import SCALE_DIGITS, format_scaled

BILLS: Kind[Bill] = Kind("bills", key=by_id, rank=LockRank.DOCUMENT)
BILL_BY_SUPPLIER_NUMBER: Finder[Bill] = Finder(
    "bill_by_supplier_number", BILLS, by("supplier_id", "supplier_number")
)
# Changed only under the lock of the receipt line's progress.
BILLED_LINES: Kind[BilledLine] = Kind(
    "billed_lines",
    key=by("receipt_id", "receipt_line", "bill_id", "bill_line"),
    rank=LockRank.DOCUMENT,
)
KIND: Final = DocumentKind("bill")
SERIES: Final = Series("BIL")


@frozen
class _Match:
    """A line of a bill, the receipt line behind it, and what its goods came in at."""

    line: BillLineIn
    received: ReceiptLine
    value: int
    tax: TaxCode | None


def _needs(needs: Needs, asked: Asked[BillIn]) -> Needs:
    body = asked.body
    needs.one(CONTACTS, body.supplier_id).one(BOOKS).search(ALL_TAXES)
    needs.search(BILL_BY_SUPPLIER_NUMBER, body.supplier_id, body.supplier_number)
    needs.many(RECEIPTS, {(line.receipt_id,) for line in body.lines})
    return needs.many(
        RECEIPT_PROGRESS, {(line.receipt_id, line.receipt_line) for line in body.lines}
    )


def _refuse(asked: Asked[BillIn], work: Work) -> None:
    body = asked.body
    if work.search(BILL_BY_SUPPLIER_NUMBER, body.supplier_id, body.supplier_number):
        raise SupplierNumberTaken.at("/supplier_number")


def _post(asked: Asked[BillIn], work: Work) -> Bill:
    """Match a bill to receipts: clear what was received, book tax, difference and payable.

    A price that differs from the receipt's changes the value of the goods on hand and the cost of
    those sold, or goes to the price variance, as the company has chosen.
    """
    body = asked.body
    check_lines(len(body.lines))
    # A supplier that is out of use still charges for what it brought.
    if not work.get(CONTACTS, body.supplier_id, pointer="/supplier_id").is_supplier:
        raise ContactRoleMissing.at("/supplier_id")
    books = work.get(BOOKS)
    split = books.price_difference_policy is PriceDifferencePolicy.SPLIT
    matches = _match(body, work)
    tax = _taxed(matches, books)
    lines = [
        _line(place, *each, work) for place, each in enumerate(zip(matches, tax.lines, strict=True))
    ]
    revalued = [split and line.difference != 0 for line in lines]
    _ask_for_the_rest(asked, [each.received for each in compress(matches, revalued)], work)
    day = open_day(work, asked.at)
    id_ = body.id or work.new_id()
    for place in compress(range(len(lines)), revalued):
        source = Source(KIND, id_, place + 1)
        lines[place] = _revalued(lines[place], matches[place].received, source, asked.at, day, work)
    number = next_number(work, SERIES, day)
    entry_id = post(
        work,
        _postings(work, body.supplier_id, lines, split=split),
        source_kind=KIND,
        source_id=id_,
        effective_at=asked.at,
        effective_on=day,
        memo=number,
    )
    due_on = body.due_on or day
    for line in lines:
        work.put(BILLED_LINES, BilledLine.of(id_, line))
    if tax.gross:
        owe(work, OpenItem(KIND, id_, Side.PAYABLE, body.supplier_id, day, due_on, tax.gross))
    return Bill(
        id=id_,
        number=number,
        external_ref=body.external_ref,
        supplier_id=body.supplier_id,
        supplier_number=body.supplier_number,
        effective_at=asked.at,
        effective_on=day,
        due_on=due_on,
        currency=books.currency,
        net=tax.net,
        tax=tax.tax,
        total=tax.gross,
        received_value=sum(line.received_value for line in lines),
        entry_id=entry_id,
        recorded_at=work.recorded_at,
        lines=tuple(lines),
    )


def _match(body: BillIn, work: Work) -> list[_Match]:
    """Find the goods and the tax code of every line, and count the goods as billed.

    Raises:
        ReferenceNotFound: no such receipt, no such line of it, or no such tax code.
        OtherSupplier: the receipt is of another supplier.
        QuantityStep: the unit of the product does not count the quantity.
        OverBilled: names every line that asks for more than is billable.
    """
    goods = [_received(place, body, work) for place in range(len(body.lines))]
    work.need(Needs().many(PRODUCTS, {(received.product_id,) for received in goods}))
    matches, faults = [], []
    for place, (line, received) in enumerate(zip(body.lines, goods, strict=True)):
        pointer = f"/lines/{place}"
        product = work.get(PRODUCTS, received.product_id)
        product.check_step(line.quantity, f"{pointer}/quantity")
        tax_id = product.purchase_tax_id if line.tax_id is UNSET else line.tax_id
        tax = None if tax_id is None else work.get(TAXES, tax_id, pointer=f"{pointer}/tax_id")
        if tax is not None:
            tax.check_named(f"{pointer}/tax_id")
        progress = progress_of(work, line.receipt_id, line.receipt_line)
        billable = progress.billable(received)
        if line.quantity > billable:
            shown = {"billable": format_scaled(billable, SCALE_DIGITS)}
            faults.append(Fault(f"{pointer}/quantity", OverBilled.code, {**shown}))
            continue
        value, progress = progress.bill(received, line.quantity)
        work.put(RECEIPT_PROGRESS, progress)
        matches.append(_Match(line, received, value, tax))
    if faults:
        raise OverBilled(faults=faults, **faults[0].params)
    return matches


def _received(place: int, body: BillIn, work: Work) -> ReceiptLine:
    line, pointer = body.lines[place], f"/lines/{place}"
    receipt = work.get(RECEIPTS, line.receipt_id, pointer=f"{pointer}/receipt_id")
    if receipt.supplier_id != body.supplier_id:
        raise OtherSupplier.at(f"{pointer}/receipt_id")
    received = receipt.line(line.receipt_line)
    if received is None:
        raise ReferenceNotFound.at(f"{pointer}/receipt_line")
    return received


def _taxed(matches: Sequence[_Match], books: Books) -> DocumentTax:
    lines = [each.line for each in matches]
    priced = [PricedLine(line.quantity, line.unit_price) for line in lines]
    amounts = document_amounts(priced, books.exponent)
    taxable = [
        TaxableLine(amount.amount, each.line.quantity, each.tax)
        for amount, each in zip(amounts, matches, strict=True)
    ]
    return compute_tax(taxable, books.exponent, books.tax_rounding)


def _line(place: int, match: _Match, taxed: TaxedLine, work: Work) -> BillLine:
    """The posted line, before any of its difference went into the value of stock."""
    tax_id = None if match.tax is None else match.tax.id
    cost = taxed.base + kept(tax_id, taxed.components, work)
    return BillLine(
        line=place + 1,
        receipt_id=match.line.receipt_id,
        receipt_line=match.line.receipt_line,
        product_id=match.received.product_id,
        quantity=match.line.quantity,
        unit_price=match.line.unit_price,
        net=taxed.base,
        tax=taxed.tax,
        total=taxed.gross,
        tax_id=tax_id,
        tax_parts=taxed.components,
        received_value=match.value,
        difference=cost - match.value,
        difference_in_stock=0,
    )


def _ask_for_the_rest(asked: Asked[BillIn], revalued: Sequence[ReceiptLine], work: Work) -> None:
    """Lock the pools whose value changes; then read their layers, and lock month and number."""
    work.need(Needs().many(COST_POOLS, {(line.product_id,) for line in revalued}))
    # Only a read that begins after the pools are locked sees their layers as they are.
    needs = Needs().many(COST_LAYERS, {(line.product_id, line.layer_seq) for line in revalued})
    work.need(posting_needs(needs, asked.at, SERIES))


def _revalued(
    line: BillLine, received: ReceiptLine, source: Source, at: datetime, day: date, work: Work
) -> BillLine:
    """The line, once its difference is spread over the goods on hand and those that were sold."""
    goods = goods_of(work.get(PRODUCTS, received.product_id), received.quantity, source)
    spread = correct_price(work, at, day, goods, received.layer_seq, line.difference)
    return replace(line, difference_in_stock=spread.to_stock)


def _postings(work: Work, supplier_id: Id, lines: Sequence[BillLine], *, split: bool) -> Postings:
    """Goods received not invoiced, price differences and input tax against the supplier."""
    grni, stock = account_of(work, AccountRole.GRNI), account_of(work, AccountRole.STOCK)
    gone_to = AccountRole.COST_OF_GOODS_SOLD if split else AccountRole.PURCHASE_PRICE_VARIANCE
    elsewhere, payables = account_of(work, gone_to), account_of(work, AccountRole.PAYABLES)
    postings = Postings()
    for line in lines:
        postings.debit(grni, line.received_value)
        postings.debit(stock, line.difference_in_stock)
        postings.debit(elsewhere, line.difference - line.difference_in_stock)
        for account_id, amount in claimed(line.tax_id, line.tax_parts, work):
            postings.debit(account_id, amount)
        postings.credit(payables, line.total, supplier_id)
    return postings


def _same(body: BillIn, posted: Bill, _: Work) -> bool:
    """A day that is not stated is that of the bill."""
    return posted.due_on == (body.due_on or posted.effective_on)


BILL = Document(
    Noun(
        "bill",
        BILLS,
        document_view(Bill, computed=(taxes,)),
        "/bills",
        "What suppliers charge for goods received.",
        Access(write="manager accountant buyer", read="viewer"),
        refusals=[SupplierNumberTaken, OverBilled, Backdated, *DAY_REFUSALS],
    ),
    BillIn,
    title="Book a bill",
    series=SERIES,
    needs=_needs,
    refuse=_refuse,
    post=_post,
    same=_same,
    summary=summary_view(Bill),
    filters=("supplier_id", "supplier_number"),
    facts=("number", "total", "currency"),
)
