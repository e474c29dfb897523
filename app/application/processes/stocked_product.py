"""A product and its opening stock in one command."""

from typing import Any

from app.application.catalog.contract import PRODUCT, PRODUCTS
from app.application.inventory.contract import (
    ADJUSTMENT,
    check_stocked_before,
    opening_needs,
    stock_product,
)
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.masters import Create
from app.application.shared.work import Work
from app.domain.catalog.product import NotStocked
from app.domain.inventory.ids import LocationId
from app.domain.inventory.openings import OpeningStock
from app.domain.shared.errors import DomainError
from app.domain.shared.fields import EffectiveAt, Quantity, UnitPrice
from app.domain.shared.frozen import frozen, request_form
from app.domain.shared.ids import Id, show
from app.domain.shared.numbers import SCALE_DIGITS, format_scaled

_MEMBER = "/opening_stock"


@request_form
class OpeningStockIn:
    """What is on hand when the books begin, at cost."""

    location_id: LocationId
    quantity: Quantity
    unit_cost: UnitPrice
    """The cost of one unit."""
    effective_at: EffectiveAt | None = None


@frozen
class StockedProduct:
    """Make a product; ``opening`` has the fields of its ``OpeningStock``, if there is one."""

    id: Id | None
    members: dict[str, Any]
    opening: dict[str, Any] | None


def _needs(request: StockedProduct, principal: Principal) -> Needs:
    needs = PRODUCT.needs(Create(request.id, request.members), principal)
    opening = request.opening
    if opening is None:
        return needs
    return opening_needs(needs, opening["location_id"], opening["effective_at"], request.id)


def _decide(request: StockedProduct, work: Work) -> Done:
    create = Create(request.id or work.new_id(), request.members)
    if request.opening is None:
        return PRODUCT.create_one(create, work)
    work.principal.require(ADJUSTMENT.noun.writes)
    done = PRODUCT.create_one(create, work, opening_stock=_facts(request.opening))
    product = work.get(PRODUCTS, create.id)
    try:
        opening = OpeningStock(**request.opening)
        if done.status != 201:
            check_stocked_before(product.id, opening, work)
        elif product.stocked:
            stock_product(product, opening, work)
        else:
            raise NotStocked.at("")
    except DomainError as refusal:
        refusal.point(lambda member: member if member == "/id" else _MEMBER + member)
        raise
    return done


def _facts(opening: dict[str, Any]) -> dict[str, str]:
    return {
        "location_id": show("loc", opening["location_id"]),
        "quantity": format_scaled(opening["quantity"], SCALE_DIGITS),
        "unit_cost": format_scaled(opening["unit_cost"], SCALE_DIGITS),
    }


CREATE_STOCKED_PRODUCT = Command("products.create_stocked", PRODUCT.noun.writes, _needs, _decide)
