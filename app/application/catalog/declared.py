"""The nouns of the catalog, in the order in which the contract shows them."""

from app.application.catalog.categories import CATEGORY
from app.application.catalog.contacts import CONTACT
from app.application.catalog.products import PRODUCT
from app.application.catalog.units import UNIT
from app.application.shared.nouns import Context

CATALOG = Context("catalog", (UNIT, CATEGORY, PRODUCT, CONTACT))
