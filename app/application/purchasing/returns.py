"""Returns to suppliers: goods of a receipt go back.

What no bill has asked for yet goes back first: its received value is no longer expected to be
billed. Goods that were billed are credited at the price and tax of their bill, the oldest bill
first, and become an open credit of the supplier. The goods leave the stock at their cost there; the
difference to what is claimed is price variance (semantics 2.3.4).
"""

from collections.abc import Sequence
from typing import Final

from app.application.accounting.contract import (
    ALL_TAXES,
    BOOKS,
    DAY_REFUSALS,
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
from app.application.purchasing.bills import BILLED_LINES
from app.application.purchasing.input_tax import claimed, kept
from app.application.purchasing.receipts import (
    RECEIPT,
    RECEIPT_PROGRESS,
    RECEIPTS,
    progress_of,
)
from app.application.shared.documents import Asked, Document, Moves, document_view, summary_view
from app.application.shared.kinds import Finder, Kind, LockRank, Needs
from app.application.shared.nouns import Noun, by, by_id
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.inventory.errors import Backdated, InsufficientStock
from app.domain.inventory.moves import Source
from app.domain.purchasing.bills import BilledLine, Credit, credit_oldest
from app.domain.purchasing.errors import OverReturned
from app.domain.purchasing.receipts import Receipt, ReceiptLine, check_lines
from app.domain.purchasing.returns import SupplierReturn, SupplierReturnIn, SupplierReturnLine
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import Fault, ReferenceNotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import SCALE_DIGITS, format_scaled

SUPPLIER_RETURNS: Kind[SupplierReturn] = Kind("supplier_returns", key=by_id, rank=LockRank.DOCUMENT)
BILLED_OF_LINE: Finder[BilledLine] = Finder(
    "billed_of_line", BILLED_LINES, by("receipt_id", "receipt_line")
)
KIND: Final = DocumentKind("supplier_return")
SERIES: Final = Series("SRT")


@frozen
class _Part:
    """What goes back of a receipt line: ``billed`` of the quantity was billed before."""

    received: ReceiptLine
    quantity: int
    billed: int
    received_value: int


def _needs(needs: Needs, asked: Asked[SupplierReturnIn]) -> Needs:
    body = asked.body
    needs.one(BOOKS).one(RECEIPTS, body.receipt_id).search(ALL_TAXES)
    lines = {(body.receipt_id, line.receipt_line) for line in body.lines}
    return needs.many(RECEIPT_PROGRESS, lines)


def _post(asked: Asked[SupplierReturnIn], work: Work) -> SupplierReturn:
    """Send goods of a receipt back to their supplier.

    What was not billed yet goes back first and is no longer expected to be billed. Goods that were
    billed become a credit of the supplier, at the price and tax of their bill.
    """
    body = asked.body
    receipt = work.get(RECEIPTS, body.receipt_id, pointer="/receipt_id")
    check_lines(len(body.lines))
    parts = _parts(body, receipt, work)
    _ask_for_the_rest(asked, receipt, parts, work)
    location = work.get(LOCATIONS, receipt.location_id)
    location.check_active("")
    day = open_day(work, asked.at)
    id_ = body.id or work.new_id()
    moment = Moment(location.id, asked.at, day)
    claims = [_credits(receipt, part, work) for part in parts]
    lines = _send_back(id_, parts, claims, moment, work)
    credit = sum(line.net + line.tax for line in lines)
    number = next_number(work, SERIES, day, location.id, location.code)
    entry_id = post(
        work,
        _postings(work, receipt.supplier_id, lines, claims),
        source_kind=KIND,
        source_id=id_,
        effective_at=asked.at,
        effective_on=day,
        memo=number,
    )
    if credit:
        owe(work, OpenItem(KIND, id_, Side.PAYABLE, receipt.supplier_id, day, day, -credit))
    return SupplierReturn(
        id=id_,
        number=number,
        external_ref=body.external_ref,
        receipt_id=receipt.id,
        supplier_id=receipt.supplier_id,
        location_id=location.id,
        effective_at=asked.at,
        effective_on=day,
        currency=receipt.currency,
        value=sum(line.value for line in lines),
        received_value=sum(line.received_value for line in lines),
        credit=credit,
        entry_id=entry_id,
        recorded_at=work.recorded_at,
        lines=lines,
    )


def _parts(body: SupplierReturnIn, receipt: Receipt, work: Work) -> list[_Part]:
    """Find the goods of every line, and count them as sent back.

    Raises:
        ReferenceNotFound: the receipt has no such line.
        OverReturned: names every line that asks for more than is returnable.
    """
    parts, faults = [], []
    for place, line in enumerate(body.lines):
        received = receipt.line(line.receipt_line)
        if received is None:
            raise ReferenceNotFound.at(f"/lines/{place}/receipt_line")
        progress = progress_of(work, receipt.id, line.receipt_line)
        returnable = progress.returnable(received)
        if line.quantity > returnable:
            shown = {"returnable": format_scaled(returnable, SCALE_DIGITS)}
            faults.append(Fault(f"/lines/{place}/quantity", OverReturned.code, {**shown}))
            continue
        unbilled, value, progress = progress.send_back(received, line.quantity)
        work.put(RECEIPT_PROGRESS, progress)
        parts.append(_Part(received, line.quantity, line.quantity - unbilled, value))
    if faults:
        raise OverReturned(faults=faults, **faults[0].params)
    return parts


def _ask_for_the_rest(
    asked: Asked[SupplierReturnIn], receipt: Receipt, parts: Sequence[_Part], work: Work
) -> None:
    """Lock the stock and its pools; then read their layers, and lock month and number."""
    lines = [part.received for part in parts]
    product_ids = {line.product_id for line in lines}
    needs = Needs().many(PRODUCTS, {(product_id,) for product_id in product_ids})
    for part in parts:
        if part.billed:
            needs.search(BILLED_OF_LINE, receipt.id, part.received.line)
    work.need(stock_needs(needs, receipt.location_id, product_ids))
    # Only a read that begins after the pools are locked sees their layers as they are.
    needs = Needs().many(COST_LAYERS, {(line.product_id, line.layer_seq) for line in lines})
    work.need(posting_needs(needs, asked.at, SERIES, receipt.location_id))


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
    id_: Id,
    parts: Sequence[_Part],
    claims: Sequence[Sequence[Credit]],
    moment: Moment,
    work: Work,
) -> tuple[SupplierReturnLine, ...]:
    """Let the goods leave the stock, each line at its claim."""
    goods = [_goods(Source(KIND, id_, place + 1), part, work) for place, part in enumerate(parts)]
    check_stock(work, moment.location_id, goods)
    lines = []
    for part, leaving, credited in zip(parts, goods, claims, strict=True):
        net = sum(each.net for each in credited)
        irrecoverable = sum(kept(each.tax_id, each.tax_parts, work) for each in credited)
        claim = part.received_value + net + irrecoverable
        sent = send_back(work, moment, leaving, part.received.layer_seq, claim)
        line = SupplierReturnLine(
            line=leaving.source.line,
            receipt_line=part.received.line,
            product_id=leaving.product_id,
            quantity=part.quantity,
            value=-sent.valuation.value,
            received_value=part.received_value,
            net=net,
            tax=sum(sum(each.tax_parts) for each in credited),
            variance=sent.variance,
        )
        lines.append(line)
    return tuple(lines)


def _goods(source: Source, part: _Part, work: Work) -> Goods:
    product = work.get(PRODUCTS, part.received.product_id)
    product.check_step(part.quantity, f"/lines/{source.line - 1}/quantity")
    return goods_of(product, part.quantity, source)


def _postings(
    work: Work,
    supplier_id: Id,
    lines: Sequence[SupplierReturnLine],
    claims: Sequence[Sequence[Credit]],
) -> Postings:
    """Goods received not invoiced and the supplier against stock, input tax and variance."""
    grni, stock = account_of(work, AccountRole.GRNI), account_of(work, AccountRole.STOCK)
    variance = account_of(work, AccountRole.PURCHASE_PRICE_VARIANCE)
    payables = account_of(work, AccountRole.PAYABLES)
    postings = Postings()
    for line, credited in zip(lines, claims, strict=True):
        postings.credit(stock, line.value)
        postings.debit(grni, line.received_value)
        postings.debit(variance, line.variance)
        postings.debit(payables, line.net + line.tax, supplier_id)
        for each in credited:
            for account_id, amount in claimed(each.tax_id, each.tax_parts, work):
                postings.credit(account_id, amount)
    return postings


SUPPLIER_RETURN = Document(
    Noun(
        "supplier_return",
        SUPPLIER_RETURNS,
        document_view(SupplierReturn),
        "/supplier-returns",
        "Goods that go back to suppliers.",
        RECEIPT.noun.access,
        resource=RECEIPT.noun.resource,
        tag=RECEIPT.noun.tag,
        refusals=[OverReturned, InsufficientStock, Backdated, *DAY_REFUSALS],
    ),
    SupplierReturnIn,
    title="Send goods back",
    moves=Moves(-1, "value"),
    series=SERIES,
    needs=_needs,
    post=_post,
    summary=summary_view(SupplierReturn),
    filters=("supplier_id", "receipt_id"),
    facts=("number", "value", "credit"),
)
