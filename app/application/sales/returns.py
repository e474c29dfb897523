"""POST /returns: goods and services taken back, at original price, tax and cost, or without a sale.

The sales are read first; what else is needed follows from their lines, so the command asks twice.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from app.application.accounting.contract import (
    ALL_TAXES,
    BOOKS,
    account_of,
    next_number,
    open_day,
    open_item_needs,
    owe,
    post,
    posting_needs,
    settle_oldest,
)
from app.application.catalog.contract import CONTACTS, PRODUCTS
from app.application.inventory.contract import (
    COST_LAYERS,
    LOCATIONS,
    VALUATIONS,
    Goods,
    Moment,
    pool_of,
    receive_back,
    stock_needs,
)
from app.application.sales.ports import RETURN_BY_REF, RETURNED, RETURNS, SALES
from app.application.sales.sales import TENDER_ROLES
from app.application.sales.views import return_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Key, Needs
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import DocumentKind, Postings
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.accounting.periods import Books
from app.domain.accounting.series import Series
from app.domain.accounting.tax import TaxCode
from app.domain.accounting.tax_calculation import TaxableLine, compute_tax
from app.domain.catalog.product import Product
from app.domain.inventory.moves import Source, SourceKind
from app.domain.inventory.pool import CostingMethod
from app.domain.inventory.returns import issue_cost, returned_value, value_without_sale
from app.domain.sales.errors import (
    CustomerNeeded,
    ReturnBeforeSale,
    ReturnOfOtherCustomer,
)
from app.domain.sales.returns import Return, ReturnedSoFar, ReturnLine, take_back
from app.domain.sales.sale import Sale, SaleLine, TaxLine, TenderMethod, check_lines
from app.domain.shared.errors import ExternalRefTaken, IdTaken, ReferenceNotFound
from app.domain.shared.ids import Id, show
from app.domain.shared.numbers import checked_amount, extended

UNLINKED = "unlinked_returns:write"  # to take goods back without a sale (rulings R-13)


@dataclass(frozen=True, slots=True)
class ReturnLineInput:
    """A line as asked for: of a sale (``sale_id``, ``sale_line``), or of a product at a price."""

    quantity: int
    sale_id: Id | None = None
    sale_line: int = 0
    product_id: Id | None = None
    unit_price: int = 0
    unit_cost: int | None = None
    own_tax: bool = False
    tax_id: Id | None = None


@dataclass(frozen=True, slots=True)
class ReturnInput:
    """A return as asked for."""

    id: Id | None
    external_ref: str | None
    location_id: Id
    customer_id: Id | None
    effective_at: datetime
    lines: tuple[ReturnLineInput, ...]
    refund: TenderMethod
    settle: bool


@dataclass(frozen=True, slots=True)
class _Figures:
    """What one line comes to before its cost is known."""

    product: Product
    tax: TaxCode | None
    sold: SaleLine | None
    unit_price: int
    net: int
    tax_parts: tuple[int, ...]
    returned: ReturnedSoFar | None = None


def _needs(wish: ReturnInput, _: Principal) -> Needs:
    needs = Needs()
    if wish.id is not None:
        needs.one(RETURNS, wish.id)
    if wish.external_ref is not None:
        needs.search(RETURN_BY_REF, wish.external_ref)
    if wish.customer_id is not None:
        needs.one(CONTACTS, wish.customer_id)
    needs.search(ALL_TAXES).one(LOCATIONS, wish.location_id)
    return needs.many(SALES, {(line.sale_id,) for line in wish.lines if line.sale_id is not None})


def _decide(wish: ReturnInput, work: Work) -> Done:
    repeated = _repeated(wish, work)
    if repeated is not None:
        return repeated
    check_lines(len(wish.lines))
    _check_customer(wish, work)
    if any(line.sale_id is None for line in wish.lines):
        work.principal.require(UNLINKED)
    location = work.get(LOCATIONS, wish.location_id, pointer="/location_id")
    location.check_active("/location_id")
    sold = [_sold(wish, place, work) for place in range(len(wish.lines))]
    _ask_for_the_rest(wish, sold, work)
    books = work.get(BOOKS)
    day = open_day(work, wish.effective_at)
    for place, found in enumerate(sold):
        if found is not None and day < found[0].effective_on:
            raise ReturnBeforeSale.at(f"/lines/{place}/sale_id")
    return_id = wish.id or work.new_id()
    moment = Moment(location.id, wish.effective_at, day)
    figures = _all_figures(wish, sold, books, work)
    lines = tuple(
        _take_in(wish.lines[place], place, each, return_id, moment, books, work)
        for place, each in enumerate(figures)
    )
    number = next_number(work, Series.RETURN, day, location.id, location.code)
    net, tax = sum(line.net for line in lines), sum(line.tax for line in lines)
    entry_id = post(
        work,
        _postings(work, wish, figures, lines),
        source_kind=DocumentKind.RETURN,
        source_id=return_id,
        effective_at=wish.effective_at,
        effective_on=day,
        memo=number,
    )
    document = Return(
        id=return_id,
        number=number,
        external_ref=wish.external_ref,
        location_id=location.id,
        customer_id=wish.customer_id,
        effective_at=wish.effective_at,
        effective_on=day,
        currency=books.currency,
        net=net,
        tax=tax,
        total=checked_amount(net + tax),
        refund=wish.refund,
        entry_id=entry_id,
        recorded_at=work.recorded_at,
        lines=lines,
        taxes=_tax_lines(lines),
    )
    _keep(work, wish, document)
    return _done(document, 201)


def _repeated(wish: ReturnInput, work: Work) -> Done | None:
    """The return that this request made before under its own id; raises as for a sale."""
    existing = None if wish.id is None else work.find(RETURNS, wish.id)
    if existing is not None:
        same = (
            existing.external_ref == wish.external_ref
            and existing.location_id == wish.location_id
            and existing.customer_id == wish.customer_id
            and [(line.sale_id, line.sale_line or 0, line.quantity) for line in existing.lines]
            == [(line.sale_id, line.sale_line, line.quantity) for line in wish.lines]
        )
        if not same:
            raise IdTaken.at("/id")
        return _done(existing, 200)
    if wish.external_ref is not None and work.search(RETURN_BY_REF, wish.external_ref):
        raise ExternalRefTaken.at("/external_ref")
    return None


def _check_customer(wish: ReturnInput, work: Work) -> None:
    if wish.customer_id is not None:
        # An inactive customer may still bring back what they bought.
        work.get(CONTACTS, wish.customer_id, pointer="/customer_id")
    elif wish.refund is TenderMethod.ON_ACCOUNT:
        raise CustomerNeeded.at("/customer_id")


def _sold(wish: ReturnInput, place: int, work: Work) -> tuple[Sale, SaleLine] | None:
    """The sale line that a line names, which must be one of the same customer."""
    line = wish.lines[place]
    if line.sale_id is None:
        return None
    sale = work.get(SALES, line.sale_id, pointer=f"/lines/{place}/sale_id")
    if sale.customer_id != wish.customer_id:
        raise ReturnOfOtherCustomer.at(f"/lines/{place}/sale_id")
    if not 1 <= line.sale_line <= len(sale.lines):
        raise ReferenceNotFound.at(f"/lines/{place}/line")
    return sale, sale.lines[line.sale_line - 1]


def _ask_for_the_rest(
    wish: ReturnInput, sold: list[tuple[Sale, SaleLine] | None], work: Work
) -> None:
    """Need products, stock, posting and what came back before, in one read and its lock order."""
    needs = Needs()
    product_ids = {line.product_id for line in wish.lines if line.product_id is not None}
    for found in sold:
        if found is None:
            continue
        sale, line = found
        product_ids.add(line.product_id)
        needs.one(RETURNED, sale.id, line.line)
        if line.valuation_seq is not None:
            needs.one(VALUATIONS, line.product_id, line.valuation_seq)
    needs.many(PRODUCTS, {(product_id,) for product_id in product_ids})
    stock_needs(needs, wish.location_id, product_ids)
    if wish.customer_id is not None and wish.settle:
        open_item_needs(needs, wish.customer_id, Side.RECEIVABLE)
    work.need(posting_needs(needs, wish.effective_at, Series.RETURN, wish.location_id))
    work.need(_layers_behind(sold, work))


def _layers_behind(sold: list[tuple[Sale, SaleLine] | None], work: Work) -> Needs:
    """The layers that goods sold under FIFO came from; their later corrections count (R-11)."""
    keys: set[Key] = set()
    for found in sold:
        if found is None or found[1].valuation_seq is None:
            continue
        line = found[1]
        valuation = work.get(VALUATIONS, line.product_id, line.valuation_seq)
        keys.update((line.product_id, part.layer_seq) for part in valuation.parts)
    return Needs().many(COST_LAYERS, keys) if keys else Needs()


def _all_figures(
    wish: ReturnInput, sold: list[tuple[Sale, SaleLine] | None], books: Books, work: Work
) -> list[_Figures]:
    taxes = {tax.id: tax for tax in work.search(ALL_TAXES)}
    figures = []
    for place, (line, found) in enumerate(zip(wish.lines, sold, strict=True)):
        if found is None:
            figures.append(_unlinked(line, place, taxes, books, work))
        else:
            figures.append(_linked(line, place, found, taxes, work))
    return figures


def _linked(
    line: ReturnLineInput,
    place: int,
    found: tuple[Sale, SaleLine],
    taxes: dict[Id, TaxCode],
    work: Work,
) -> _Figures:
    sale, sold = found
    product = work.get(PRODUCTS, sold.product_id)
    before = work.find(RETURNED, sale.id, sold.line) or ReturnedSoFar.none(sale.id, sold)
    pointer = f"/lines/{place}/quantity"
    product.check_step(line.quantity, pointer)
    share, after = take_back(sold, before, line.quantity, pointer)
    # Kept at once: a later line of this return may name the same sale line.
    work.put(RETURNED, after)
    tax = None if sold.tax_id is None else taxes[sold.tax_id]
    return _Figures(product, tax, sold, sold.unit_price, share.net, share.tax_parts, after)


def _unlinked(
    line: ReturnLineInput, place: int, taxes: dict[Id, TaxCode], books: Books, work: Work
) -> _Figures:
    assert line.product_id is not None  # the schema demands a sale line or a product
    pointer = f"/lines/{place}"
    product = work.get(PRODUCTS, line.product_id, pointer=f"{pointer}/product_id")
    product.check_step(line.quantity, f"{pointer}/quantity")
    tax_id = line.tax_id if line.own_tax else product.tax_id
    tax = None
    if tax_id is not None:
        if tax_id not in taxes:
            raise ReferenceNotFound.at(f"{pointer}/tax_id")
        tax = taxes[tax_id]
    amount = checked_amount(extended(line.quantity, line.unit_price, books.exponent))
    taxed = compute_tax([TaxableLine(amount, line.quantity, tax)], books.exponent).lines[0]
    return _Figures(product, tax, None, line.unit_price, taxed.base, taxed.components)


def _take_in(
    line: ReturnLineInput,
    place: int,
    figures: _Figures,
    return_id: Id,
    moment: Moment,
    books: Books,
    work: Work,
) -> ReturnLine:
    """The posted line; goods re-enter the stock at their value."""
    product, sold = figures.product, figures.sold
    cost, seq = 0, None
    if product.stocked:
        cost = _cost(line, figures, books, work)
        goods = Goods(
            product.id,
            product.sku,
            CostingMethod(product.costing),
            line.quantity,
            Source(SourceKind.SALE_RETURN, return_id, place + 1),
            f"/lines/{place}/quantity",
        )
        seq = receive_back(work, moment, goods, cost).seq
        if line.sale_id is not None:
            so_far = work.get(RETURNED, line.sale_id, line.sale_line)
            work.put(RETURNED, replace(so_far, cost=so_far.cost + cost))
    tax = sum(figures.tax_parts)
    return ReturnLine(
        line=place + 1,
        sale_id=line.sale_id,
        sale_line=None if sold is None else sold.line,
        product_id=product.id,
        quantity=line.quantity,
        unit_price=figures.unit_price,
        net=figures.net,
        tax=tax,
        total=figures.net + tax,
        tax_id=None if figures.tax is None else figures.tax.id,
        cost=cost,
        valuation_seq=seq,
    )


def _cost(line: ReturnLineInput, figures: _Figures, books: Books, work: Work) -> int:
    """The value with which goods re-enter (semantics 2.3, rulings R-11 and R-13)."""
    product, sold = figures.product, figures.sold
    if sold is None or sold.valuation_seq is None:
        pool = pool_of(work, product.id, CostingMethod(product.costing))
        stated = line.unit_cost
        value = None if stated is None else extended(line.quantity, stated, books.exponent)
        return value_without_sale(pool, line.quantity, value)
    valuation = work.get(VALUATIONS, product.id, sold.valuation_seq)
    layers = {
        part.layer_seq: work.get(COST_LAYERS, product.id, part.layer_seq)
        for part in valuation.parts
    }
    issued = issue_cost(sold.cost, valuation.parts, layers)
    assert line.sale_id is not None
    so_far = work.get(RETURNED, line.sale_id, sold.line)
    # The counter holds this line's quantity already, and its cost not yet.
    before = so_far.quantity - line.quantity
    return returned_value(sold.quantity, issued, before, so_far.cost, line.quantity)


def _postings(
    work: Work, wish: ReturnInput, figures: list[_Figures], lines: tuple[ReturnLine, ...]
) -> Postings:
    """The mirror of the sale; goods go against the returns account, services against their own."""
    postings = Postings()
    returns = account_of(work, AccountRole.SALES_RETURNS)
    output_tax = account_of(work, AccountRole.OUTPUT_TAX)
    for line, each in zip(lines, figures, strict=True):
        postings.debit(each.product.return_account_id or returns, line.net)
        if each.tax is not None:
            for component, amount in zip(each.tax.components, each.tax_parts, strict=True):
                postings.debit(component.output_account_id or output_tax, amount)
    cost = sum(line.cost for line in lines)
    postings.debit(account_of(work, AccountRole.STOCK), cost)
    postings.credit(account_of(work, AccountRole.COST_OF_GOODS_SOLD), cost)
    total = sum(line.total for line in lines)
    party = wish.customer_id if wish.refund is TenderMethod.ON_ACCOUNT else None
    postings.credit(account_of(work, TENDER_ROLES[wish.refund]), total, party)
    return postings


def _tax_lines(lines: tuple[ReturnLine, ...]) -> tuple[TaxLine, ...]:
    sums: dict[Id, tuple[int, int]] = {}
    for line in lines:
        if line.tax_id is not None:
            base, amount = sums.get(line.tax_id, (0, 0))
            sums[line.tax_id] = (base + line.net, amount + line.tax)
    return tuple(TaxLine(tax_id, *pair) for tax_id, pair in sums.items())


def _keep(work: Work, wish: ReturnInput, document: Return) -> None:
    work.put(RETURNS, document)
    on_account = wish.refund is TenderMethod.ON_ACCOUNT and document.total
    if on_account and document.customer_id is not None:
        credit = OpenItem(
            DocumentKind.RETURN,
            document.id,
            Side.RECEIVABLE,
            document.customer_id,
            document.effective_on,
            document.effective_on,
            -document.total,
        )
        owe(work, credit)
        if wish.settle:
            settle_oldest(work, [credit], document.effective_on, document.id)
    facts = {"number": document.number, "total": document.total, "currency": document.currency}
    work.note("posted", "return", document.id, **facts)
    work.event("return.posted", document.id, **facts)


def _done(document: Return, status: int) -> Done:
    location = f"/api/v1/returns/{show('ret', document.id)}" if status == 201 else None  # noqa: PLR2004
    return Done(return_view(document), status, location)


CREATE_RETURN: Command[ReturnInput] = Command(
    "returns.create", "returns:write", _needs, _decide, key_required=True
)
