"""Transfers: goods moved from one location to another."""

from typing import Final

from app.application.accounting.contract import DAY_REFUSALS, next_number, open_day, posting_needs
from app.application.catalog.contract import PRODUCTS
from app.application.inventory.goods import Moment, carry_all, leaving, level_needs
from app.application.inventory.locations import LOCATIONS
from app.application.shared.documents import Asked, Document, Moves, document_view, summary_view
from app.application.shared.kinds import Kind, LockRank, Needs
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.work import Work
from app.domain.inventory.errors import InsufficientStock, LocationInactive, TransferToItself
from app.domain.inventory.transfers import Transfer, TransferIn, TransferLine
from app.domain.shared.documents import DocumentKind, Series

TRANSFERS: Kind[Transfer] = Kind("transfers", key=by_id, rank=LockRank.DOCUMENT)
KIND: Final = DocumentKind("transfer")
SERIES: Final = Series("TRF")


def _needs(needs: Needs, asked: Asked[TransferIn]) -> Needs:
    body = asked.body
    product_ids = {line.product_id for line in body.lines}
    needs.many(PRODUCTS, {(product_id,) for product_id in product_ids})
    level_needs(needs, body.from_location_id, product_ids)
    level_needs(needs, body.to_location_id, product_ids)
    return posting_needs(needs, asked.at, SERIES, body.from_location_id)


def _post(asked: Asked[TransferIn], work: Work) -> Transfer:
    """Move goods from one location to another, at once.

    All locations share the cost of a product, so nothing is booked.
    """
    body = asked.body
    body.check_ways()
    origin = work.get(LOCATIONS, body.from_location_id, pointer="/from_location_id")
    target = work.get(LOCATIONS, body.to_location_id, pointer="/to_location_id")
    target.check_active("/to_location_id")
    day = open_day(work, asked.at)
    id_ = body.id or work.new_id()
    goods = leaving(work, KIND, id_, body.lines)
    carry_all(work, Moment(origin.id, asked.at, day), Moment(target.id, asked.at, day), goods)
    return Transfer(
        id=id_,
        number=next_number(work, SERIES, day, origin.id, origin.code),
        external_ref=body.external_ref,
        from_location_id=origin.id,
        to_location_id=target.id,
        memo=body.memo,
        effective_at=asked.at,
        effective_on=day,
        recorded_at=work.recorded_at,
        lines=tuple(
            TransferLine(number, line.product_id, line.quantity)
            for number, line in enumerate(body.lines, start=1)
        ),
    )


TRANSFER = Document(
    Noun(
        "transfer",
        TRANSFERS,
        document_view(Transfer),
        "/transfers",
        "Goods moved from one location to another.",
        Access(write="manager warehouse", read="accountant viewer"),
        refusals=[
            InsufficientStock,
            LocationInactive,
            TransferToItself,
            *DAY_REFUSALS,
        ],
    ),
    TransferIn,
    title="Move goods to another location",
    moves=Moves(0),
    series=SERIES,
    needs=_needs,
    post=_post,
    summary=summary_view(Transfer),
    filters=("from_location_id", "to_location_id"),
    batch=True,
)
