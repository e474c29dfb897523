"""A product and its opening stock in one command."""

from typing import Any

from app.application.catalog.contract import (
    CREATE_PRODUCT,
    PRODUCTS,
    create_product,
    product_needs,
)
from app.application.inventory.contract import (
    CREATE_ADJUSTMENT,
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
from app.domain.inventory.openings import OpeningStock
from app.domain.shared.errors import DomainError
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show
from app.domain.shared.numbers import SCALE_DIGITS, format_scaled

_MEMBER = "/opening_stock"


@frozen
class StockedProduct:
    """Make a product; ``opening`` has the fields of its ``OpeningStock``, if there is one."""

    id: Id | None
    members: dict[str, Any]
    opening: dict[str, Any] | None


def _needs(wish: StockedProduct, principal: Principal) -> Needs:
    needs = product_needs(Create(wish.id, wish.members), principal)
    opening = wish.opening
    if opening is None:
        return needs
    return opening_needs(needs, opening["location_id"], opening["effective_at"], wish.id)


def _decide(wish: StockedProduct, work: Work) -> Done:
    create = Create(wish.id or work.new_id(), wish.members)
    if wish.opening is None:
        return create_product(create, work)
    work.principal.require(CREATE_ADJUSTMENT.permission)
    done = create_product(create, work, opening_stock=_facts(wish.opening))
    product = work.get(PRODUCTS, create.id)
    try:
        opening = OpeningStock(**wish.opening)
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


CREATE_STOCKED_PRODUCT = Command(
    "products.create_stocked", CREATE_PRODUCT.permission, _needs, _decide
)
