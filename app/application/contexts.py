"""The declarations of all contexts: what routers, lists, permissions and tests are derived from."""

from app.application.accounting.declared import ACCOUNTING
from app.application.catalog.declared import CATALOG
from app.application.identity.declared import IDENTITY
from app.application.inventory.declared import INVENTORY
from app.application.logistics.declared import LOGISTICS
from app.application.sales.declared import SALES
from app.application.shared.nouns import Access, Context, Resource, declare
from app.application.shared.views import DOCUMENT_PREFIXES

__all__ = ["ACCOUNTING", "CATALOG", "CONTEXTS", "IDENTITY", "INVENTORY", "LOGISTICS", "SALES"]

_NOT_YET_DECLARED = Context(
    "",
    (),
    resources=(
        Resource("payments", Access(write="manager accountant cashier", read="buyer viewer")),
        Resource("allocations", Access(write="manager accountant", read="buyer viewer")),
        Resource("journal_entries", Access(write="accountant", read="manager viewer")),
        Resource("periods", Access(write="accountant", read="manager viewer")),
        Resource("receipts", Access(write="manager buyer warehouse", read="accountant viewer")),
        Resource("bills", Access(write="manager accountant buyer", read="viewer")),
        Resource("reports", Access(read="manager accountant buyer viewer")),
        Resource("scraps", Access(write="manager warehouse", read="accountant viewer")),
        Resource("transfers", Access(write="manager warehouse", read="accountant viewer")),
    ),
)
CONTEXTS = (IDENTITY, CATALOG, INVENTORY, SALES, ACCOUNTING, LOGISTICS, _NOT_YET_DECLARED)

declare(CONTEXTS)
# Documents that are not declared yet.
DOCUMENT_PREFIXES.update(
    journal="jnl",
    receipt="rcp",
    supplier_return="srt",
    bill="bil",
    payment="pay",
)
