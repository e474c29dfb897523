"""The declarations of all contexts: what routers, lists, permissions and tests are derived from."""

from app.application.accounting.declared import ACCOUNTING
from app.application.catalog.declared import CATALOG
from app.application.identity.declared import IDENTITY
from app.application.inventory.declared import INVENTORY
from app.application.logistics.declared import LOGISTICS
from app.application.shared.nouns import Access, Context, Resource, declare
from app.application.shared.views import DOCUMENT_PREFIXES

__all__ = [
    "ACCOUNTING",
    "CATALOG",
    "CONTEXTS",
    "DOCUMENT_PREFIXES",
    "IDENTITY",
    "INVENTORY",
    "LOGISTICS",
]

_NOT_YET_DECLARED = Context(
    "",
    (),
    resources=(
        Resource("sales", Access(write="manager cashier", read="accountant warehouse viewer")),
        Resource("returns", Access(write="manager cashier", read="accountant warehouse viewer")),
        Resource("unlinked_returns", Access(write="manager")),
        Resource("receipts", Access(write="manager buyer warehouse", read="accountant viewer")),
        Resource("bills", Access(write="manager accountant buyer", read="viewer")),
        Resource("reports", Access(read="manager accountant buyer viewer")),
        Resource("scraps", Access(write="manager warehouse", read="accountant viewer")),
        Resource("transfers", Access(write="manager warehouse", read="accountant viewer")),
    ),
)
CONTEXTS = (IDENTITY, CATALOG, INVENTORY, ACCOUNTING, LOGISTICS, _NOT_YET_DECLARED)

declare(CONTEXTS)
# Documents that are not declared yet.
DOCUMENT_PREFIXES["return"] = "ret"
DOCUMENT_PREFIXES.update(
    sale="sal",
    sale_return="ret",
    receipt="rcp",
    supplier_return="srt",
    bill="bil",
)
