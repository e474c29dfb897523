"""POST /receipts: goods that a supplier brings, against goods received not invoiced."""

from datetime import datetime

from app.application.accounting.contract import (
    BOOKS,
    account_of,
    next_number,
    open_day,
    post,
    posting_needs,
)
from app.application.catalog.contract import CONTACTS, PRODUCTS
from app.application.inventory.contract import LOCATIONS, Moment, goods_of, receive, stock_needs
from app.application.purchasing.checks import check_supplier
from app.application.purchasing.ports import PROGRESS_OF_RECEIPT, RECEIPT_BY_REF, RECEIPTS
from app.application.purchasing.views import receipt_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.guarded import COSTS
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.catalog.product import Product
from app.domain.inventory.moves import Source
from app.domain.purchasing.receipts import Receipt, ReceiptLine, check_lines
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import ExternalRefTaken, IdTaken, ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show
from app.domain.shared.numbers import AMOUNT_MAX, extended


@frozen
class ReceiptLineInput:
    """A line as asked for; quantity and cost of one unit are scaled by 10^6."""

    product_id: Id
    quantity: int
    unit_cost: int


@frozen
class ReceiptInput:
    """A receipt as asked for; ``dated`` says that its instant was stated."""

    id: Id | None
    external_ref: str | None
    supplier_id: Id
    location_id: Id
    effective_at: datetime
    dated: bool
    lines: tuple[ReceiptLineInput, ...]


def _needs(wish: ReceiptInput, _: Principal) -> Needs:
    needs = Needs().one(CONTACTS, wish.supplier_id)
    if wish.id is not None:
        needs.one(RECEIPTS, wish.id).search(PROGRESS_OF_RECEIPT, wish.id)
    if wish.external_ref is not None:
        needs.search(RECEIPT_BY_REF, wish.external_ref)
    product_ids = {line.product_id for line in wish.lines}
    needs.many(PRODUCTS, {(product_id,) for product_id in product_ids})
    stock_needs(needs, wish.location_id, product_ids)
    return posting_needs(needs, wish.effective_at, Series("RCP"), wish.location_id)


def _decide(wish: ReceiptInput, work: Work) -> Done:
    repeated = _repeated(wish, work)
    if repeated is not None:
        return repeated
    check_lines(len(wish.lines))
    books = work.get(BOOKS)
    check_supplier(work, wish.supplier_id)
    location = work.get(LOCATIONS, wish.location_id, pointer="/location_id")
    location.check_active("/location_id")
    products = _products(wish, work)
    day = open_day(work, wish.effective_at)
    receipt_id = wish.id or work.new_id()
    moment = Moment(location.id, wish.effective_at, day)
    lines = tuple(
        _take_in(line, place, products[place], receipt_id, moment, books.exponent, work)
        for place, line in enumerate(wish.lines)
    )
    number = next_number(work, Series("RCP"), day, location.id, location.code)
    value = sum(line.value for line in lines)
    entry_id = post(
        work,
        _postings(work, value),
        source_kind=DocumentKind("receipt"),
        source_id=receipt_id,
        effective_at=wish.effective_at,
        effective_on=day,
        memo=number,
    )
    receipt = Receipt(
        id=receipt_id,
        number=number,
        external_ref=wish.external_ref,
        supplier_id=wish.supplier_id,
        location_id=location.id,
        effective_at=wish.effective_at,
        effective_on=day,
        currency=books.currency,
        value=value,
        entry_id=entry_id,
        recorded_at=work.recorded_at,
        lines=lines,
    )
    work.put(RECEIPTS, receipt)
    facts = {"number": number, "value": value, "currency": books.currency}
    work.note("posted", "receipt", receipt_id, **facts)
    work.event("receipt.posted", receipt_id, **facts)
    return Done(receipt_view(receipt, {}), location=f"/api/v1/receipts/{show('rcp', receipt_id)}")


def _repeated(wish: ReceiptInput, work: Work) -> Done | None:
    """The receipt that this request made before under its own id.

    Raises:
        IdTaken: the id is that of another receipt.
        ExternalRefTaken: another receipt carries the reference.
    """
    existing = None if wish.id is None else work.find(RECEIPTS, wish.id)
    if existing is not None:
        # To whoever does not see costs, whether one is right would tell it.
        tells = COSTS in work.principal.permissions
        same = (
            existing.external_ref == wish.external_ref
            and (not wish.dated or existing.effective_at == wish.effective_at)
            and existing.supplier_id == wish.supplier_id
            and existing.location_id == wish.location_id
            and [(line.product_id, line.quantity) for line in existing.lines]
            == [(line.product_id, line.quantity) for line in wish.lines]
            and (
                not tells
                or [line.unit_cost for line in existing.lines]
                == [line.unit_cost for line in wish.lines]
            )
        )
        if not same:
            raise IdTaken.at("/id")
        progress = {each.line: each for each in work.search(PROGRESS_OF_RECEIPT, existing.id)}
        return Done(receipt_view(existing, progress), status=200)
    if wish.external_ref is not None and work.search(RECEIPT_BY_REF, wish.external_ref):
        raise ExternalRefTaken.at("/external_ref")
    return None


def _products(wish: ReceiptInput, work: Work) -> list[Product]:
    products = []
    for place, line in enumerate(wish.lines):
        pointer = f"/lines/{place}"
        product = work.get(PRODUCTS, line.product_id, pointer=f"{pointer}/product_id")
        product.check_tradable(line.quantity, pointer)
        product.check_stocked(pointer)
        products.append(product)
    return products


def _take_in(
    line: ReceiptLineInput,
    place: int,
    product: Product,
    receipt_id: Id,
    moment: Moment,
    exponent: int,
    work: Work,
) -> ReceiptLine:
    value = extended(line.quantity, line.unit_cost, exponent)
    if value > AMOUNT_MAX:
        raise ValueOutOfRange.at(f"/lines/{place}/unit_cost")
    source = Source(DocumentKind("receipt"), receipt_id, place + 1)
    goods = goods_of(product, line.quantity, source)
    valuation = receive(work, moment, goods, value)
    return ReceiptLine(
        line=place + 1,
        product_id=product.id,
        quantity=line.quantity,
        unit_cost=line.unit_cost,
        value=value,
        layer_seq=valuation.seq,
    )


def _postings(work: Work, value: int) -> Postings:
    postings = Postings()
    postings.debit(account_of(work, AccountRole.STOCK), value)
    postings.credit(account_of(work, AccountRole.GRNI), value)
    return postings


CREATE_RECEIPT = Command("receipts.create", "receipts:write", _needs, _decide, key_required=True)
