"""What sales and returns share: the tax of a line, the postings, what a customer owes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.application.accounting.contract import account_of, owe
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.accounting.tax import TaxCode
from app.domain.catalog.product import Product
from app.domain.sales.returns import Return, ReturnLineIn
from app.domain.sales.sale import Sale, SaleLineIn, Tender, TenderMethod
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import ReferenceNotFound
from app.domain.shared.fields import UNSET
from app.domain.shared.ids import Id

_ROLES = {
    TenderMethod.CASH: AccountRole.CASH,
    TenderMethod.CARD: AccountRole.CARD_CLEARING,
    TenderMethod.ON_ACCOUNT: AccountRole.RECEIVABLES,
}


class Traded(NamedTuple):
    """What a line posts, beside its cost: the net on an account, and the parts of its tax."""

    account_id: Id
    net: int
    tax: TaxCode | None
    tax_parts: Sequence[int]


def tax_of(
    line: SaleLineIn | ReturnLineIn, product: Product, taxes: Mapping[Id, TaxCode], pointer: str
) -> TaxCode | None:
    """The tax code that a line states, else that of its product.

    Raises:
        ReferenceNotFound: there is no such code; ``pointer`` is the line.
    """
    tax_id = product.tax_id if line.tax_id is UNSET else line.tax_id
    if tax_id is None:
        return None
    if tax_id not in taxes:
        raise ReferenceNotFound.at(f"{pointer}/tax_id")
    return taxes[tax_id]


def postings_of(
    work: Work,
    lines: Iterable[Traded],
    cost: int,
    tenders: Iterable[Tender],
    customer_id: Id | None,
    *,
    sign: int = 1,
) -> Postings:
    """Money and receivable against revenue and tax; cost of goods sold against stock.

    A return is the mirror of a sale: ``sign`` -1.
    """
    postings = Postings()
    output_tax = account_of(work, AccountRole.OUTPUT_TAX)
    for account_id, net, tax, tax_parts in lines:
        postings.credit(account_id, sign * net)
        if tax is not None:
            for component, amount in zip(tax.components, tax_parts, strict=True):
                postings.credit(component.output_account_id or output_tax, sign * amount)
    postings.debit(account_of(work, AccountRole.COST_OF_GOODS_SOLD), sign * cost)
    postings.credit(account_of(work, AccountRole.STOCK), sign * cost)
    for tender in tenders:
        party = customer_id if tender.method is TenderMethod.ON_ACCOUNT else None
        postings.debit(account_of(work, _ROLES[tender.method]), sign * tender.amount, party)
    return postings


def owe_on_account(
    work: Work, kind: DocumentKind, document: Sale | Return, tender: Tender, *, sign: int = 1
) -> OpenItem | None:
    """Record what the customer owes for a payment on account, or (``sign`` -1) has as a credit."""
    customer_id = document.customer_id
    if tender.method is not TenderMethod.ON_ACCOUNT or not tender.amount or customer_id is None:
        return None
    day = document.effective_on
    amount = sign * tender.amount
    item = OpenItem(kind, document.id, Side.RECEIVABLE, customer_id, day, day, amount)
    owe(work, item)
    return item
