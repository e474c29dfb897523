"""A large catalogue in bulk: products of the service, turned into rows by its own mappings."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.application.catalog.products import PRODUCTS
from app.application.shared.work import Loaded
from app.domain.catalog.product import Product
from app.domain.shared.ids import Id, read
from app.domain.shared.masters import made
from app.infrastructure.contexts import registry
from app.infrastructure.db.changes import collect
from load.measure.bulk import Rows
from load.measure.company import product_id

_AT_ONCE = 10_000


def products(tenant: bytes, unit: str, first: int, last: int) -> Iterator[Rows]:
    """Rows of the products with these numbers, named like those created through the API."""
    known, now, unit_id = registry(), datetime.now(UTC), read("unt", unit)
    for start in range(first, last + 1, _AT_ONCE):
        loaded = Loaded()
        products = [
            _product(number, unit_id) for number in range(start, min(start + _AT_ONCE, last + 1))
        ]
        loaded.changed = {PRODUCTS: {(each.id,): each for each in products}}
        yield collect(loaded, known, tenant, now).in_order()


def _product(number: int, unit_id: Id) -> Product:
    members = {
        "sku": f"SKU-{number:07d}",
        "name": f"Product {number:07d}",
        "unit_id": unit_id,
        "price": 2_500_000,
    }
    return made(Product, read("prd", product_id(number)), members)
