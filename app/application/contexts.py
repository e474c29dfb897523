"""The declarations of all contexts: what routers, lists, permissions and tests are derived from."""

from app.application.accounting.declared import ACCOUNTING
from app.application.catalog.declared import CATALOG
from app.application.identity.declared import IDENTITY
from app.application.inventory.declared import INVENTORY
from app.application.logistics.declared import LOGISTICS
from app.application.purchasing.declared import PURCHASING
from app.application.reports.declared import REPORTS
from app.application.sales.declared import SALES
from app.application.shared.nouns import declare
from app.application.shared.views import DOCUMENT_PREFIXES

__all__ = [
    "ACCOUNTING",
    "CATALOG",
    "CONTEXTS",
    "DOCUMENT_PREFIXES",
    "IDENTITY",
    "INVENTORY",
    "LOGISTICS",
    "PURCHASING",
    "REPORTS",
    "SALES",
]

CONTEXTS = (
    IDENTITY,
    CATALOG,
    INVENTORY,
    PURCHASING,
    SALES,
    ACCOUNTING,
    LOGISTICS,
    REPORTS,
)

declare(CONTEXTS)
