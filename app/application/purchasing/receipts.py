"""Receipts: goods that a supplier brings, against goods received not invoiced."""

from collections.abc import Mapping
from typing import Any, Final

from app.application.accounting.contract import (
    BOOKS,
    DAY_REFUSALS,
    account_of,
    next_number,
    open_day,
    post,
    posting_needs,
)
from app.application.catalog.contract import CONTACTS, PRODUCTS
from app.application.inventory.contract import LOCATIONS, Moment, goods_of, receive, stock_needs
from app.application.shared.documents import (
    Asked,
    Beside,
    Document,
    Moves,
    document_view,
    summary_view,
)
from app.application.shared.kinds import Finder, Kind, Lock, LockRank, Needs
from app.application.shared.nouns import Access, Noun, by, by_id
from app.application.shared.views import View
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.inventory.errors import Backdated
from app.domain.inventory.moves import Source
from app.domain.purchasing.receipts import (
    Receipt,
    ReceiptIn,
    ReceiptLine,
    ReceiptLineIn,
    ReceiptProgress,
    check_lines,
)
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import ValueOutOfRange
from app.domain.shared.fields import Quantity
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX, extended

RECEIPTS: Kind[Receipt] = Kind("receipts", key=by_id, rank=LockRank.DOCUMENT)
# Locked before any stock: bills and returns of one receipt line follow each other.
RECEIPT_PROGRESS: Kind[ReceiptProgress] = Kind(
    "receipt_progress", key=by("receipt_id", "line"), rank=LockRank.DOCUMENT, lock=Lock.UPDATE
)
PROGRESS_OF_RECEIPT: Finder[ReceiptProgress] = Finder(
    "progress_of_receipt", RECEIPT_PROGRESS, by("receipt_id")
)
KIND: Final = DocumentKind("receipt")
SERIES: Final = Series("RCP")


def progress_of(work: Work, receipt_id: Id, line: int) -> ReceiptProgress:
    """What was billed and what went back of a receipt line so far."""
    found = work.find(RECEIPT_PROGRESS, receipt_id, line)
    return found or ReceiptProgress.none(receipt_id, line)


def _needs(needs: Needs, asked: Asked[ReceiptIn]) -> Needs:
    body = asked.body
    product_ids = {line.product_id for line in body.lines}
    needs.one(CONTACTS, body.supplier_id)
    needs.many(PRODUCTS, {(product_id,) for product_id in product_ids})
    stock_needs(needs, body.location_id, product_ids)
    return posting_needs(needs, asked.at, SERIES, body.location_id)


def _post(asked: Asked[ReceiptIn], work: Work) -> Receipt:
    """Take goods into stock at their cost, against goods received not invoiced."""
    body = asked.body
    check_lines(len(body.lines))
    supplier = work.get(CONTACTS, body.supplier_id, pointer="/supplier_id")
    supplier.check_supplier("/supplier_id")
    location = work.get(LOCATIONS, body.location_id, pointer="/location_id")
    location.check_active("/location_id")
    day = open_day(work, asked.at)
    id_ = body.id or work.new_id()
    moment = Moment(location.id, asked.at, day)
    lines = tuple(
        _take_in(Source(KIND, id_, number), line, moment, work)
        for number, line in enumerate(body.lines, start=1)
    )
    value = sum(line.value for line in lines)
    number = next_number(work, SERIES, day, location.id, location.code)
    postings = Postings()
    postings.debit(account_of(work, AccountRole.STOCK), value)
    postings.credit(account_of(work, AccountRole.GRNI), value)
    entry_id = post(
        work,
        postings,
        source_kind=KIND,
        source_id=id_,
        effective_at=asked.at,
        effective_on=day,
        memo=number,
    )
    return Receipt(
        id=id_,
        number=number,
        external_ref=body.external_ref,
        supplier_id=body.supplier_id,
        location_id=location.id,
        effective_at=asked.at,
        effective_on=day,
        currency=work.get(BOOKS).currency,
        value=value,
        entry_id=entry_id,
        recorded_at=work.recorded_at,
        lines=lines,
    )


def _take_in(source: Source, line: ReceiptLineIn, moment: Moment, work: Work) -> ReceiptLine:
    pointer = f"/lines/{source.line - 1}"
    product = work.get(PRODUCTS, line.product_id, pointer=f"{pointer}/product_id")
    product.check_tradable(line.quantity, pointer)
    product.check_stocked(pointer)
    value = extended(line.quantity, line.unit_cost, work.get(BOOKS).exponent)
    if value > AMOUNT_MAX:
        raise ValueOutOfRange.at(f"{pointer}/unit_cost")
    valuation = receive(work, moment, goods_of(product, line.quantity, source), value)
    return ReceiptLine(
        line=source.line,
        product_id=product.id,
        quantity=line.quantity,
        unit_cost=line.unit_cost,
        value=value,
        layer_seq=valuation.seq,
    )


def billed_quantity(line: int, progress: Mapping[int, ReceiptProgress]) -> Quantity:
    """What of the line was billed."""
    return progress[line].billed_quantity if line in progress else 0


def returned_quantity(line: int, progress: Mapping[int, ReceiptProgress]) -> Quantity:
    """What of the line went back."""
    return progress[line].sent_back if line in progress else 0


def _progress_needs(needs: Needs, id_: Id) -> Needs:
    return needs.search(PROGRESS_OF_RECEIPT, id_)


def _progress(receipt: Receipt, work: Work) -> Mapping[str, Any]:
    found = work.search(PROGRESS_OF_RECEIPT, receipt.id)
    return {"progress": {each.line: each for each in found}}


RECEIPT = Document(
    Noun(
        "receipt",
        RECEIPTS,
        document_view(
            Receipt,
            inside={"lines": View(ReceiptLine, computed=(billed_quantity, returned_quantity))},
        ),
        "/receipts",
        "Goods that suppliers bring, and goods sent back to them.",
        Access(write="manager buyer warehouse", read="accountant viewer"),
        refusals=[Backdated, *DAY_REFUSALS],
    ),
    ReceiptIn,
    title="Receive goods",
    moves=Moves(1),
    series=SERIES,
    needs=_needs,
    post=_post,
    summary=summary_view(Receipt),
    filters=("supplier_id", "location_id"),
    facts=("number", "value", "currency"),
    beside=Beside(_progress_needs, _progress),
    batch=True,
)
