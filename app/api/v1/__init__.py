"""The routers of version 1, in the order in which the documents show them."""

from app.api.resources import routers_of
from app.api.v1.accounting import journal_entries, open_items, payments, periods
from app.api.v1.catalog import contacts, products
from app.api.v1.identity import ROUTERS as IDENTITY
from app.api.v1.identity.keys import well_known
from app.api.v1.reports import reports
from app.api.v1.sales import returns
from app.application.contexts import ACCOUNTING, CATALOG, INVENTORY, LOGISTICS, PURCHASING, SALES

WELL_KNOWN = well_known.router

ROUTERS = (
    *IDENTITY,
    *routers_of(CATALOG, {"product": products.router}),
    contacts.router,
    *routers_of(INVENTORY),
    *routers_of(PURCHASING),
    *routers_of(SALES, {"return": returns.router}),
    *routers_of(
        ACCOUNTING,
        {
            "payment": payments.router,
            "open_item": open_items.router,
            "period": periods.router,
            "journal_entry": journal_entries.router,
        },
    ),
    *routers_of(LOGISTICS),
    reports.router,
)
