"""What the catalog loads and lists."""

from app.application.shared.kinds import Finder, Kind
from app.application.shared.reading import Listing
from app.domain.catalog.category import Category
from app.domain.catalog.contact import Contact
from app.domain.catalog.product import Product
from app.domain.catalog.unit import Unit

UNITS: Kind[Unit] = Kind("units", key=lambda unit: (unit.id,))
CATEGORIES: Kind[Category] = Kind("categories", key=lambda category: (category.id,))
PRODUCTS: Kind[Product] = Kind("products", key=lambda product: (product.id,))
CONTACTS: Kind[Contact] = Kind("contacts", key=lambda contact: (contact.id,))

UNIT_BY_CODE: Finder[Unit] = Finder("unit_by_code", UNITS, lambda unit: (unit.code,))
CATEGORY_TREE: Finder[Category] = Finder("category_tree", CATEGORIES, lambda _: ())
PRODUCT_BY_SKU: Finder[Product] = Finder(
    "product_by_sku", PRODUCTS, lambda product: (product.sku_folded,)
)
PRODUCT_BY_BARCODE: Finder[Product] = Finder(
    "product_by_barcode", PRODUCTS, lambda product: (product.barcode,)
)

UNIT_LIST = Listing("units", sorts=("code", "name"), filters=("code", "active"))
CATEGORY_LIST = Listing("categories", sorts=("code", "name"), filters=("parent_id", "active"))
PRODUCT_LIST = Listing(
    "products",
    sorts=("sku", "name", "id"),
    filters=("kind", "category_id", "active", "sku", "barcode", "q"),
)
CONTACT_LIST = Listing(
    "contacts",
    sorts=("name", "id"),
    filters=("is_customer", "is_supplier", "active", "email", "external_ref", "q"),
)
