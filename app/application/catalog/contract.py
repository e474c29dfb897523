"""What other contexts may ask of the catalog."""

from app.application.catalog.ports import CONTACTS, PRODUCTS, UNITS

__all__ = ["CONTACTS", "PRODUCTS", "UNITS"]
