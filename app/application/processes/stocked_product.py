"""A product and its opening stock in one command."""

from typing import Any

from app.application.catalog.contract import (
    CREATE_PRODUCT,
    PRODUCTS,
    create_product,
    product_needs,
)
from app.application.inventory.contract import (
    ADJUSTMENTS,
    CREATE_ADJUSTMENT,
    AdjustmentInput,
    adjust,
    adjusting_needs,
)
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.masters import Create
from app.application.shared.work import Work
from app.domain.catalog.product import NotStocked
from app.domain.inventory.adjustments import AdjustmentLine, AdjustmentReason
from app.domain.shared.errors import DomainError, IdTaken
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show
from app.domain.shared.numbers import SCALE_DIGITS, format_scaled

_MEMBER = "/opening_stock"


@frozen
class StockedProduct:
    """Make a product; ``opening`` states location_id, quantity, unit_cost and effective_at."""

    id: Id | None
    members: dict[str, Any]
    opening: dict[str, Any] | None


def _needs(wish: StockedProduct, principal: Principal) -> Needs:
    needs = product_needs(Create(wish.id, wish.members), principal)
    opening = wish.opening
    if opening is None:
        return needs
    if wish.id is not None:
        needs.one(ADJUSTMENTS, wish.id)
    known = () if wish.id is None else (wish.id,)
    return adjusting_needs(needs, opening["location_id"], opening["effective_at"], known)


def _decide(wish: StockedProduct, work: Work) -> Done:
    opening = wish.opening
    if opening is not None:
        work.principal.require(CREATE_ADJUSTMENT.permission)
    product_id = wish.id or work.new_id()
    create = Create(product_id, wish.members)
    if opening is None:
        return create_product(create, work)
    done = create_product(create, work, opening_stock=_facts(opening))
    if done.status == 201:
        _stock(product_id, opening, work)
    elif work.find(ADJUSTMENTS, product_id) is None:
        # The product was made before, without stock: this is another request.
        raise IdTaken.at("/id")
    return done


def _facts(opening: dict[str, Any]) -> dict[str, str]:
    return {
        "location_id": show("loc", opening["location_id"]),
        "quantity": format_scaled(opening["quantity"], SCALE_DIGITS),
        "unit_cost": format_scaled(opening["unit_cost"], SCALE_DIGITS),
    }


def _stock(product_id: Id, opening: dict[str, Any], work: Work) -> None:
    """Post the opening stock. Its document has the id of the product, so it is found again."""
    if not work.get(PRODUCTS, product_id).stocked:
        raise NotStocked.at(_MEMBER)
    line = AdjustmentLine(1, product_id, opening["quantity"], opening["unit_cost"])
    wish = AdjustmentInput(
        id=product_id,
        external_ref=None,
        location_id=opening["location_id"],
        effective_at=opening["effective_at"],
        dated=True,
        reason=AdjustmentReason.OPENING,
        memo="",
        lines=(line,),
    )
    try:
        adjust(wish, work)
    except DomainError as refusal:
        refusal.point(lambda member: _MEMBER + member.removeprefix("/lines/0"))
        raise


CREATE_STOCKED_PRODUCT = Command(
    "products.create_stocked", CREATE_PRODUCT.permission, _needs, _decide
)
