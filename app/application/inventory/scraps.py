"""Scraps: goods taken out of the stock for a reason, at their cost."""

from typing import Final

from app.application.accounting.contract import (
    ACCOUNTS,
    BOOKS,
    DAY_REFUSALS,
    account_of,
    next_number,
    open_day,
    post,
    posting_needs,
)
from app.application.catalog.contract import PRODUCTS
from app.application.inventory.goods import Moment, leaving, lose_all, stock_needs
from app.application.inventory.locations import LOCATIONS
from app.application.shared.documents import Asked, Document, Moves, document_view, summary_view
from app.application.shared.kinds import Kind, LockRank, Needs
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.entries import Postings
from app.domain.accounting.errors import AccountUnsuitable
from app.domain.inventory.errors import Backdated, InsufficientStock, ScrapAccountNeeded
from app.domain.inventory.scraps import Scrap, ScrapIn, ScrapLine, ScrapReason
from app.domain.shared.documents import DocumentKind, Series
from app.domain.shared.ids import Id

SCRAPS: Kind[Scrap] = Kind("scraps", key=by_id, rank=LockRank.DOCUMENT)
KIND: Final = DocumentKind("scrap")
SERIES: Final = Series("SCR")
_ROLES: Final = {
    ScrapReason.DAMAGED: AccountRole.SHRINKAGE,
    ScrapReason.EXPIRED: AccountRole.SHRINKAGE,
    ScrapReason.OBSOLETE: AccountRole.SHRINKAGE,
    ScrapReason.SAMPLE: AccountRole.MARKETING_AND_SAMPLES,
}


def _needs(needs: Needs, asked: Asked[ScrapIn]) -> Needs:
    body = asked.body
    product_ids = {line.product_id for line in body.lines}
    needs.many(PRODUCTS, {(product_id,) for product_id in product_ids})
    if body.account_id is not None:
        needs.one(ACCOUNTS, body.account_id)
    stock_needs(needs, body.location_id, product_ids)
    return posting_needs(needs, asked.at, SERIES, body.location_id)


def _post(asked: Asked[ScrapIn], work: Work) -> Scrap:
    """Take goods out of the stock for a reason. Their cost goes to the account of the reason.

    What is left of a product, or at a location, that is out of use can be taken out.
    """
    body = asked.body
    location = work.get(LOCATIONS, body.location_id, pointer="/location_id")
    account_id = _account_of(body, work)
    day = open_day(work, asked.at)
    id_ = body.id or work.new_id()
    goods = leaving(work, KIND, id_, body.lines)
    valuations = lose_all(work, Moment(location.id, asked.at, day), goods)
    lines = tuple(
        ScrapLine(number, line.product_id, line.quantity, -valuation.value, valuation.seq)
        for number, (line, valuation) in enumerate(
            zip(body.lines, valuations, strict=True), start=1
        )
    )
    cost = sum(line.cost for line in lines)
    number = next_number(work, SERIES, day, location.id, location.code)
    postings = Postings()
    postings.debit(account_id, cost)
    postings.credit(account_of(work, AccountRole.STOCK), cost)
    return Scrap(
        id=id_,
        number=number,
        external_ref=body.external_ref,
        location_id=location.id,
        reason=body.reason,
        account_id=account_id,
        memo=body.memo,
        effective_at=asked.at,
        effective_on=day,
        currency=work.get(BOOKS).currency,
        cost=cost,
        entry_id=post(
            work,
            postings,
            source_kind=KIND,
            source_id=id_,
            effective_at=asked.at,
            effective_on=day,
            memo=number,
        ),
        recorded_at=work.recorded_at,
        lines=lines,
    )


def _account_of(body: ScrapIn, work: Work) -> Id:
    """The account of the cost: the stated one, which users may name, or that of the reason."""
    body.check_account()
    if body.account_id is None:
        return account_of(work, _ROLES[body.reason])
    work.get(ACCOUNTS, body.account_id, pointer="/account_id").check_cost("/account_id")
    return body.account_id


SCRAP = Document(
    Noun(
        "scrap",
        SCRAPS,
        document_view(Scrap),
        "/scraps",
        "Goods taken out of the stock for a reason, at their cost.",
        Access(write="manager warehouse", read="accountant viewer"),
        refusals=[
            InsufficientStock,
            ScrapAccountNeeded,
            AccountUnsuitable,
            Backdated,
            *DAY_REFUSALS,
        ],
    ),
    ScrapIn,
    title="Scrap goods",
    moves=Moves(-1, "cost"),
    series=SERIES,
    needs=_needs,
    post=_post,
    summary=summary_view(Scrap),
    filters=("location_id", "reason", "account_id"),
    facts=("number", "reason", "cost", "currency"),
    batch=True,
)
