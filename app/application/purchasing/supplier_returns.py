"""POST /receipts/{id}/return: goods of a receipt go back to their supplier.

What no bill has asked for yet goes back first: its received value is no longer expected to be
billed. Goods that were billed are credited at the price and tax of their bill, the oldest bill
first, and become an open credit of the supplier. The goods leave the stock at their cost there; the
difference to what is claimed is price variance (semantics 2.3.4).
"""

from datetime import datetime

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
from app.application.catalog.contract import PRODUCTS
from app.application.inventory.contract import (
    COST_LAYERS,
    LOCATIONS,
    Goods,
    Moment,
    check_stock,
    goods_of,
    send_back,
    stock_needs,
)
from app.application.purchasing.checks import check_step
from app.application.purchasing.ports import (
    BILLED_LINES,
    BILLED_OF_LINE,
    RECEIPT_PROGRESS,
    RECEIPTS,
    SUPPLIER_RETURN_BY_REF,
    SUPPLIER_RETURNS,
)
from app.application.purchasing.views import supplier_return_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.accounting.tax import TaxCode
from app.domain.inventory.moves import Source
from app.domain.purchasing.bills import Credit, credit_oldest
from app.domain.purchasing.errors import OverReturned
from app.domain.purchasing.receipts import Receipt, ReceiptLine, ReceiptProgress, check_lines
from app.domain.purchasing.returns import SupplierReturn, SupplierReturnLine
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import (
    ExternalRefTaken,
    Fault,
    IdTaken,
    NotFound,
    ReferenceNotFound,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show
from app.domain.shared.numbers import SCALE_DIGITS, format_scaled

Taxes = dict[Id, TaxCode]


@frozen
class ReturnedLineInput:
    """A line of the receipt, and how much of it goes back (scaled by 10^6)."""

    line: int
    quantity: int


@frozen
class SupplierReturnInput:
    """A return to a supplier as asked for; ``dated`` says that its instant was stated."""

    id: Id | None
    external_ref: str | None
    receipt_id: Id
    effective_at: datetime
    dated: bool
    lines: tuple[ReturnedLineInput, ...]


@frozen
class _Part:
    """What goes back of a receipt line: ``billed`` of the quantity was billed before."""

    received: ReceiptLine
    quantity: int
    billed: int
    received_value: int


def _needs(wish: SupplierReturnInput, _: Principal) -> Needs:
    needs = Needs().one(BOOKS).one(RECEIPTS, wish.receipt_id).search(ALL_TAXES)
    if wish.id is not None:
        needs.one(SUPPLIER_RETURNS, wish.id)
    if wish.external_ref is not None:
        needs.search(SUPPLIER_RETURN_BY_REF, wish.external_ref)
    return needs.many(RECEIPT_PROGRESS, {(wish.receipt_id, line.line) for line in wish.lines})


def _decide(wish: SupplierReturnInput, work: Work) -> Done:
    receipt = work.find(RECEIPTS, wish.receipt_id)
    if receipt is None:
        raise NotFound
    repeated = _repeated(wish, work)
    if repeated is not None:
        return Done(supplier_return_view(repeated), status=200)
    check_lines(len(wish.lines))
    parts = _parts(wish, receipt, work)
    _ask_for_the_rest(wish, receipt, parts, work)
    location = work.get(LOCATIONS, receipt.location_id)
    location.check_active("")
    day = open_day(work, wish.effective_at)
    return_id = wish.id or work.new_id()
    moment = Moment(location.id, wish.effective_at, day)
    taxes: Taxes = {tax.id: tax for tax in work.search(ALL_TAXES)}
    claims = [_credits(receipt, part, work) for part in parts]
    lines = _send_back(moment, parts, claims, taxes, return_id, work)
    number = next_number(work, Series("SRT"), day, location.id, location.code)
    credit = sum(line.net + line.tax for line in lines)
    entry_id = post(
        work,
        _postings(work, receipt.supplier_id, lines, claims, taxes),
        source_kind=DocumentKind("supplier_return"),
        source_id=return_id,
        effective_at=wish.effective_at,
        effective_on=day,
        memo=number,
    )
    document = SupplierReturn(
        id=return_id,
        number=number,
        external_ref=wish.external_ref,
        receipt_id=receipt.id,
        supplier_id=receipt.supplier_id,
        location_id=location.id,
        effective_at=wish.effective_at,
        effective_on=day,
        currency=receipt.currency,
        value=sum(line.value for line in lines),
        received_value=sum(line.received_value for line in lines),
        credit=credit,
        entry_id=entry_id,
        recorded_at=work.recorded_at,
        lines=lines,
    )
    _keep(work, document)
    place = f"/api/v1/supplier-returns/{show('srt', return_id)}"
    return Done(supplier_return_view(document), location=place)


def _repeated(wish: SupplierReturnInput, work: Work) -> SupplierReturn | None:
    """The return that this request made before under its own id.

    Raises:
        IdTaken: the id is that of another return.
        ExternalRefTaken: another return carries the reference.
    """
    existing = None if wish.id is None else work.find(SUPPLIER_RETURNS, wish.id)
    if existing is not None:
        same = (
            existing.external_ref == wish.external_ref
            and (not wish.dated or existing.effective_at == wish.effective_at)
            and existing.receipt_id == wish.receipt_id
            and [(line.receipt_line, line.quantity) for line in existing.lines]
            == [(line.line, line.quantity) for line in wish.lines]
        )
        if not same:
            raise IdTaken.at("/id")
        return existing
    if wish.external_ref is not None and work.search(SUPPLIER_RETURN_BY_REF, wish.external_ref):
        raise ExternalRefTaken.at("/external_ref")
    return None


def _parts(wish: SupplierReturnInput, receipt: Receipt, work: Work) -> list[_Part]:
    """Find the goods of every line, and count them as sent back.

    Raises:
        ReferenceNotFound: the receipt has no such line.
        OverReturned: names every line that asks for more than is returnable.
    """
    parts, faults = [], []
    for place, line in enumerate(wish.lines):
        pointer = f"/lines/{place}"
        received = receipt.line(line.line)
        if received is None:
            raise ReferenceNotFound.at(f"{pointer}/line")
        key = (receipt.id, line.line)
        progress = work.find(RECEIPT_PROGRESS, *key) or ReceiptProgress.none(*key)
        returnable = progress.returnable(received)
        if line.quantity > returnable:
            shown = format_scaled(returnable, SCALE_DIGITS)
            faults.append(Fault(f"{pointer}/quantity", OverReturned.code, {"returnable": shown}))
            continue
        unbilled, value, progress = progress.send_back(received, line.quantity)
        work.put(RECEIPT_PROGRESS, progress)
        parts.append(_Part(received, line.quantity, line.quantity - unbilled, value))
    if faults:
        raise OverReturned(faults=faults, **faults[0].params)
    return parts


def _ask_for_the_rest(
    wish: SupplierReturnInput, receipt: Receipt, parts: list[_Part], work: Work
) -> None:
    """Lock the stock and its pools; then read their layers, and lock month and number."""
    product_ids = {part.received.product_id for part in parts}
    needs = Needs().many(PRODUCTS, {(product_id,) for product_id in product_ids})
    for part in parts:
        if part.billed:
            needs.search(BILLED_OF_LINE, receipt.id, part.received.line)
    work.need(stock_needs(needs, receipt.location_id, product_ids))
    # Only a read that begins after the pools are locked sees their layers as they are.
    received = [part.received for part in parts]
    needs = Needs().many(COST_LAYERS, {(line.product_id, line.layer_seq) for line in received})
    posting_needs(needs, wish.effective_at, Series("SRT"), receipt.location_id)
    work.need(needs)


def _credits(receipt: Receipt, part: _Part, work: Work) -> list[Credit]:
    """What the supplier owes for the part that was billed, and count it as credited."""
    if not part.billed:
        return []
    billed = work.search(BILLED_OF_LINE, receipt.id, part.received.line)
    credited, changed = credit_oldest(billed, part.billed)
    for line in changed:
        work.put(BILLED_LINES, line)
    return credited


def _send_back(
    moment: Moment,
    parts: list[_Part],
    claims: list[list[Credit]],
    taxes: Taxes,
    return_id: Id,
    work: Work,
) -> tuple[SupplierReturnLine, ...]:
    """Let the goods leave the stock, each line at its claim."""
    goods = [_goods(part, place, return_id, work) for place, part in enumerate(parts)]
    check_stock(work, moment.location_id, goods)
    lines = []
    for place, (part, credited) in enumerate(zip(parts, claims, strict=True)):
        net = sum(credit.net for credit in credited)
        tax = sum(sum(credit.tax_parts) for credit in credited)
        irrecoverable = sum(
            taxes[credit.tax_id].irrecoverable(credit.tax_parts)
            for credit in credited
            if credit.tax_id is not None
        )
        claimed = part.received_value + net + irrecoverable
        sent = send_back(work, moment, goods[place], part.received.layer_seq, claimed)
        line = SupplierReturnLine(
            line=place + 1,
            receipt_line=part.received.line,
            product_id=part.received.product_id,
            quantity=part.quantity,
            value=-sent.valuation.value,
            received_value=part.received_value,
            net=net,
            tax=tax,
            variance=sent.variance,
        )
        lines.append(line)
    return tuple(lines)


def _goods(part: _Part, place: int, return_id: Id, work: Work) -> Goods:
    product = work.get(PRODUCTS, part.received.product_id)
    check_step(product, part.quantity, f"/lines/{place}")
    source = Source(DocumentKind("supplier_return"), return_id, place + 1)
    return goods_of(product, part.quantity, source)


def _postings(
    work: Work,
    supplier_id: Id,
    lines: tuple[SupplierReturnLine, ...],
    claims: list[list[Credit]],
    taxes: Taxes,
) -> Postings:
    """Goods received not invoiced and the supplier against stock, input tax and variance."""
    grni, stock = account_of(work, AccountRole.GRNI), account_of(work, AccountRole.STOCK)
    variance = account_of(work, AccountRole.PURCHASE_PRICE_VARIANCE)
    input_tax = account_of(work, AccountRole.INPUT_TAX)
    payables = account_of(work, AccountRole.PAYABLES)
    postings = Postings()
    for line, credited in zip(lines, claims, strict=True):
        postings.credit(stock, line.value)
        postings.debit(grni, line.received_value)
        postings.debit(variance, line.variance)
        postings.debit(payables, line.net + line.tax, supplier_id)
        for credit in credited:
            if credit.tax_id is None:
                continue
            components = taxes[credit.tax_id].components
            for component, amount in zip(components, credit.tax_parts, strict=True):
                if component.recoverable:
                    postings.credit(component.input_account_id or input_tax, amount)
    return postings


def _keep(work: Work, document: SupplierReturn) -> None:
    work.put(SUPPLIER_RETURNS, document)
    if document.credit:
        item = OpenItem(
            DocumentKind("supplier_return"),
            document.id,
            Side.PAYABLE,
            document.supplier_id,
            document.effective_on,
            document.effective_on,
            -document.credit,
        )
        owe(work, item)
    facts = {"number": document.number, "value": document.value, "credit": document.credit}
    work.note("posted", "supplier_return", document.id, **facts)
    work.event("supplier_return.posted", document.id, **facts)


RETURN_RECEIPT = Command("receipts.return", "receipts:write", _needs, _decide, key_required=True)
