"""Returns: goods and services taken back, at original price, tax and cost, or without a sale.

The sales are read first; what else is needed follows from their lines, so the command asks twice.
"""

from collections.abc import Sequence
from typing import Final

from app.application.accounting.contract import (
    ALL_TAXES,
    BOOKS,
    account_of,
    next_number,
    open_day,
    open_item_needs,
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
from app.application.sales.return_lines import STOCK_KIND, Figures, Origin, figures_of, take_in
from app.application.sales.sales import RETURNED, SALES
from app.application.sales.trade import Traded, owe_on_account, postings_of
from app.application.shared.documents import Asked, Document, Moves, document_view, summary_view
from app.application.shared.kinds import Key, Kind, LockRank, Needs
from app.application.shared.nouns import Access, Noun, Resource, by_id
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.open_items import Side
from app.domain.inventory.errors import Backdated
from app.domain.sales.errors import (
    CustomerNeeded,
    OverReturn,
    ReturnBeforeSale,
    ReturnOfOtherCustomer,
)
from app.domain.sales.returns import Return, ReturnIn, ReturnLine, ReturnLineIn
from app.domain.sales.sale import TaxLine, Tender, TenderMethod, check_lines
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.errors import ReferenceNotFound
from app.domain.shared.ids import Id
from app.domain.shared.numbers import checked_amount

RETURNS: Kind[Return] = Kind("returns", key=by_id, rank=LockRank.DOCUMENT)
# To take goods back without a sale (rulings R-13).
UNLINKED: Final = Resource("unlinked_returns", Access(write="manager"))
KIND: Final = DocumentKind("return")
SERIES: Final = Series("RET")


def _needs(needs: Needs, asked: Asked[ReturnIn]) -> Needs:
    body = asked.body
    if body.customer_id is not None:
        needs.one(CONTACTS, body.customer_id)
    needs.search(ALL_TAXES).one(LOCATIONS, body.location_id)
    return needs.many(SALES, {(line.sale_id,) for line in body.lines if line.sale_id is not None})


def _post(asked: Asked[ReturnIn], work: Work) -> Return:
    """Take back lines of sales at their original price, tax and cost, or goods without a sale."""
    body = asked.body
    check_lines(len(body.lines))
    customer_id = _customer(body, work)
    if any(line.sale_id is None for line in body.lines):
        work.principal.require(f"{UNLINKED.name}:write")
    location = work.get(LOCATIONS, body.location_id, pointer="/location_id")
    location.check_active("/location_id")
    origins = [_origin(line, place, customer_id, work) for place, line in enumerate(body.lines)]
    _need_rest(asked, origins, customer_id, work)
    day = open_day(work, asked.at)
    for place, origin in enumerate(origins):
        if origin is not None and day < origin[0].effective_on:
            raise ReturnBeforeSale.at(f"/lines/{place}/sale_id")
    id_ = body.id or work.new_id()
    moment = Moment(location.id, asked.at, day)
    figures = figures_of(body.lines, origins, work)
    lines = tuple(
        take_in(number, each, id_, moment, work) for number, each in enumerate(figures, start=1)
    )
    number = next_number(work, SERIES, day, location.id, location.code)
    net, tax = sum(line.net for line in lines), sum(line.tax for line in lines)
    refund = Tender(body.refund.method, checked_amount(net + tax))
    entry_id = post(
        work,
        postings_of(
            work,
            _traded(figures, work),
            sum(line.cost for line in lines),
            [refund],
            customer_id,
            sign=-1,
        ),
        source_kind=KIND,
        source_id=id_,
        effective_at=asked.at,
        effective_on=day,
        memo=number,
    )
    document = Return(
        id=id_,
        number=number,
        external_ref=body.external_ref,
        location_id=location.id,
        customer_id=customer_id,
        effective_at=asked.at,
        effective_on=day,
        currency=work.get(BOOKS).currency,
        net=net,
        tax=tax,
        total=refund.amount,
        refund=refund.method,
        entry_id=entry_id,
        recorded_at=work.recorded_at,
        lines=lines,
        taxes=_tax_lines(lines),
    )
    credit = owe_on_account(work, KIND, document, refund, sign=-1)
    if credit is not None and body.allocate == "oldest":
        settle_oldest(work, [credit], day, id_)
    return document


def _customer(body: ReturnIn, work: Work) -> Id | None:
    """The customer: the stated one, else that of the first sale that a line names."""
    if body.customer_id is not None:
        # An inactive customer may still bring back what they bought.
        return work.get(CONTACTS, body.customer_id, pointer="/customer_id").id
    named = (work.find(SALES, line.sale_id) for line in body.lines if line.sale_id is not None)
    sale = next((each for each in named if each is not None), None)
    customer_id = None if sale is None else sale.customer_id
    if customer_id is None and body.refund.method is TenderMethod.ON_ACCOUNT:
        raise CustomerNeeded.at("/customer_id")
    return customer_id


def _origin(line: ReturnLineIn, place: int, customer_id: Id | None, work: Work) -> Origin | None:
    """The sale line that a line names, which must be one of the same customer."""
    if line.sale_id is None:
        return None
    sale = work.get(SALES, line.sale_id, pointer=f"/lines/{place}/sale_id")
    if sale.customer_id != customer_id:
        raise ReturnOfOtherCustomer.at(f"/lines/{place}/sale_id")
    if line.sale_line is None or not 1 <= line.sale_line <= len(sale.lines):
        raise ReferenceNotFound.at(f"/lines/{place}/sale_line")
    return sale, sale.lines[line.sale_line - 1]


def _need_rest(
    asked: Asked[ReturnIn], origins: Sequence[Origin | None], customer_id: Id | None, work: Work
) -> None:
    """Need products, stock, posting and what came back before, in one read and its lock order."""
    needs, body = Needs(), asked.body
    product_ids = {line.product_id for line in body.lines if line.product_id is not None}
    sold = [origin for origin in origins if origin is not None]
    for sale, line in sold:
        product_ids.add(line.product_id)
        needs.one(RETURNED, sale.id, line.line)
        if line.valuation_seq is not None:
            needs.one(VALUATIONS, line.product_id, line.valuation_seq)
    needs.many(PRODUCTS, {(product_id,) for product_id in product_ids})
    stock_needs(needs, body.location_id, product_ids)
    if customer_id is not None and body.allocate == "oldest":
        open_item_needs(needs, customer_id, Side.RECEIVABLE)
    work.need(posting_needs(needs, asked.at, SERIES, body.location_id))
    # The layers that goods sold under FIFO came from; their later corrections count.
    layers: set[Key] = set()
    for _, line in sold:
        if line.valuation_seq is not None:
            valuation = work.get(VALUATIONS, line.product_id, line.valuation_seq)
            layers.update((line.product_id, part.layer_seq) for part in valuation.parts)
    if layers:
        work.need(Needs().many(COST_LAYERS, layers))


def _traded(figures: Sequence[Figures], work: Work) -> list[Traded]:
    """Goods and services go against the returns account, unless the product has its own."""
    returns = account_of(work, AccountRole.SALES_RETURNS)
    return [
        Traded(each.product.return_account_id or returns, each.net, each.tax, each.tax_parts)
        for each in figures
    ]


def _tax_lines(lines: Sequence[ReturnLine]) -> tuple[TaxLine, ...]:
    sums: dict[Id, tuple[int, int]] = {}
    for line in lines:
        if line.tax_id is not None:
            base, amount = sums.get(line.tax_id, (0, 0))
            sums[line.tax_id] = (base + line.net, amount + line.tax)
    return tuple(TaxLine(tax_id, *pair) for tax_id, pair in sums.items())


def _same(body: ReturnIn, posted: Return, _: Work) -> bool:
    return body.refund.method is posted.refund


RETURN = Document(
    Noun(
        "return",
        RETURNS,
        document_view(Return),
        "/returns",
        "Goods and services taken back from customers.",
        Access(write="manager cashier", read="accountant warehouse viewer"),
        refusals=[OverReturn, Backdated],
    ),
    ReturnIn,
    title="Take goods back",
    moves=Moves(1, "cost"),
    series=SERIES,
    needs=_needs,
    post=_post,
    same=_same,
    summary=summary_view(Return),
    filters=("customer_id", "location_id"),
    facts=("number", "total", "currency"),
    kinds=(KIND, STOCK_KIND),
    batch=True,
)
