"""Contacts: customers and suppliers."""

from collections.abc import Mapping
from typing import Annotated, Any

from app.application.shared.kinds import Kind
from app.application.shared.masters import Master, Stated
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.reading import Filter, list_of
from app.application.shared.views import View
from app.domain.catalog.contact import Contact, ContactRole
from app.domain.shared.addresses import Address
from app.domain.shared.fields import Count, Example, Meaning

CONTACTS: Kind[Contact] = Kind("contacts", key=by_id)

Roles = Annotated[
    tuple[ContactRole, ...],
    Count(len(ContactRole)),
    Meaning("`customer`, `supplier` or both."),
    Example(["customer"]),
]


def roles(is_customer: bool, is_supplier: bool) -> Roles:
    """`customer`, `supplier` or both."""
    held = {ContactRole.CUSTOMER: is_customer, ContactRole.SUPPLIER: is_supplier}
    return tuple(role for role, is_held in held.items() if is_held)


def _held(stated: tuple[ContactRole, ...]) -> Mapping[str, Any]:
    return {f"is_{role}": role in stated for role in ContactRole}


def _parts(stated: Address | None) -> Mapping[str, Any]:
    return {"address": {} if stated is None else stated.parts()}


CONTACT = Master(
    Noun(
        "contact",
        CONTACTS,
        View(Contact, computed=[roles]),
        "/contacts",
        "Customers and suppliers.",
        Access(write="manager accountant buyer cashier", read="warehouse viewer"),
    ),
    stated=[
        Stated("roles", Roles, _held),
        Stated("address", Address | None, _parts, required=False),
    ],
    batch=True,
    listed=list_of(
        "contacts",
        Contact,
        sorts=("name", "id"),
        filters=(
            Filter("role", ("is_customer", "is_supplier"), "flag", type=ContactRole),
            "active",
            "email",
            "external_ref",
        ),
        search=True,
    ),
)
