"""Tables of the catalog."""

from sqlalchemy import Index

from app.domain.catalog.product import BarcodeTaken, SkuTaken
from app.domain.shared.errors import Duplicate
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import (
    check,
    column,
    index,
    refers,
    tenant_table,
    unique,
    unique_if_set,
    version,
)
from app.infrastructure.db.types import Flag, Id, Integer, Json, Text

units = tenant_table(
    "units",
    column("id", Id),
    column("code", Text),
    column("name", Text),
    column("decimals", Integer),
    column("active", Flag),
    version(),
    unique("code"),
    check("decimals", "decimals BETWEEN 0 AND 6"),
)

categories = tenant_table(
    "categories",
    column("id", Id),
    column("code", Text),
    column("name", Text),
    column("parent_id", Id, null=True),
    column("active", Flag),
    version(),
    unique("code"),
    refers("parent_id", "categories"),
    check("not_own_parent", "parent_id IS NULL OR parent_id <> id"),
)

products = tenant_table(
    "products",
    column("id", Id),
    column("sku", Text),
    column("sku_folded", Text),
    column("name", Text),
    column("name_folded", Text),
    column("description", Text),
    column("barcode", Text, null=True),
    column("kind", Text),
    column("unit_id", Id),
    column("quantity_decimals", Integer),
    column("category_id", Id, null=True),
    column("price", Integer, null=True),
    column("tax_id", Id, null=True),
    column("purchase_tax_id", Id, null=True),
    column("costing", Text),
    column("revenue_account_id", Id, null=True),
    column("return_account_id", Id, null=True),
    column("active", Flag),
    version(),
    unique("sku_folded"),
    unique_if_set("products", "barcode"),
    refers("unit_id", "units"),
    refers("category_id", "categories"),
    refers("tax_id", "taxes"),
    refers("purchase_tax_id", "taxes"),
    refers("revenue_account_id", "accounts"),
    refers("return_account_id", "accounts"),
    check("kind", "kind IN ('goods', 'service')"),
    check("costing", "costing IN ('average', 'fifo')"),
    check("price", "price IS NULL OR price >= 0"),
    index("products", "name_folded", "id"),
    index("products", "category_id"),
)

contacts = tenant_table(
    "contacts",
    column("id", Id),
    column("name", Text),
    column("name_folded", Text),
    column("is_customer", Flag),
    column("is_supplier", Flag),
    column("email", Text, null=True),
    column("phone", Text, null=True),
    column("tax_number", Text, null=True),
    column("external_ref", Text, null=True),
    column("address", Json),
    column("active", Flag),
    version(),
    Index("contacts_external_ref_uq", "tenant_id", "external_ref", unique=True),
    index("contacts", "name_folded", "id"),
)

on_constraint(
    lambda: Duplicate.at("/code"), "units_tenant_id_code_uq", "categories_tenant_id_code_uq"
)
on_constraint(lambda: SkuTaken.at("/sku"), "products_tenant_id_sku_folded_uq")
on_constraint(lambda: BarcodeTaken.at("/barcode"), "products_tenant_id_barcode_uq")
on_constraint(lambda: Duplicate.at("/external_ref"), "contacts_external_ref_uq")
