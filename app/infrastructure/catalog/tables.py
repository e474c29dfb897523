"""Tables of the catalog."""

from sqlalchemy import Index

from app.application.catalog.categories import CATEGORY
from app.application.catalog.contacts import CONTACT
from app.application.catalog.products import PRODUCT
from app.application.catalog.units import UNIT
from app.domain.shared.errors import Duplicate
from app.infrastructure.db.declared_tables import master_table
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import check, index

units = master_table(UNIT, check("decimals", "decimals BETWEEN 0 AND 6"))

categories = master_table(CATEGORY, check("not_own_parent", "parent_id IS NULL OR parent_id <> id"))

products = master_table(
    PRODUCT,
    check("kind", "kind IN ('goods', 'service')"),
    check("costing", "costing IN ('average', 'fifo')"),
    check("price", "price IS NULL OR price >= 0"),
    index("products", "name_folded", "id"),
    index("products", "category_id"),
)

contacts = master_table(
    CONTACT,
    Index("contacts_external_ref_uq", "tenant_id", "external_ref", unique=True),
    index("contacts", "name_folded", "id"),
)

on_constraint(lambda: Duplicate.at("/external_ref"), "contacts_external_ref_uq")
