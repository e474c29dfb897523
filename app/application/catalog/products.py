"""Products."""

from dataclasses import replace

from app.application.catalog.units import UNITS
from app.application.shared.kinds import Kind
from app.application.shared.masters import Master, Unique
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.reading import list_of
from app.application.shared.views import View
from app.application.shared.work import Work
from app.domain.accounting.chart import Account
from app.domain.accounting.errors import AccountUnsuitable
from app.domain.accounting.tax import TaxCode
from app.domain.catalog.product import BarcodeTaken, Product, SkuTaken

PRODUCTS: Kind[Product] = Kind("products", key=by_id)


def _with_decimals(product: Product, before: Product | None, work: Work) -> Product:
    if before is not None:
        return product
    return replace(product, quantity_decimals=work.get(UNITS, product.unit_id).decimals)


PRODUCT = Master(
    Noun(
        "product",
        PRODUCTS,
        View(Product),
        "/products",
        "Goods and services.",
        Access(write="manager buyer", read="accountant cashier warehouse viewer"),
        refusals=[AccountUnsuitable],
    ),
    unique=[Unique("sku", SkuTaken), Unique("barcode", BarcodeTaken)],
    in_use={
        "tax_id": TaxCode.check_named,
        "purchase_tax_id": TaxCode.check_named,
        "revenue_account_id": Account.check_revenue,
        "return_account_id": Account.check_revenue,
    },
    complete=_with_decimals,
    listed=list_of(
        "products",
        Product,
        sorts=("sku", "name", "id"),
        filters=("kind", "category_id", "active", "sku", "barcode"),
        search=True,
    ),
)
