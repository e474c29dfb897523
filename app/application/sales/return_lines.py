"""The lines of a return: their figures, and the goods that come in with them."""

from collections.abc import Sequence
from dataclasses import replace

from app.application.catalog.contract import PRODUCTS
from app.application.inventory.contract import (
    COST_LAYERS,
    VALUATIONS,
    Moment,
    goods_of,
    pool_of,
    receive_back,
)
from app.application.sales.ports import RETURNED
from app.application.shared.work import Work
from app.domain.accounting.periods import Books
from app.domain.accounting.tax import TaxCode
from app.domain.accounting.tax_calculation import TaxableLine, compute_tax
from app.domain.catalog.product import Product
from app.domain.inventory.moves import Source
from app.domain.inventory.pool import CostingMethod
from app.domain.inventory.returns import issue_cost, returned_value, value_without_sale
from app.domain.sales.returns import ReturnedSoFar, ReturnLine, take_back
from app.domain.sales.sale import Sale, SaleLine
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import ReferenceNotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id
from app.domain.shared.numbers import checked_amount, extended


@frozen
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


@frozen
class Figures:
    """What one line comes to before its cost is known."""

    product: Product
    tax: TaxCode | None
    sold: SaleLine | None
    unit_price: int
    net: int
    tax_parts: tuple[int, ...]
    returned: ReturnedSoFar | None = None


def linked(
    line: ReturnLineInput,
    place: int,
    found: tuple[Sale, SaleLine],
    taxes: dict[Id, TaxCode],
    work: Work,
) -> Figures:
    """The figures of a line that names a sale line: the original ones, pro rata."""
    sale, sold = found
    product = work.get(PRODUCTS, sold.product_id)
    before = work.find(RETURNED, sale.id, sold.line) or ReturnedSoFar.none(sale.id, sold)
    pointer = f"/lines/{place}/quantity"
    product.check_step(line.quantity, pointer)
    tax = None if sold.tax_id is None else taxes[sold.tax_id]
    tax_included = tax is not None and tax.included
    share, after = take_back(sold, before, line.quantity, pointer, tax_included=tax_included)
    # Kept at once: a later line of this return may name the same sale line.
    work.put(RETURNED, after)
    return Figures(product, tax, sold, sold.unit_price, share.net, share.tax_parts, after)


def unlinked(
    lines: Sequence[ReturnLineInput], taxes: dict[Id, TaxCode], books: Books, work: Work
) -> dict[int, Figures]:
    """The figures of the lines without a sale, at their stated prices, by place.

    Their tax is rounded as on a sale of the same lines: by line or by document.
    """
    products: dict[int, Product] = {}
    taxable: list[TaxableLine] = []
    for place, line in enumerate(lines):
        if line.sale_id is not None:
            # What repeats a sale is not computed anew; it only keeps the places in order.
            taxable.append(TaxableLine(0, line.quantity, None))
            continue
        pointer = f"/lines/{place}"
        product = work.get(PRODUCTS, line.product_id or NO_ID, pointer=f"{pointer}/product_id")
        product.check_step(line.quantity, f"{pointer}/quantity")
        tax_id = line.tax_id if line.own_tax else product.tax_id
        if tax_id is not None and tax_id not in taxes:
            raise ReferenceNotFound.at(f"{pointer}/tax_id")
        amount = checked_amount(extended(line.quantity, line.unit_price, books.exponent))
        tax = None if tax_id is None else taxes[tax_id]
        products[place] = product
        taxable.append(TaxableLine(amount, line.quantity, tax))
    taxed = compute_tax(taxable, books.exponent, books.tax_rounding).lines
    return {
        place: Figures(
            product,
            taxable[place].tax,
            None,
            lines[place].unit_price,
            taxed[place].base,
            taxed[place].components,
        )
        for place, product in products.items()
    }


def take_in(
    line: ReturnLineInput,
    place: int,
    figures: Figures,
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
        source = Source(DocumentKind("sale_return"), return_id, place + 1)
        goods = goods_of(product, line.quantity, source)
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


def _cost(line: ReturnLineInput, figures: Figures, books: Books, work: Work) -> int:
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
    so_far = work.get(RETURNED, line.sale_id or NO_ID, sold.line)
    # The counter holds this line's quantity already, and its cost not yet.
    before = so_far.quantity - line.quantity
    return returned_value(sold.quantity, issued, before, so_far.cost, line.quantity)
