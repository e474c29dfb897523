"""Tables of the catalog."""

from sqlalchemy import Index

from app.domain.catalog.category import Category
from app.domain.catalog.contact import Contact
from app.domain.catalog.product import BarcodeTaken, Product, SkuTaken
from app.domain.catalog.unit import Unit
from app.domain.shared.errors import Duplicate
from app.infrastructure.db.declared import columns_of
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import check, index, tenant_table, unique, unique_if_set

units = tenant_table(
    "units",
    *columns_of(Unit),
    unique("code"),
    check("decimals", "decimals BETWEEN 0 AND 6"),
)

categories = tenant_table(
    "categories",
    *columns_of(Category),
    unique("code"),
    check("not_own_parent", "parent_id IS NULL OR parent_id <> id"),
)

products = tenant_table(
    "products",
    *columns_of(Product),
    unique("sku_folded"),
    unique_if_set("products", "barcode"),
    check("kind", "kind IN ('goods', 'service')"),
    check("costing", "costing IN ('average', 'fifo')"),
    check("price", "price IS NULL OR price >= 0"),
    index("products", "name_folded", "id"),
    index("products", "category_id"),
)

contacts = tenant_table(
    "contacts",
    *columns_of(Contact),
    Index("contacts_external_ref_uq", "tenant_id", "external_ref", unique=True),
    index("contacts", "name_folded", "id"),
)

on_constraint(
    lambda: Duplicate.at("/code"), "units_tenant_id_code_uq", "categories_tenant_id_code_uq"
)
on_constraint(lambda: SkuTaken.at("/sku"), "products_tenant_id_sku_folded_uq")
on_constraint(lambda: BarcodeTaken.at("/barcode"), "products_tenant_id_barcode_uq")
on_constraint(lambda: Duplicate.at("/external_ref"), "contacts_external_ref_uq")
