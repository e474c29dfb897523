"""Counter sales: what a request says, what is posted, and how payments settle the total."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from app.domain.accounting.ids import EntryId, TaxId
from app.domain.catalog.ids import CustomerId, ProductId
from app.domain.inventory.ids import LocationId
from app.domain.sales.errors import ChangeWithoutCash, CustomerNeeded, LineCount, TenderMismatch
from app.domain.sales.ids import SaleId
from app.domain.shared.documents import LINES_MAX, DocumentIn
from app.domain.shared.errors import InvalidValue
from app.domain.shared.fields import (
    UNSET,
    Amount,
    Cost,
    Count,
    Currency,
    EffectiveAt,
    EffectiveOn,
    Example,
    ExternalRef,
    LineNumber,
    Mark,
    Net,
    Number,
    Percent,
    Quantity,
    RecordedAt,
    Tax,
    Total,
    UnitPrice,
    Unset,
    Words,
)
from app.domain.shared.frozen import frozen, request_form
from app.domain.shared.ids import Id
from app.domain.shared.numbers import format_amount

TENDERS_MAX = 10


class TenderMethod(StrEnum):
    """How a sale is paid, or a refund given."""

    CASH = "cash"
    CARD = "card"
    ON_ACCOUNT = "on_account"


@request_form
class SaleLineIn:
    """A line: the list price and the product's tax apply unless stated; a null tax means none."""

    product_id: ProductId
    quantity: Annotated[Quantity, Example("2")]
    unit_price: Annotated[UnitPrice, Mark.FILLED] | None = None
    """The price of one unit; the list price when left out."""
    discount_percent: Percent | None = None
    """A percentage off the line."""
    discount_amount: Amount | None = None
    """A fixed amount off the line."""
    tax_id: TaxId | Unset | None = UNSET
    """The tax code. Left out: that of the product; null: no tax."""
    description: Annotated[str, Words(200, 0), Mark.FILLED] = ""
    """A text for people; the name of the product when left out."""


@request_form
class DiscountIn:
    """A discount on the whole sale, spread over its lines before tax."""

    percent: Percent | None = None
    """A percentage off the whole sale."""
    amount: Amount | None = None
    """A fixed amount off the whole sale."""


@request_form
class TenderIn:
    """A payment; one of them may leave out its amount and takes what the others leave."""

    method: TenderMethod
    """How the money moves."""
    amount: Amount | None = None
    """What is paid; one payment may leave it out and takes what is left."""


@request_form
class SaleIn(DocumentIn):
    """A sale over the counter, paid or on account."""

    id: SaleId | None = None
    location_id: LocationId
    customer_id: CustomerId | None = None
    """The customer; needed for a sale on account."""
    lines: Annotated[tuple[SaleLineIn, ...], Count(LINES_MAX)]
    """What is sold."""
    discount: DiscountIn | None = None
    """The discount on the whole sale."""
    tenders: Annotated[
        tuple[TenderIn, ...],
        Count(TENDERS_MAX, least=0),
        Mark.OWN_CHECK,
        Example([{"method": "card", "amount": "10.00"}, {"method": "cash"}]),
    ] = ()
    """The payments."""


@frozen
class SaleLine:
    """A line of a sale."""

    line: LineNumber
    product_id: ProductId
    description: str
    """A text for people."""
    quantity: Quantity
    unit_price: UnitPrice
    """The price of one unit."""
    gross: Annotated[Amount, Mark.HIDDEN]
    """Quantity times price."""
    discount: Amount
    """Its own discount and its share of that on the whole sale."""
    net: Net
    tax: Tax
    total: Total
    tax_id: TaxId | None
    tax_parts: Annotated[tuple[Amount, ...], Mark.HIDDEN]
    """The tax of each component of the code."""
    cost: Cost
    """What the goods had cost."""
    valuation_seq: Annotated[int, Mark.HIDDEN] | None
    """What valued the goods that left, in the pool of the product; None for a service."""


@frozen
class Tender:
    """What one payment settled."""

    method: TenderMethod
    """How the money moves."""
    amount: Amount
    """What it settled of the sale, without the change."""


@frozen
class TaxLine:
    """Base and amount of one tax code."""

    tax_id: TaxId
    base: Amount
    """What the tax is computed on."""
    amount: Amount
    """The tax."""


@frozen
class Sale:
    """A posted sale; never edited, goods come back by a return. Amounts are in ``currency``."""

    id: SaleId
    number: Number
    external_ref: ExternalRef | None
    location_id: LocationId
    customer_id: CustomerId | None
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    currency: Currency
    net: Net
    tax: Tax
    total: Total
    change: Amount
    """What is given back in cash."""
    entry_id: EntryId | None
    recorded_at: RecordedAt
    lines: tuple[SaleLine, ...]
    """What was sold."""
    tenders: tuple[Tender, ...]
    """The payments."""
    taxes: tuple[TaxLine, ...]
    """The tax by code."""


def settle_tenders(
    total: int,
    offers: Sequence[tuple[TenderMethod, int | None]],
    customer_id: Id | None,
    exponent: int,
) -> tuple[list[Tender], int]:
    """What each payment settles of ``total``, and the change that is given back in cash.

    An offer is a method with what is paid, in minor units; None takes what the others leave.
    ``exponent`` is how many decimals the amounts have, to name the total in a refusal.

    Raises:
        TenderMismatch: the payments do not add to the total, or two leave their amount open.
        ChangeWithoutCash: more was paid than is due, and not in cash.
        CustomerNeeded: a sale on account has no customer.
        InvalidValue: there are more than ten payments.
    """
    if len(offers) > TENDERS_MAX:
        raise InvalidValue.at("/tenders")
    due = format_amount(total, exponent)
    open_offers = [place for place, (_, amount) in enumerate(offers) if amount is None]
    if len(open_offers) > 1:
        raise TenderMismatch.at(f"/tenders/{open_offers[1]}/amount", total=due)
    left = total - sum(amount or 0 for _, amount in offers)
    paid = [(method, left if amount is None else amount) for method, amount in offers]
    change = sum(amount for _, amount in paid) - total
    if change < 0 or any(amount < 0 for _, amount in paid):
        raise TenderMismatch.at("/tenders", total=due)
    if change > sum(amount for method, amount in paid if method is TenderMethod.CASH):
        raise ChangeWithoutCash.at("/tenders", total=due)
    settled: dict[TenderMethod, int] = {}
    for method, amount in paid:
        settled[method] = settled.get(method, 0) + amount
    if change:
        settled[TenderMethod.CASH] -= change
    if settled.get(TenderMethod.ON_ACCOUNT) and customer_id is None:
        raise CustomerNeeded.at("/customer_id")
    return [Tender(method, amount) for method, amount in settled.items() if amount], change


def check_lines(count: int) -> None:
    """Let a document of this many lines pass; raises LineCount otherwise."""
    if not 1 <= count <= LINES_MAX:
        raise LineCount.at("/lines", lines_max=LINES_MAX)
