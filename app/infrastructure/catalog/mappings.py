"""The catalog in the database."""

from app.application.catalog.categories import CATEGORY, CATEGORY_TREE
from app.application.catalog.contacts import CONTACT
from app.application.catalog.products import PRODUCT
from app.application.catalog.units import UNIT
from app.infrastructure.catalog import tables
from app.infrastructure.db.declared import stored_master
from app.infrastructure.db.mapping import Search

STORED = (
    stored_master(UNIT, tables.units),
    stored_master(CATEGORY, tables.categories, Search(CATEGORY_TREE, ())),
    stored_master(PRODUCT, tables.products),
    stored_master(CONTACT, tables.contacts),
)
