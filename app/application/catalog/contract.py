"""What other contexts may ask of the catalog."""

from app.application.catalog.ports import CONTACTS, PRODUCTS, UNITS
from app.application.catalog.products import CREATE_PRODUCT, PRODUCT, create_product, product_needs
from app.application.shared.work import Work
from app.domain.catalog.unit import Unit

__all__ = [
    "CONTACTS",
    "CREATE_PRODUCT",
    "PRODUCT",
    "PRODUCTS",
    "UNITS",
    "create_product",
    "product_needs",
    "seed_units",
]


def seed_units(work: Work) -> None:
    """Make the units that a new company starts with."""
    for code, name, decimals in (("pcs", "Pieces", 0), ("kg", "Kilograms", 3)):
        work.put(UNITS, Unit.new(work.new_id(), code, name, decimals))
