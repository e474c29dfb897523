"""What other contexts may ask of the catalog."""

from app.application.catalog.contacts import CONTACTS
from app.application.catalog.products import PRODUCT, PRODUCTS
from app.application.catalog.units import UNITS
from app.application.shared.work import Work
from app.domain.catalog.unit import Unit
from app.domain.shared.masters import made

__all__ = ["CONTACTS", "PRODUCT", "PRODUCTS", "UNITS", "seed_units"]


def seed_units(work: Work) -> None:
    """Make the units that a new company starts with."""
    for code, name, decimals in (("pcs", "Pieces", 0), ("kg", "Kilograms", 3)):
        members = {"code": code, "name": name, "decimals": decimals}
        work.put(UNITS, made(Unit, work.new_id(), members))
