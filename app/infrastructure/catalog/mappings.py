"""The catalog in the database: how its aggregates are loaded and saved, and its lists."""

from app.application.catalog.ports import (
    CATEGORIES,
    CATEGORY_LIST,
    CATEGORY_TREE,
    CONTACT_LIST,
    CONTACTS,
    PRODUCT_BY_BARCODE,
    PRODUCT_BY_SKU,
    PRODUCT_LIST,
    PRODUCTS,
    UNIT_BY_CODE,
    UNIT_LIST,
    UNITS,
)
from app.application.catalog.views import category_view, contact_view, product_view, unit_view
from app.application.shared.masters import shown_by
from app.domain.catalog.category import Category
from app.domain.catalog.contact import Contact
from app.domain.catalog.product import Costing, Product, ProductKind
from app.domain.catalog.unit import Unit
from app.infrastructure.catalog.tables import categories, contacts, products, units
from app.infrastructure.db.lists import contains, equals, plain_list
from app.infrastructure.db.mapping import Search, flat

UNIT_MAPPING = flat(UNITS, units, Unit)
CATEGORY_MAPPING = flat(CATEGORIES, categories, Category)
PRODUCT_MAPPING = flat(PRODUCTS, products, Product, kind=ProductKind, costing=Costing)
CONTACT_MAPPING = flat(CONTACTS, contacts, Contact)

MAPPINGS = (
    UNIT_MAPPING,
    CATEGORY_MAPPING,
    PRODUCT_MAPPING,
    CONTACT_MAPPING,
    Search(UNIT_BY_CODE, ("code",)),
    Search(CATEGORY_TREE, ()),
    Search(PRODUCT_BY_SKU, ("sku_folded",)),
    Search(PRODUCT_BY_BARCODE, ("barcode",)),
)

LISTS = (
    plain_list(
        UNIT_LIST,
        units,
        shown_by(unit_view),
        unit_view,
        sorts={"code": "code", "name": "name"},
        filters={
            "code": equals(units.c.code),
            "active": equals(units.c.active),
        },
    ),
    plain_list(
        CATEGORY_LIST,
        categories,
        shown_by(category_view),
        category_view,
        sorts={"code": "code", "name": "name"},
        filters={
            "parent_id": equals(categories.c.parent_id),
            "active": equals(categories.c.active),
        },
    ),
    plain_list(
        PRODUCT_LIST,
        products,
        shown_by(product_view),
        product_view,
        sorts={"sku": "sku_folded", "name": "name_folded", "id": "id"},
        filters={
            "kind": equals(products.c.kind),
            "category_id": equals(products.c.category_id),
            "active": equals(products.c.active),
            "sku": equals(products.c.sku_folded),
            "barcode": equals(products.c.barcode),
            "q": contains(products.c.sku_folded, products.c.name_folded),
        },
    ),
    plain_list(
        CONTACT_LIST,
        contacts,
        shown_by(contact_view),
        contact_view,
        sorts={"name": "name_folded", "id": "id"},
        filters={
            "is_customer": equals(contacts.c.is_customer),
            "is_supplier": equals(contacts.c.is_supplier),
            "active": equals(contacts.c.active),
            "email": equals(contacts.c.email),
            "external_ref": equals(contacts.c.external_ref),
            "q": contains(contacts.c.name_folded),
        },
    ),
)
