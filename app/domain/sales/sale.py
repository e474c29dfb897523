"""Counter sales and returns as posted documents."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from app.domain.sales.errors import (
    ChangeWithoutCash,
    CustomerNeeded,
    LineCount,
    TenderMismatch,
)
from app.domain.shared.errors import InvalidValue
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import format_amount

LINES_MAX = 2000
TENDERS_MAX = 10


class TenderMethod(StrEnum):
    """How a sale is paid, or a refund given."""

    CASH = "cash"
    CARD = "card"
    ON_ACCOUNT = "on_account"


@frozen
class TenderOffer:
    """What the request says of one payment; an amount of None takes what the others leave."""

    method: TenderMethod
    amount: int | None


@frozen
class Tender:
    """What one payment settles of the sale, in minor units, without the change."""

    method: TenderMethod
    amount: int


def settle_tenders(
    total: int, offers: Sequence[TenderOffer], customer_id: Id | None, exponent: int
) -> tuple[list[Tender], int]:
    """What each payment settles of ``total``, and the change that is given back in cash.

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
    open_offers = [place for place, offer in enumerate(offers) if offer.amount is None]
    if len(open_offers) > 1:
        raise TenderMismatch.at(f"/tenders/{open_offers[1]}/amount", total=due)
    stated = sum(offer.amount or 0 for offer in offers)
    amounts = [total - stated if offer.amount is None else offer.amount for offer in offers]
    if any(amount < 0 for amount in amounts):
        raise TenderMismatch.at("/tenders", total=due)
    paid = sum(amounts)
    change = paid - total
    if change < 0:
        raise TenderMismatch.at("/tenders", total=due)
    cash = sum(a for a, offer in zip(amounts, offers, strict=True) if _is_cash(offer))
    if change > cash:
        raise ChangeWithoutCash.at("/tenders", total=due)
    tenders: dict[TenderMethod, int] = {}
    for amount, offer in zip(amounts, offers, strict=True):
        tenders[offer.method] = tenders.get(offer.method, 0) + amount
    if change:
        tenders[TenderMethod.CASH] -= change
    if tenders.get(TenderMethod.ON_ACCOUNT) and customer_id is None:
        raise CustomerNeeded.at("/customer_id")
    return [Tender(method, amount) for method, amount in tenders.items() if amount], change


def _is_cash(offer: TenderOffer) -> bool:
    return offer.method is TenderMethod.CASH


@frozen
class SaleLine:
    """A line as it was sold; lines count from 1.

    ``unit_price`` is scaled by 10^6, all amounts are minor units: ``gross`` is quantity times
    price, ``discount`` its own and its share of the document's, ``net`` and ``tax`` add to
    ``total``. ``cost`` is what left the stock; ``valuation_seq`` names that valuation in its pool,
    None for a service.
    """

    line: int
    product_id: Id
    description: str
    quantity: int
    unit_price: int
    gross: int
    discount: int
    net: int
    tax: int
    total: int
    tax_id: Id | None
    tax_parts: tuple[int, ...]
    cost: int
    valuation_seq: int | None


@frozen
class TaxLine:
    """What the document shows for one tax code."""

    tax_id: Id
    base: int
    amount: int


@frozen
class Sale:
    """A posted counter sale; it is never edited, goods come back by a return.

    Raises:
        LineCount: no line, or more than 2,000.
    """

    id: Id
    number: str
    external_ref: str | None
    location_id: Id
    customer_id: Id | None
    effective_at: datetime
    effective_on: date
    currency: str
    net: int
    tax: int
    total: int
    change: int
    entry_id: Id | None
    recorded_at: datetime
    lines: tuple[SaleLine, ...]
    tenders: tuple[Tender, ...]
    taxes: tuple[TaxLine, ...]

    def __post_init__(self) -> None:
        check_lines(len(self.lines))


def check_lines(count: int) -> None:
    """Let a document of this many lines pass; raises LineCount otherwise."""
    if not 1 <= count <= LINES_MAX:
        raise LineCount.at("/lines", lines_max=LINES_MAX)
