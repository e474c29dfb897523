"""The routers of version 1, in the order in which the documents show them."""

from app.api.v1.catalog import categories, contacts, products, units
from app.api.v1.identity import auth, tenants, well_known
from app.api.v1.reports import reports
from app.api.v1.sales import returns, sales

WELL_KNOWN = well_known.router

ROUTERS = (
    auth.router,
    tenants.router,
    units.router,
    categories.router,
    products.router,
    contacts.router,
    contacts.faces,
    sales.router,
    returns.router,
    reports.router,
)
