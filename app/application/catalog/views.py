"""The catalog as clients see it. Each view takes the fields of its aggregate in their order."""

from typing_extensions import TypedDict

from app.application.shared.wording import maybe
from app.domain.shared.ids import show
from app.domain.shared.numbers import SCALE_DIGITS, format_scaled


class UnitView(TypedDict):
    """A unit of measure."""

    id: str
    code: str
    name: str
    decimals: int
    active: bool
    version: int


def unit_view(
    id_: bytes, code: str, name: str, decimals: int, active: bool, version: int
) -> UnitView:
    """The view of a unit."""
    return {
        "id": show("unt", id_),
        "code": code,
        "name": name,
        "decimals": decimals,
        "active": active,
        "version": version,
    }


class CategoryView(TypedDict):
    """A category of products."""

    id: str
    code: str
    name: str
    parent_id: str | None
    active: bool
    version: int


def category_view(
    id_: bytes, code: str, name: str, parent_id: bytes | None, active: bool, version: int
) -> CategoryView:
    """The view of a category."""
    return {
        "id": show("cat", id_),
        "code": code,
        "name": name,
        "parent_id": maybe("cat", parent_id),
        "active": active,
        "version": version,
    }


class ProductView(TypedDict):
    """A product; ``price`` is the list price per unit in the company's currency."""

    id: str
    sku: str
    name: str
    description: str
    barcode: str | None
    kind: str
    unit_id: str
    category_id: str | None
    price: str | None
    tax_id: str | None
    purchase_tax_id: str | None
    costing: str
    revenue_account_id: str | None
    return_account_id: str | None
    active: bool
    version: int


def product_view(
    id_: bytes,
    sku: str,
    name: str,
    description: str,
    barcode: str | None,
    kind: str,
    unit_id: bytes,
    category_id: bytes | None,
    price: int | None,
    tax_id: bytes | None,
    purchase_tax_id: bytes | None,
    costing: str,
    revenue_account_id: bytes | None,
    return_account_id: bytes | None,
    active: bool,
    version: int,
) -> ProductView:
    """The view of a product."""
    return {
        "id": show("prd", id_),
        "sku": sku,
        "name": name,
        "description": description,
        "barcode": barcode,
        "kind": kind,
        "unit_id": show("unt", unit_id),
        "category_id": maybe("cat", category_id),
        "price": None if price is None else format_scaled(price, SCALE_DIGITS, at_least=2),
        "tax_id": maybe("tax", tax_id),
        "purchase_tax_id": maybe("tax", purchase_tax_id),
        "costing": costing,
        "revenue_account_id": maybe("acc", revenue_account_id),
        "return_account_id": maybe("acc", return_account_id),
        "active": active,
        "version": version,
    }


class ContactView(TypedDict):
    """A customer, a supplier, or both."""

    id: str
    name: str
    roles: list[str]
    email: str | None
    phone: str | None
    tax_number: str | None
    external_ref: str | None
    address: dict[str, str]
    active: bool
    version: int


def contact_view(
    id_: bytes,
    name: str,
    is_customer: bool,
    is_supplier: bool,
    email: str | None,
    phone: str | None,
    tax_number: str | None,
    external_ref: str | None,
    address: dict[str, str],
    active: bool,
    version: int,
) -> ContactView:
    """The view of a contact."""
    roles = {"customer": is_customer, "supplier": is_supplier}
    return {
        "id": show("con", id_),
        "name": name,
        "roles": [role for role, held in roles.items() if held],
        "email": email,
        "phone": phone,
        "tax_number": tax_number,
        "external_ref": external_ref,
        "address": address,
        "active": active,
        "version": version,
    }
