"""POST /sales: a counter sale in one command and one transaction.

Price, tax, payment, stock, cost and books of a sale are decided together and written together.
"""

from datetime import datetime

from app.application.accounting.contract import (
    ALL_TAXES,
    BOOKS,
    account_of,
    minor,
    next_number,
    open_day,
    owe,
    post,
    posting_needs,
)
from app.application.catalog.contract import CONTACTS, PRODUCTS
from app.application.inventory.contract import (
    LOCATIONS,
    Moment,
    goods_of,
    issue_all,
    stock_needs,
)
from app.application.sales.ports import RETURNED_OF_SALE, SALE_BY_REF, SALES
from app.application.sales.views import sale_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.accounting.amounts import Discount, LineAmount, PricedLine, document_amounts
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.accounting.periods import Books
from app.domain.accounting.tax import TaxCode
from app.domain.accounting.tax_calculation import DocumentTax, TaxableLine, compute_tax
from app.domain.catalog.product import PriceMissing, Product
from app.domain.inventory.moves import Source
from app.domain.inventory.pool import Valuation
from app.domain.sales.sale import (
    Sale,
    SaleLine,
    TaxLine,
    Tender,
    TenderMethod,
    TenderOffer,
    check_lines,
    settle_tenders,
)
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import DomainError, ExternalRefTaken, IdTaken, ReferenceNotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show

TENDER_ROLES = {
    TenderMethod.CASH: AccountRole.CASH,
    TenderMethod.CARD: AccountRole.CARD_CLEARING,
    TenderMethod.ON_ACCOUNT: AccountRole.RECEIVABLES,
}


@frozen
class LineInput:
    """A line as asked for. ``unit_price`` None takes the list price.

    ``own_tax`` says that ``tax_id`` was stated (None: no tax); otherwise the product's applies.
    Percentages and ``discount_amount`` are scaled by 10^6.
    """

    product_id: Id
    quantity: int
    unit_price: int | None
    discount_percent: int | None
    discount_amount: int | None
    own_tax: bool
    tax_id: Id | None
    description: str


@frozen
class SaleInput:
    """A sale as asked for; the amounts of tenders and discount are scaled by 10^6.

    ``dated`` says that its instant was stated.
    """

    id: Id | None
    external_ref: str | None
    location_id: Id
    customer_id: Id | None
    effective_at: datetime
    dated: bool
    lines: tuple[LineInput, ...]
    discount_percent: int | None
    discount_amount: int | None
    tenders: tuple[tuple[TenderMethod, int | None], ...]


def _needs(sale: SaleInput, _: Principal) -> Needs:
    needs = Needs()
    if sale.id is not None:
        needs.one(SALES, sale.id).search(RETURNED_OF_SALE, sale.id)
    if sale.external_ref is not None:
        needs.search(SALE_BY_REF, sale.external_ref)
    if sale.customer_id is not None:
        needs.one(CONTACTS, sale.customer_id)
    product_ids = {line.product_id for line in sale.lines}
    needs.many(PRODUCTS, {(product_id,) for product_id in product_ids})
    needs.search(ALL_TAXES)
    stock_needs(needs, sale.location_id, product_ids)
    return posting_needs(needs, sale.effective_at, Series("SAL"), sale.location_id)


def _decide(wish: SaleInput, work: Work) -> Done:
    repeated = _repeated(wish, work)
    if repeated is not None:
        return repeated
    check_lines(len(wish.lines))
    books = work.get(BOOKS)
    location = work.get(LOCATIONS, wish.location_id, pointer="/location_id")
    location.check_active("/location_id")
    if wish.customer_id is not None:
        customer = work.get(CONTACTS, wish.customer_id, pointer="/customer_id")
        customer.check_customer("/customer_id")
    products = _products(wish, work)
    taxes = _taxes(wish, products, work)
    amounts = _amounts(wish, products, books)
    tax = compute_tax(
        [
            TaxableLine(amount.amount, line.quantity, code)
            for amount, line, code in zip(amounts, wish.lines, taxes, strict=True)
        ],
        books.exponent,
        books.tax_rounding,
    )
    offers = _offers(wish, books)
    tenders, change = settle_tenders(tax.gross, offers, wish.customer_id, books.exponent)
    day = open_day(work, wish.effective_at)
    sale_id = wish.id or work.new_id()
    moment = Moment(location.id, wish.effective_at, day)
    valuations = _issue(wish, products, sale_id, moment, work)
    number = next_number(work, Series("SAL"), day, location.id, location.code)
    lines = _lines(wish, products, amounts, tax, valuations)
    entry_id = post(
        work,
        _postings(work, lines, products, taxes, tenders, wish.customer_id),
        source_kind=DocumentKind("sale"),
        source_id=sale_id,
        effective_at=wish.effective_at,
        effective_on=day,
        memo=number,
    )
    sale = Sale(
        id=sale_id,
        number=number,
        external_ref=wish.external_ref,
        location_id=location.id,
        customer_id=wish.customer_id,
        effective_at=wish.effective_at,
        effective_on=day,
        currency=books.currency,
        net=tax.net,
        tax=tax.tax,
        total=tax.gross,
        change=change,
        entry_id=entry_id,
        recorded_at=work.recorded_at,
        lines=lines,
        tenders=tuple(tenders),
        taxes=tuple(TaxLine(each.tax_id, each.base, each.amount) for each in tax.totals),
    )
    _keep(work, sale)
    return _done(sale, {}, 201)


def _repeated(wish: SaleInput, work: Work) -> Done | None:
    """The sale that this request made before under its own id.

    Raises:
        IdTaken: the id is that of another sale.
        ExternalRefTaken: another sale carries the reference.
    """
    existing = None if wish.id is None else work.find(SALES, wish.id)
    if existing is not None:
        if not _is_same(wish, existing, work.get(BOOKS)):
            raise IdTaken.at("/id")
        returned = {each.line: each.quantity for each in work.search(RETURNED_OF_SALE, existing.id)}
        return _done(existing, returned, 200)
    if wish.external_ref is not None and work.search(SALE_BY_REF, wish.external_ref):
        raise ExternalRefTaken.at("/external_ref")
    return None


def _is_same(wish: SaleInput, sale: Sale, books: Books) -> bool:
    """Whether the request says what was sold; a list price or tax of since then says nothing."""
    same = (
        sale.external_ref == wish.external_ref
        and sale.location_id == wish.location_id
        and sale.customer_id == wish.customer_id
        and (not wish.dated or sale.effective_at == wish.effective_at)
        and len(sale.lines) == len(wish.lines)
        and all(map(_is_same_line, wish.lines, sale.lines))
    )
    if not same:
        return False
    prices = [line.unit_price for line in sale.lines]
    try:
        amounts = _priced(wish, prices, books)
        offers = _offers(wish, books)
        tenders, change = settle_tenders(sale.total, offers, wish.customer_id, books.exponent)
    except DomainError:
        return False
    return (
        [amount.discount for amount in amounts] == [line.discount for line in sale.lines]
        and set(tenders) == set(sale.tenders)
        and change == sale.change
    )


def _is_same_line(line: LineInput, sold: SaleLine) -> bool:
    return (
        (line.product_id, line.quantity) == (sold.product_id, sold.quantity)
        and line.unit_price in (None, sold.unit_price)
        and (not line.own_tax or line.tax_id == sold.tax_id)
        and line.description in ("", sold.description)
    )


def _products(wish: SaleInput, work: Work) -> list[Product]:
    products = []
    for place, line in enumerate(wish.lines):
        pointer = f"/lines/{place}"
        product = work.get(PRODUCTS, line.product_id, pointer=f"{pointer}/product_id")
        product.check_tradable(line.quantity, pointer)
        products.append(product)
    return products


def _taxes(wish: SaleInput, products: list[Product], work: Work) -> list[TaxCode | None]:
    known = {tax.id: tax for tax in work.search(ALL_TAXES)}
    taxes: list[TaxCode | None] = []
    for place, (line, product) in enumerate(zip(wish.lines, products, strict=True)):
        tax_id = line.tax_id if line.own_tax else product.tax_id
        if tax_id is None:
            taxes.append(None)
            continue
        pointer = f"/lines/{place}/tax_id"
        tax = known.get(tax_id)
        if tax is None:
            raise ReferenceNotFound.at(pointer)
        tax.check_named(pointer)
        taxes.append(tax)
    return taxes


def _amounts(wish: SaleInput, products: list[Product], books: Books) -> list[LineAmount]:
    prices = []
    for place, (line, product) in enumerate(zip(wish.lines, products, strict=True)):
        price = product.price if line.unit_price is None else line.unit_price
        if price is None:
            raise PriceMissing.at(f"/lines/{place}/unit_price")
        prices.append(price)
    return _priced(wish, prices, books)


def _priced(wish: SaleInput, prices: list[int], books: Books) -> list[LineAmount]:
    """The amounts of the lines at these unit prices, after all discounts."""
    priced = []
    for place, (line, price) in enumerate(zip(wish.lines, prices, strict=True)):
        discount = _discount(
            line.discount_percent, line.discount_amount, books, f"/lines/{place}/discount_amount"
        )
        priced.append(PricedLine(line.quantity, price, discount))
    whole = _discount(wish.discount_percent, wish.discount_amount, books, "/discount/amount")
    return document_amounts(priced, books.exponent, whole)


def _discount(percent: int | None, amount: int | None, books: Books, at: str) -> Discount | None:
    if percent is None and amount is None:
        return None
    percents = () if percent is None else (percent,)
    return Discount(percents, 0 if amount is None else minor(books, amount, at))


def _offers(wish: SaleInput, books: Books) -> list[TenderOffer]:
    return [
        TenderOffer(method, None if each is None else minor(books, each, f"/tenders/{i}/amount"))
        for i, (method, each) in enumerate(wish.tenders)
    ]


def _issue(
    wish: SaleInput, products: list[Product], sale_id: Id, moment: Moment, work: Work
) -> dict[int, Valuation]:
    """Let the goods leave; the valuations by the place of their line."""
    goods = {
        place: goods_of(product, line.quantity, Source(DocumentKind("sale"), sale_id, place + 1))
        for place, (line, product) in enumerate(zip(wish.lines, products, strict=True))
        if product.stocked
    }
    return dict(zip(goods, issue_all(work, moment, list(goods.values())), strict=True))


def _lines(
    wish: SaleInput,
    products: list[Product],
    amounts: list[LineAmount],
    tax: DocumentTax,
    valuations: dict[int, Valuation],
) -> tuple[SaleLine, ...]:
    lines = []
    for place, (line, product) in enumerate(zip(wish.lines, products, strict=True)):
        taxed, valuation = tax.lines[place], valuations.get(place)
        price = product.price if line.unit_price is None else line.unit_price
        sold = SaleLine(
            line=place + 1,
            product_id=product.id,
            description=line.description or product.name,
            quantity=line.quantity,
            unit_price=price or 0,
            gross=amounts[place].gross,
            discount=amounts[place].discount,
            net=taxed.base,
            tax=taxed.tax,
            total=taxed.gross,
            tax_id=line.tax_id if line.own_tax else product.tax_id,
            tax_parts=taxed.components,
            cost=0 if valuation is None else -valuation.value,
            valuation_seq=None if valuation is None else valuation.seq,
        )
        lines.append(sold)
    return tuple(lines)


def _postings(
    work: Work,
    lines: tuple[SaleLine, ...],
    products: list[Product],
    taxes: list[TaxCode | None],
    tenders: list[Tender],
    customer_id: Id | None,
) -> Postings:
    """Money and receivable against revenue and tax; cost of goods sold against stock."""
    postings = Postings()
    sales = account_of(work, AccountRole.SALES)
    output_tax = account_of(work, AccountRole.OUTPUT_TAX)
    for line, product, tax in zip(lines, products, taxes, strict=True):
        postings.credit(product.revenue_account_id or sales, line.net)
        if tax is not None:
            for component, amount in zip(tax.components, line.tax_parts, strict=True):
                postings.credit(component.output_account_id or output_tax, amount)
    cost = sum(line.cost for line in lines)
    postings.debit(account_of(work, AccountRole.COST_OF_GOODS_SOLD), cost)
    postings.credit(account_of(work, AccountRole.STOCK), cost)
    for tender in tenders:
        party = customer_id if tender.method is TenderMethod.ON_ACCOUNT else None
        postings.debit(account_of(work, TENDER_ROLES[tender.method]), tender.amount, party)
    return postings


def _keep(work: Work, sale: Sale) -> None:
    work.put(SALES, sale)
    for tender in sale.tenders:
        if tender.method is TenderMethod.ON_ACCOUNT and sale.customer_id is not None:
            item = OpenItem(
                DocumentKind("sale"),
                sale.id,
                Side.RECEIVABLE,
                sale.customer_id,
                sale.effective_on,
                sale.effective_on,
                tender.amount,
            )
            owe(work, item)
    facts = {"number": sale.number, "total": sale.total, "currency": sale.currency}
    work.note("posted", "sale", sale.id, **facts)
    work.event("sale.posted", sale.id, **facts)


def _done(sale: Sale, returned: dict[int, int], status: int) -> Done:
    location = f"/api/v1/sales/{show('sal', sale.id)}" if status == 201 else None
    return Done(sale_view(sale, returned), status, location)


CREATE_SALE = Command("sales.create", "sales:write", _needs, _decide, key_required=True)
