"""POST /bills: what a supplier charges for goods received.

A bill clears goods received not invoiced at the value of the receipt. Where its price differs, the
difference goes to the goods on hand and to the cost of those sold, or all of it to the price
variance, as the company has chosen (rulings R-10).

The command asks four times at most, in the order of the locks: for what the request names, for the
products of the receipts, for the cost pools whose value changes, and, once these are locked, for
their layers together with the month and the number.
"""

from datetime import date, datetime
from itertools import compress

from app.application.accounting.contract import (
    ALL_TAXES,
    BOOKS,
    account_of,
    next_number,
    open_day,
    owe,
    post,
    posting_needs,
)
from app.application.catalog.contract import CONTACTS, PRODUCTS
from app.application.inventory.contract import (
    COST_LAYERS,
    COST_POOLS,
    Goods,
    correct_price,
    goods_of,
)
from app.application.purchasing.checks import check_biller, check_step
from app.application.purchasing.ports import (
    BILL_BY_REF,
    BILL_BY_SUPPLIER_NUMBER,
    BILLED_LINES,
    BILLS,
    RECEIPT_PROGRESS,
    RECEIPTS,
)
from app.application.purchasing.views import bill_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.guarded import COSTS
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.accounting.amounts import PricedLine, document_amounts
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.accounting.periods import Books, PriceDifferencePolicy
from app.domain.accounting.tax import TaxCode
from app.domain.accounting.tax_calculation import DocumentTax, TaxableLine, compute_tax
from app.domain.inventory.moves import Source
from app.domain.purchasing.bills import Bill, BilledLine, BillLine
from app.domain.purchasing.errors import OtherSupplier, OverBilled, SupplierNumberTaken
from app.domain.purchasing.receipts import ReceiptLine, ReceiptProgress, check_lines
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import ExternalRefTaken, Fault, IdTaken, ReferenceNotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show
from app.domain.shared.numbers import SCALE_DIGITS, format_scaled


@frozen
class BillLineInput:
    """A line as asked for; quantity and price of one unit are scaled by 10^6.

    ``own_tax`` says that ``tax_id`` was stated (None: no tax); otherwise the product's code for
    purchases applies.
    """

    receipt_id: Id
    receipt_line: int
    quantity: int
    unit_price: int
    own_tax: bool
    tax_id: Id | None


@frozen
class BillInput:
    """A bill as asked for; without ``due_on`` it is due on its day.

    ``dated`` says that its instant was stated.
    """

    id: Id | None
    external_ref: str | None
    supplier_id: Id
    supplier_number: str
    effective_at: datetime
    dated: bool
    due_on: date | None
    lines: tuple[BillLineInput, ...]


@frozen
class _Match:
    """The receipt line behind a line of the bill, and the received value of what is billed."""

    received: ReceiptLine
    value: int

    def goods(self, source: Source, work: Work) -> Goods:
        """The goods whose price the line corrects."""
        product = work.get(PRODUCTS, self.received.product_id)
        return goods_of(product, self.received.quantity, source)


def _needs(wish: BillInput, _: Principal) -> Needs:
    needs = Needs().one(CONTACTS, wish.supplier_id).one(BOOKS).search(ALL_TAXES)
    if wish.id is not None:
        needs.one(BILLS, wish.id)
    if wish.external_ref is not None:
        needs.search(BILL_BY_REF, wish.external_ref)
    needs.search(BILL_BY_SUPPLIER_NUMBER, wish.supplier_id, wish.supplier_number)
    needs.many(RECEIPTS, {(line.receipt_id,) for line in wish.lines})
    keys = {(line.receipt_id, line.receipt_line) for line in wish.lines}
    return needs.many(RECEIPT_PROGRESS, keys)


def _decide(wish: BillInput, work: Work) -> Done:
    repeated = _repeated(wish, work)
    if repeated is not None:
        return Done(bill_view(repeated), status=200)
    check_lines(len(wish.lines))
    check_biller(work, wish.supplier_id)
    books = work.get(BOOKS)
    matches = _match(wish, work)
    taxes = _taxes(wish, matches, work)
    tax = _computed(wish, taxes, books)
    differences = [
        line.base + (0 if code is None else code.irrecoverable(line.components)) - match.value
        for line, code, match in zip(tax.lines, taxes, matches, strict=True)
    ]
    split = books.price_difference_policy is PriceDifferencePolicy.SPLIT
    revalued = [split and difference != 0 for difference in differences]
    _ask_for_the_rest(wish, list(compress(matches, revalued)), work)
    day = open_day(work, wish.effective_at)
    bill_id = wish.id or work.new_id()
    in_stock = [0] * len(matches)
    for place in compress(range(len(matches)), revalued):
        source = Source(DocumentKind("bill"), bill_id, place + 1)
        goods = matches[place].goods(source, work)
        layer_seq = matches[place].received.layer_seq
        spread = correct_price(work, wish.effective_at, day, goods, layer_seq, differences[place])
        in_stock[place] = spread.to_stock
    lines = tuple(
        _line(place, line, matches[place], taxes[place], tax, differences[place], in_stock[place])
        for place, line in enumerate(wish.lines)
    )
    number = next_number(work, Series("BIL"), day)
    entry_id = post(
        work,
        _postings(work, wish.supplier_id, lines, taxes, split=split),
        source_kind=DocumentKind("bill"),
        source_id=bill_id,
        effective_at=wish.effective_at,
        effective_on=day,
        memo=number,
    )
    bill = Bill(
        id=bill_id,
        number=number,
        external_ref=wish.external_ref,
        supplier_id=wish.supplier_id,
        supplier_number=wish.supplier_number,
        effective_at=wish.effective_at,
        effective_on=day,
        due_on=wish.due_on or day,
        currency=books.currency,
        net=tax.net,
        tax=tax.tax,
        total=tax.gross,
        received_value=sum(match.value for match in matches),
        entry_id=entry_id,
        recorded_at=work.recorded_at,
        lines=lines,
    )
    _keep(work, bill)
    return Done(bill_view(bill), location=f"/api/v1/bills/{show('bil', bill_id)}")


def _repeated(wish: BillInput, work: Work) -> Bill | None:
    """The bill that this request made before under its own id.

    Raises:
        IdTaken: the id is that of another bill.
        ExternalRefTaken: another bill carries the reference.
        SupplierNumberTaken: a bill of this supplier carries the number.
    """
    existing = None if wish.id is None else work.find(BILLS, wish.id)
    if existing is not None:
        # To whoever does not see costs, whether one is right would tell it.
        tells = COSTS in work.principal.permissions
        same = (
            existing.external_ref == wish.external_ref
            and (not wish.dated or existing.effective_at == wish.effective_at)
            and existing.supplier_id == wish.supplier_id
            and existing.supplier_number == wish.supplier_number
            and existing.due_on == (wish.due_on or existing.effective_on)
            and len(existing.lines) == len(wish.lines)
            and all(
                _is_same_line(line, posted, costs=tells)
                for line, posted in zip(wish.lines, existing.lines, strict=True)
            )
        )
        if not same:
            raise IdTaken.at("/id")
        return existing
    if wish.external_ref is not None and work.search(BILL_BY_REF, wish.external_ref):
        raise ExternalRefTaken.at("/external_ref")
    if work.search(BILL_BY_SUPPLIER_NUMBER, wish.supplier_id, wish.supplier_number):
        raise SupplierNumberTaken.at("/supplier_number")
    return None


def _is_same_line(line: BillLineInput, posted: BillLine, *, costs: bool) -> bool:
    same = (line.receipt_id, line.receipt_line, line.quantity) == (
        posted.receipt_id,
        posted.receipt_line,
        posted.quantity,
    )
    price = not costs or line.unit_price == posted.unit_price
    return same and price and (not line.own_tax or line.tax_id == posted.tax_id)


def _match(wish: BillInput, work: Work) -> list[_Match]:
    """Find the goods of every line, and count them as billed.

    Raises:
        ReferenceNotFound: no such receipt, or no such line of it.
        OtherSupplier: the receipt is of another supplier.
        OverBilled: names every line that asks for more than is billable.
    """
    matches, faults = [], []
    for place, line in enumerate(wish.lines):
        pointer = f"/lines/{place}"
        receipt = work.get(RECEIPTS, line.receipt_id, pointer=f"{pointer}/receipt_id")
        if receipt.supplier_id != wish.supplier_id:
            raise OtherSupplier.at(f"{pointer}/receipt_id")
        received = receipt.line(line.receipt_line)
        if received is None:
            raise ReferenceNotFound.at(f"{pointer}/receipt_line")
        key = (line.receipt_id, line.receipt_line)
        progress = work.find(RECEIPT_PROGRESS, *key) or ReceiptProgress.none(*key)
        billable = progress.billable(received)
        if line.quantity > billable:
            shown = {"billable": format_scaled(billable, SCALE_DIGITS)}
            faults.append(Fault(f"{pointer}/quantity", OverBilled.code, {**shown}))
            continue
        value, progress = progress.bill(received, line.quantity)
        work.put(RECEIPT_PROGRESS, progress)
        matches.append(_Match(received, value))
    if faults:
        raise OverBilled(faults=faults, **faults[0].params)
    return matches


def _taxes(wish: BillInput, matches: list[_Match], work: Work) -> list[TaxCode | None]:
    """The tax code of each line; quantities must fit the units of their products."""
    work.need(Needs().many(PRODUCTS, {(match.received.product_id,) for match in matches}))
    known = {tax.id: tax for tax in work.search(ALL_TAXES)}
    taxes: list[TaxCode | None] = []
    for place, (line, match) in enumerate(zip(wish.lines, matches, strict=True)):
        pointer = f"/lines/{place}"
        product = work.get(PRODUCTS, match.received.product_id)
        check_step(product, line.quantity, pointer)
        tax_id = line.tax_id if line.own_tax else product.purchase_tax_id
        if tax_id is None:
            taxes.append(None)
            continue
        tax = known.get(tax_id)
        if tax is None:
            raise ReferenceNotFound.at(f"{pointer}/tax_id")
        tax.check_named(f"{pointer}/tax_id")
        taxes.append(tax)
    return taxes


def _computed(wish: BillInput, taxes: list[TaxCode | None], books: Books) -> DocumentTax:
    priced = [PricedLine(line.quantity, line.unit_price) for line in wish.lines]
    amounts = document_amounts(priced, books.exponent)
    taxable = [
        TaxableLine(amount.amount, line.quantity, code)
        for amount, line, code in zip(amounts, wish.lines, taxes, strict=True)
    ]
    return compute_tax(taxable, books.exponent, books.tax_rounding)


def _ask_for_the_rest(wish: BillInput, revalued: list[_Match], work: Work) -> None:
    """Lock the pools whose value changes; then read their layers, and lock month and number."""
    lines = [match.received for match in revalued]
    work.need(Needs().many(COST_POOLS, {(line.product_id,) for line in lines}))
    # Only a read that begins after the pools are locked sees their layers as they are.
    needs = Needs().many(COST_LAYERS, {(line.product_id, line.layer_seq) for line in lines})
    work.need(posting_needs(needs, wish.effective_at, Series("BIL")))


def _line(
    place: int,
    line: BillLineInput,
    match: _Match,
    code: TaxCode | None,
    tax: DocumentTax,
    difference: int,
    in_stock: int,
) -> BillLine:
    taxed = tax.lines[place]
    return BillLine(
        line=place + 1,
        receipt_id=line.receipt_id,
        receipt_line=line.receipt_line,
        product_id=match.received.product_id,
        quantity=line.quantity,
        unit_price=line.unit_price,
        net=taxed.base,
        tax=taxed.tax,
        total=taxed.gross,
        tax_id=None if code is None else code.id,
        tax_parts=taxed.components,
        received_value=match.value,
        difference=difference,
        difference_in_stock=in_stock,
    )


def _postings(
    work: Work,
    supplier_id: Id,
    lines: tuple[BillLine, ...],
    taxes: list[TaxCode | None],
    *,
    split: bool,
) -> Postings:
    """Goods received not invoiced, price differences and input tax against the supplier."""
    grni, stock = account_of(work, AccountRole.GRNI), account_of(work, AccountRole.STOCK)
    gone_to = AccountRole.COST_OF_GOODS_SOLD if split else AccountRole.PURCHASE_PRICE_VARIANCE
    elsewhere = account_of(work, gone_to)
    input_tax = account_of(work, AccountRole.INPUT_TAX)
    payables = account_of(work, AccountRole.PAYABLES)
    postings = Postings()
    for line, tax in zip(lines, taxes, strict=True):
        postings.debit(grni, line.received_value)
        postings.debit(stock, line.difference_in_stock)
        postings.debit(elsewhere, line.difference - line.difference_in_stock)
        if tax is not None:
            for component, amount in zip(tax.components, line.tax_parts, strict=True):
                if component.recoverable:
                    postings.debit(component.input_account_id or input_tax, amount)
        postings.credit(payables, line.total, supplier_id)
    return postings


def _keep(work: Work, bill: Bill) -> None:
    work.put(BILLS, bill)
    for line in bill.lines:
        work.put(BILLED_LINES, BilledLine.of(bill.id, line))
    if bill.total:
        item = OpenItem(
            DocumentKind("bill"),
            bill.id,
            Side.PAYABLE,
            bill.supplier_id,
            bill.effective_on,
            bill.due_on,
            bill.total,
        )
        owe(work, item)
    facts = {"number": bill.number, "total": bill.total, "currency": bill.currency}
    work.note("posted", "bill", bill.id, **facts)
    work.event("bill.posted", bill.id, **facts)


CREATE_BILL = Command("bills.create", "bills:write", _needs, _decide, key_required=True)
