"""Products."""

from typing import Any

from app.application.accounting.contract import ACCOUNTS, TAXES
from app.application.catalog.ports import (
    CATEGORIES,
    PRODUCT_BY_BARCODE,
    PRODUCT_BY_SKU,
    PRODUCTS,
    UNITS,
)
from app.application.catalog.views import product_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Kind, Lock, Needs
from app.application.shared.masters import (
    Create,
    Edit,
    Noun,
    created,
    edited,
    own_need,
    switches,
    to_edit,
)
from app.application.shared.work import Work
from app.domain.catalog.product import BarcodeTaken, Product, SkuTaken
from app.domain.shared.texts import folded

PRODUCT = Noun(PRODUCTS, "product", "prd", "/api/v1/products", product_view)

_REFERENCES: dict[str, Kind[Any]] = {
    "unit_id": UNITS,
    "category_id": CATEGORIES,
    "tax_id": TAXES,
    "purchase_tax_id": TAXES,
    "revenue_account_id": ACCOUNTS,
    "return_account_id": ACCOUNTS,
}
# Those that can be out of use, or that a user may not name at all.
_IN_USE = ("tax_id", "purchase_tax_id", "revenue_account_id", "return_account_id")


def product_needs(request: Create | Edit, _: Principal) -> Needs:
    """What a product is checked against: itself, what it refers to, and who has its codes."""
    members = request.members
    lock = Lock.UPDATE if isinstance(request, Edit) else None
    needs = own_need(PRODUCTS, request.id, lock)
    for member, kind in _REFERENCES.items():
        if members.get(member) is not None:
            needs.one(kind, members[member])
    if "sku" in members:
        needs.search(PRODUCT_BY_SKU, folded(members["sku"].strip()))
    if members.get("barcode") is not None:
        needs.search(PRODUCT_BY_BARCODE, members["barcode"])
    return needs


def create_product(create: Create, work: Work, **facts: Any) -> Done:
    """Keep a new product, whose codes are nobody else's; ``facts`` go to the audit trail."""
    _check_references(create.members, work, None)
    decimals = work.get(UNITS, create.members["unit_id"]).decimals
    product = Product.new(create.id or work.new_id(), quantity_decimals=decimals, **create.members)
    _check_codes(product, create.members, work)
    return created(work, PRODUCT, product, **facts)


def _edit(edit: Edit, work: Work) -> Done:
    before: Product = to_edit(work, PRODUCT, edit)
    _check_references(edit.members, work, before)
    after = before.changed(**edit.members)
    _check_codes(after, edit.members, work)
    return edited(work, PRODUCT, before, after)


def _check_references(members: dict[str, Any], work: Work, before: Product | None) -> None:
    """Let the product refer to what exists and is in use; what it named before it may keep."""
    for member, kind in _REFERENCES.items():
        named = members.get(member)
        if named is None:
            continue
        found = work.get(kind, named, pointer=f"/{member}")
        if member in _IN_USE and (before is None or getattr(before, member) != named):
            found.check_named(f"/{member}")


def _check_codes(product: Product, members: dict[str, Any], work: Work) -> None:
    if "sku" in members:
        same_sku = work.search(PRODUCT_BY_SKU, product.sku_folded)
        if any(other.id != product.id for other in same_sku):
            raise SkuTaken.at("/sku")
    if members.get("barcode") is not None:
        same_barcode = work.search(PRODUCT_BY_BARCODE, product.barcode)
        if any(other.id != product.id for other in same_barcode):
            raise BarcodeTaken.at("/barcode")


CREATE_PRODUCT = Command("products.create", "products:write", product_needs, create_product)
EDIT_PRODUCT = Command("products.edit", "products:write", product_needs, _edit)
ACTIVATE_PRODUCT, DEACTIVATE_PRODUCT = switches(PRODUCT, "products:write")
