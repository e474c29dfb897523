"""POST /returns: goods and services taken back, at original price, tax and cost, or without a sale.

The sales are read first; what else is needed follows from their lines, so the command asks twice.
"""

from dataclasses import replace
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
    Moment,
    stock_needs,
)
from app.application.sales.ports import RETURN_BY_REF, RETURNED, RETURNS, SALES
from app.application.sales.return_lines import Figures, ReturnLineInput, linked, take_in, unlinked
from app.application.sales.sales import TENDER_ROLES
from app.application.sales.views import return_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Key, Needs
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.accounting.periods import Books
from app.domain.sales.errors import (
    CustomerNeeded,
    ReturnBeforeSale,
    ReturnOfOtherCustomer,
)
from app.domain.sales.returns import Return, ReturnLine
from app.domain.sales.sale import Sale, SaleLine, TaxLine, TenderMethod, check_lines
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import ExternalRefTaken, IdTaken, ReferenceNotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show
from app.domain.shared.numbers import checked_amount

UNLINKED = "unlinked_returns:write"  # to take goods back without a sale (rulings R-13)


@frozen
class ReturnInput:
    """A return as asked for; ``dated`` says that its instant was stated."""

    id: Id | None
    external_ref: str | None
    location_id: Id
    customer_id: Id | None
    effective_at: datetime
    dated: bool
    lines: tuple[ReturnLineInput, ...]
    refund: TenderMethod
    settle: bool


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
    wish = _of_customer(wish, work)
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
        take_in(wish.lines[place], place, each, return_id, moment, books, work)
        for place, each in enumerate(figures)
    )
    number = next_number(work, Series("RET"), day, location.id, location.code)
    net, tax = sum(line.net for line in lines), sum(line.tax for line in lines)
    entry_id = post(
        work,
        _postings(work, wish, figures, lines),
        source_kind=DocumentKind("return"),
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
            and wish.customer_id in (None, existing.customer_id)
            and existing.refund == wish.refund
            and (not wish.dated or existing.effective_at == wish.effective_at)
            and len(existing.lines) == len(wish.lines)
            and all(map(_is_same_line, wish.lines, existing.lines))
        )
        if not same:
            raise IdTaken.at("/id")
        return _done(existing, 200)
    if wish.external_ref is not None and work.search(RETURN_BY_REF, wish.external_ref):
        raise ExternalRefTaken.at("/external_ref")
    return None


def _is_same_line(line: ReturnLineInput, posted: ReturnLine) -> bool:
    if (line.sale_id, line.quantity) != (posted.sale_id, posted.quantity):
        return False
    if line.sale_id is not None:
        return line.sale_line == posted.sale_line
    return (line.product_id, line.unit_price) == (posted.product_id, posted.unit_price) and (
        not line.own_tax or line.tax_id == posted.tax_id
    )


def _of_customer(wish: ReturnInput, work: Work) -> ReturnInput:
    """The return with its customer: the stated one, else that of the first sale it names."""
    if wish.customer_id is not None:
        # An inactive customer may still bring back what they bought.
        work.get(CONTACTS, wish.customer_id, pointer="/customer_id")
        return wish
    for line in wish.lines:
        sale = None if line.sale_id is None else work.find(SALES, line.sale_id)
        if sale is not None:
            wish = replace(wish, customer_id=sale.customer_id)
            break
    if wish.customer_id is None and wish.refund is TenderMethod.ON_ACCOUNT:
        raise CustomerNeeded.at("/customer_id")
    return wish


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
    work.need(posting_needs(needs, wish.effective_at, Series("RET"), wish.location_id))
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
) -> list[Figures]:
    taxes = {tax.id: tax for tax in work.search(ALL_TAXES)}
    stated = unlinked(wish.lines, taxes, books, work)
    return [
        stated[place] if found is None else linked(line, place, found, taxes, work)
        for place, (line, found) in enumerate(zip(wish.lines, sold, strict=True))
    ]


def _postings(
    work: Work, wish: ReturnInput, figures: list[Figures], lines: tuple[ReturnLine, ...]
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
            DocumentKind("return"),
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
    location = f"/api/v1/returns/{show('ret', document.id)}" if status == 201 else None
    return Done(return_view(document), status, location)


CREATE_RETURN: Command[ReturnInput] = Command(
    "returns.create", "returns:write", _needs, _decide, key_required=True
)
