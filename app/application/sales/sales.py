"""Sales: price, tax, payment, stock, cost and books, decided together and written together."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from app.application.accounting.contract import (
    ALL_TAXES,
    BOOKS,
    account_of,
    minor,
    next_number,
    open_day,
    post,
    posting_needs,
)
from app.application.catalog.contract import CONTACTS, PRODUCTS
from app.application.inventory.contract import LOCATIONS, Moment, goods_of, issue_all, stock_needs
from app.application.sales.trade import Traded, owe_on_account, postings_of, tax_of
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
from app.domain.accounting.amounts import Discount, LineAmount, PricedLine, document_amounts
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.periods import Books
from app.domain.accounting.tax import TaxCode
from app.domain.accounting.tax_calculation import TaxableLine, TaxedLine, compute_tax
from app.domain.catalog.product import PriceMissing, Product
from app.domain.inventory.errors import Backdated, InsufficientStock
from app.domain.inventory.moves import Source
from app.domain.inventory.pool import Valuation
from app.domain.sales.returns import ReturnedSoFar
from app.domain.sales.sale import (
    Sale,
    SaleIn,
    SaleLine,
    SaleLineIn,
    TaxLine,
    Tender,
    check_lines,
    settle_tenders,
)
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import DomainError
from app.domain.shared.fields import Quantity
from app.domain.shared.ids import Id

SALES: Kind[Sale] = Kind("sales", key=by_id, rank=LockRank.DOCUMENT)
# Locked before any stock: two returns of one line follow each other.
RETURNED: Kind[ReturnedSoFar] = Kind(
    "returned_so_far", key=by("sale_id", "line"), rank=LockRank.DOCUMENT, lock=Lock.UPDATE
)
RETURNED_OF_SALE: Finder[ReturnedSoFar] = Finder("returned_of_sale", RETURNED, by("sale_id"))
KIND: Final = DocumentKind("sale")
SERIES: Final = Series("SAL")


class _Item(NamedTuple):
    """A line of the request with what it names."""

    line: SaleLineIn
    product: Product
    price: int
    tax: TaxCode | None


def _needs(needs: Needs, asked: Asked[SaleIn]) -> Needs:
    body = asked.body
    if body.customer_id is not None:
        needs.one(CONTACTS, body.customer_id)
    product_ids = {line.product_id for line in body.lines}
    needs.many(PRODUCTS, {(product_id,) for product_id in product_ids})
    needs.search(ALL_TAXES)
    stock_needs(needs, body.location_id, product_ids)
    return posting_needs(needs, asked.at, SERIES, body.location_id)


def _post(asked: Asked[SaleIn], work: Work) -> Sale:
    """Sell goods and services: stock, cost, tax, payment and books in one transaction."""
    body = asked.body
    check_lines(len(body.lines))
    books = work.get(BOOKS)
    location = work.get(LOCATIONS, body.location_id, pointer="/location_id")
    location.check_active("/location_id")
    if body.customer_id is not None:
        customer = work.get(CONTACTS, body.customer_id, pointer="/customer_id")
        customer.check_customer("/customer_id")
    items = _items(body.lines, work)
    amounts = _amounts(body, [item.price for item in items], books)
    tax = compute_tax(
        [
            TaxableLine(amount.amount, item.line.quantity, item.tax)
            for item, amount in zip(items, amounts, strict=True)
        ],
        books.exponent,
        books.tax_rounding,
    )
    tenders, change = _settled(body, tax.gross, books)
    day = open_day(work, asked.at)
    id_ = body.id or work.new_id()
    valuations = _issue(items, id_, Moment(location.id, asked.at, day), work)
    number = next_number(work, SERIES, day, location.id, location.code)
    lines = tuple(
        _line(place, item, amount, taxed, valuations.get(place))
        for place, (item, amount, taxed) in enumerate(
            zip(items, amounts, tax.lines, strict=True), start=1
        )
    )
    entry_id = post(
        work,
        postings_of(
            work,
            _traded(items, lines, work),
            sum(line.cost for line in lines),
            tenders,
            body.customer_id,
        ),
        source_kind=KIND,
        source_id=id_,
        effective_at=asked.at,
        effective_on=day,
        memo=number,
    )
    sale = Sale(
        id=id_,
        number=number,
        external_ref=body.external_ref,
        location_id=location.id,
        customer_id=body.customer_id,
        effective_at=asked.at,
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
    for tender in tenders:
        owe_on_account(work, KIND, sale, tender)
    return sale


def _items(lines: Sequence[SaleLineIn], work: Work) -> list[_Item]:
    taxes = {tax.id: tax for tax in work.search(ALL_TAXES)}
    items = []
    for place, line in enumerate(lines):
        pointer = f"/lines/{place}"
        product = work.get(PRODUCTS, line.product_id, pointer=f"{pointer}/product_id")
        product.check_tradable(line.quantity, pointer)
        tax = tax_of(line, product, taxes, pointer)
        if tax is not None:
            tax.check_named(f"{pointer}/tax_id")
        price = product.price if line.unit_price is None else line.unit_price
        if price is None:
            raise PriceMissing.at(f"{pointer}/unit_price")
        items.append(_Item(line, product, price, tax))
    return items


def _amounts(body: SaleIn, prices: Sequence[int], books: Books) -> list[LineAmount]:
    """The amounts of the lines at these unit prices, after all discounts."""
    priced = []
    for place, (line, price) in enumerate(zip(body.lines, prices, strict=True)):
        pointer = f"/lines/{place}/discount_amount"
        discount = _discount(line.discount_percent, line.discount_amount, books, pointer)
        priced.append(PricedLine(line.quantity, price, discount))
    whole = body.discount
    if whole is None:
        return document_amounts(priced, books.exponent)
    discount = _discount(whole.percent, whole.amount, books, "/discount/amount")
    return document_amounts(priced, books.exponent, discount)


def _discount(
    percent: int | None, amount: int | None, books: Books, pointer: str
) -> Discount | None:
    if percent is None and amount is None:
        return None
    percents = () if percent is None else (percent,)
    return Discount(percents, 0 if amount is None else minor(books, amount, pointer))


def _settled(body: SaleIn, total: int, books: Books) -> tuple[list[Tender], int]:
    offers = [
        (
            each.method,
            None if each.amount is None else minor(books, each.amount, f"/tenders/{place}/amount"),
        )
        for place, each in enumerate(body.tenders)
    ]
    return settle_tenders(total, offers, body.customer_id, books.exponent)


def _issue(items: list[_Item], sale_id: Id, moment: Moment, work: Work) -> dict[int, Valuation]:
    """Let the goods leave; the valuations by the number of their line."""
    goods = [
        goods_of(item.product, item.line.quantity, Source(KIND, sale_id, number))
        for number, item in enumerate(items, start=1)
        if item.product.stocked
    ]
    return {each.line: each for each in issue_all(work, moment, goods)}


def _line(
    number: int, item: _Item, amount: LineAmount, taxed: TaxedLine, valuation: Valuation | None
) -> SaleLine:
    return SaleLine(
        line=number,
        product_id=item.product.id,
        description=item.line.description or item.product.name,
        quantity=item.line.quantity,
        unit_price=item.price,
        gross=amount.gross,
        discount=amount.discount,
        net=taxed.base,
        tax=taxed.tax,
        total=taxed.gross,
        tax_id=None if item.tax is None else item.tax.id,
        tax_parts=taxed.components,
        cost=0 if valuation is None else -valuation.value,
        valuation_seq=None if valuation is None else valuation.seq,
    )


def _traded(items: Sequence[_Item], lines: Sequence[SaleLine], work: Work) -> list[Traded]:
    sales = account_of(work, AccountRole.SALES)
    return [
        Traded(item.product.revenue_account_id or sales, line.net, item.tax, line.tax_parts)
        for item, line in zip(items, lines, strict=True)
    ]


def _same(body: SaleIn, sale: Sale, work: Work) -> bool:
    """Discounts and payments come to what they came to, at the prices and taxes of then."""
    books = work.get(BOOKS)
    try:
        amounts = _amounts(body, [line.unit_price for line in sale.lines], books)
        tenders, change = _settled(body, sale.total, books)
    except DomainError:
        return False
    return (
        [amount.discount for amount in amounts] == [line.discount for line in sale.lines]
        and set(tenders) == set(sale.tenders)
        and change == sale.change
    )


def returned_quantity(line: int, returned: Mapping[int, int]) -> Quantity:
    """What of the line came back."""
    return returned.get(line, 0)


def _returned_needs(needs: Needs, sale_id: Id) -> Needs:
    return needs.search(RETURNED_OF_SALE, sale_id)


def _returned(sale: Sale, work: Work) -> dict[str, Any]:
    found = work.search(RETURNED_OF_SALE, sale.id)
    return {"returned": {each.line: each.quantity for each in found}}


SALE = Document(
    Noun(
        "sale",
        SALES,
        document_view(Sale, inside={"lines": View(SaleLine, computed=[returned_quantity])}),
        "/sales",
        "Sales over the counter, paid or on account.",
        Access(write="manager cashier", read="accountant warehouse viewer"),
        refusals=[InsufficientStock, Backdated],
    ),
    SaleIn,
    title="Sell over the counter",
    moves=Moves(-1, "cost"),
    series=SERIES,
    needs=_needs,
    post=_post,
    same=_same,
    summary=summary_view(Sale),
    filters=("customer_id", "location_id"),
    facts=("number", "total", "currency"),
    beside=Beside(_returned_needs, _returned),
    batch=True,
)
