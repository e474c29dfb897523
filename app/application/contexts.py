"""The declarations of all contexts: what routers, lists, permissions and tests are derived from."""

from app.application.accounting.declared import ACCOUNTING
from app.application.catalog.declared import CATALOG
from app.application.inventory.declared import INVENTORY
from app.application.logistics.declared import LOGISTICS
from app.application.shared.nouns import declare
from app.application.shared.views import DOCUMENT_PREFIXES

__all__ = ["ACCOUNTING", "CATALOG", "CONTEXTS", "INVENTORY", "LOGISTICS"]

CONTEXTS = (CATALOG, INVENTORY, ACCOUNTING, LOGISTICS)

declare(CONTEXTS)
# Documents that are not declared yet.
DOCUMENT_PREFIXES.update(
    journal="jnl",
    sale="sal",
    sale_return="ret",
    receipt="rcp",
    supplier_return="srt",
    bill="bil",
    payment="pay",
)
DOCUMENT_PREFIXES["return"] = "ret"
